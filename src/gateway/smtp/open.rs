//! From nothing to a connection that takes mail: TLS as configured, EHLO, login.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;

use super::error::OpenError;
use super::greeted::Greeted;
use super::starttls::start_tls;
use super::transaction::{Failure, from_lettre};
use crate::net;
use crate::wire::Wire;
use crate::{Security, SmtpAccount, Step};

/// Connects, protects the connection as configured, and logs in.
pub(super) async fn open(account: &SmtpAccount) -> Result<AsyncSmtpConnection, OpenError> {
    let (host, limit) = (&account.host, account.timeouts.connect);
    let stream = net::connect(host, account.port, account.security, limit).await?;
    let stream = match account.security {
        Security::PlainLoopback => Greeted::by_server(Wire::Plain(stream)),
        Security::Tls => {
            Greeted::by_server(net::handshake(stream, host, &account.trust, limit).await?)
        }
        Security::StartTls => {
            let stream = start_tls(stream, account).await?;
            Greeted::already(net::handshake(stream, host, &account.trust, limit).await?)
        }
    };
    let name = ClientId::Domain(account.hello_name.clone());
    let hello = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name);
    let mut connection = net::within(account.timeouts.step, host, Step::Greeting, hello)
        .await?
        .map_err(|error| refused(Step::Greeting, &error))?;
    login(&mut connection, account).await?;
    Ok(connection)
}

async fn login(
    connection: &mut AsyncSmtpConnection,
    account: &SmtpAccount,
) -> Result<(), OpenError> {
    let Some((user, password)) = &account.credentials else {
        return Ok(());
    };
    let credentials = Credentials::new(user.clone(), password.expose().to_owned());
    let mechanisms = [Mechanism::Plain, Mechanism::Login];
    let login = connection.auth(&mechanisms, &credentials);
    let reply = net::within(account.timeouts.step, &account.host, Step::Login, login).await?;
    match reply.map_err(|error| (error.is_client(), refused(Step::Login, &error))) {
        Ok(_) => Ok(()),
        Err((true, _)) => Err(OpenError::Login {
            user: user.clone(),
            text: "it offers no login with a password".to_owned(),
        }),
        // A temporary failure (454) says nothing about the password.
        Err((false, OpenError::Refused { code, text, .. })) if code >= 500 => {
            Err(OpenError::Login { user: user.clone(), text })
        }
        Err((false, error)) => Err(error),
    }
}

fn refused(step: Step, error: &lettre::transport::smtp::Error) -> OpenError {
    match from_lettre(error) {
        Failure::Negative { code, text } | Failure::Rejected { code, text } => {
            OpenError::Refused { step, code, text }
        }
        Failure::Impossible(text)
        | Failure::BeforeData(text)
        | Failure::InData(text)
        | Failure::AfterData(text) => OpenError::Cut(text),
    }
}
