//! From nothing to a connection that takes mail: TLS as configured, EHLO, login.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;

use super::error::OpenError;
use super::greeted::Greeted;
use super::offers::Offers;
use super::starttls::start_tls;
use super::transaction::{Failure, from_lettre};
use crate::net;
use crate::wire::Wire;
use crate::{Login, Secret, Security, SmtpAccount, Step, TokenSource};

/// A connection that takes mail.
pub(super) struct Connection {
    pub(super) smtp: AsyncSmtpConnection,
    pub(super) offers: Offers,
}

/// Connects, protects the connection as configured, and logs in. An access token from an earlier
/// login that is refused now is replaced once.
pub(super) async fn open(account: &SmtpAccount) -> Result<Connection, OpenError> {
    match open_once(account).await {
        Err(OpenError::TokenRefused { is_old: true, .. }) => open_once(account).await,
        result => result,
    }
}

async fn open_once(account: &SmtpAccount) -> Result<Connection, OpenError> {
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
    let mut smtp = net::within(account.timeouts.step, host, Step::Greeting, hello)
        .await?
        .map_err(|error| refused(Step::Greeting, &error))?;
    let offers = ask_offers(&mut smtp, account, name).await?;
    login(&mut smtp, account).await?;
    Ok(Connection { smtp, offers })
}

/// Says EHLO once more, for lettre keeps too little of the first answer; a server that takes no
/// second one is used without extensions.
async fn ask_offers(
    smtp: &mut AsyncSmtpConnection,
    account: &SmtpAccount,
    name: ClientId,
) -> Result<Offers, OpenError> {
    let hello = smtp.command(Ehlo::new(name));
    match net::within(account.timeouts.step, &account.host, Step::Capability, hello).await? {
        Ok(reply) => Ok(Offers::read(reply.message().skip(1))),
        Err(error) if error.is_permanent() => Ok(Offers::default()),
        Err(error) => Err(refused(Step::Capability, &error)),
    }
}

async fn login(
    connection: &mut AsyncSmtpConnection,
    account: &SmtpAccount,
) -> Result<(), OpenError> {
    match &account.credentials {
        None => Ok(()),
        Some((user, Login::Password(password))) => {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let text = authenticate(connection, account, &mechanisms, user, password).await?;
            text.map_or(Ok(()), |text| Err(OpenError::Login { user: user.clone(), text }))
        }
        Some((user, Login::OAuth2(source))) => by_token(connection, account, user, source).await,
    }
}

async fn by_token(
    connection: &mut AsyncSmtpConnection,
    account: &SmtpAccount,
    user: &str,
    source: &TokenSource,
) -> Result<(), OpenError> {
    let token = source.access_token().await?;
    let mechanisms = [Mechanism::Xoauth2];
    match authenticate(connection, account, &mechanisms, user, &token.text).await? {
        None => Ok(()),
        Some(text) => {
            source.forget(&token).await;
            Err(OpenError::TokenRefused { user: user.to_owned(), text, is_old: token.is_old })
        }
    }
}

/// Logs in; returns what the server said where it does not accept us.
async fn authenticate(
    connection: &mut AsyncSmtpConnection,
    account: &SmtpAccount,
    mechanisms: &[Mechanism],
    user: &str,
    secret: &Secret,
) -> Result<Option<String>, OpenError> {
    if connection.server_info().get_auth_mechanism(mechanisms).is_none() {
        return Ok(Some(format!("it offers no login by any of {mechanisms:?}")));
    }
    let credentials = Credentials::new(user.to_owned(), secret.expose().to_owned());
    let login = connection.auth(mechanisms, &credentials);
    let reply = net::within(account.timeouts.step, &account.host, Step::Login, login).await?;
    match reply.map_err(|error| (error.is_client(), refused(Step::Login, &error))) {
        Ok(_) => Ok(None),
        // A server that refuses a token asks something back, for which lettre has no answer.
        Err((true, _)) => Ok(Some("it does not accept it".to_owned())),
        // A temporary failure (454) says nothing about the password.
        Err((false, OpenError::Refused { code, text, .. })) if code >= 500 => Ok(Some(text)),
        Err((false, error)) => Err(error),
    }
}

fn refused(step: Step, error: &lettre::transport::smtp::Error) -> OpenError {
    match from_lettre(error) {
        Failure::Negative { code, text } | Failure::Rejected { code, text } => {
            OpenError::Refused { step, code, text }
        }
        Failure::Impossible(text)
        | Failure::TooLarge(text)
        | Failure::BeforeData(text)
        | Failure::InData(text)
        | Failure::AfterData(text) => OpenError::Cut(text),
    }
}
