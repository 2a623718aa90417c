//! From nothing to an open mailbox: connection, TLS, login.

use super::error::Pop3Error;
use super::session::{Reply, Session};
use crate::net;
use crate::oauth::AccessToken;
use crate::wire::Wire;
use crate::{Login, Pop3Account, Secret, Security, Step, TokenSource};

/// Connects, protects the connection as configured, and logs in.
pub(super) async fn login(account: &Pop3Account) -> Result<Session, Pop3Error> {
    let limit = account.timeouts.connect;
    let stream = net::connect(&account.host, account.port, account.security, limit).await?;
    let mut session = match account.security {
        Security::PlainLoopback => greeted(Wire::Plain(stream), account).await?,
        Security::Tls => {
            let wire = net::handshake(stream, &account.host, &account.trust, limit).await?;
            greeted(wire, account).await?
        }
        Security::StartTls => {
            start_tls(greeted(Wire::Plain(stream), account).await?, account).await?
        }
    };
    session.ask_capabilities().await?;
    match &account.login {
        Login::Password(password) => by_password(&mut session, &account.user, password).await?,
        Login::OAuth2(source) => by_token(&mut session, &account.user, source).await?,
    }
    Ok(session)
}

async fn greeted(wire: Wire, account: &Pop3Account) -> Result<Session, Pop3Error> {
    let mut session = Session::new(wire, account.timeouts);
    session.reply(Step::Greeting).await?.demand_ok(Step::Greeting)?;
    Ok(session)
}

/// Changes to TLS (RFC 2595 section 4); nothing is believed that was said in plain text.
async fn start_tls(mut plain: Session, account: &Pop3Account) -> Result<Session, Pop3Error> {
    let step = Step::StartTls;
    if let Reply::Refused(text) = plain.ask(step, "STLS").await? {
        return Err(Pop3Error::StlsRefused { text });
    }
    let Some(Wire::Plain(stream)) = plain.into_wire() else {
        return Err(Pop3Error::Injected);
    };
    let limit = account.timeouts.connect;
    let wire = net::handshake(stream, &account.host, &account.trust, limit).await?;
    Ok(Session::new(wire, account.timeouts))
}

/// Proves who we are by USER and PASS, which every server knows.
async fn by_password(
    session: &mut Session,
    user: &str,
    password: &Secret,
) -> Result<(), Pop3Error> {
    let step = Step::Login;
    for (what, text) in [("user", user), ("password", password.expose())] {
        if text.chars().any(char::is_control) {
            return Err(Pop3Error::Unsendable { what });
        }
    }
    for command in [format!("USER {user}"), format!("PASS {}", password.expose())] {
        if let Some(text) = refusal(session.ask(step, &command).await?)? {
            return Err(Pop3Error::LoginRefused { user: user.to_owned(), text });
        }
    }
    Ok(())
}

/// Proves who we are by an access token; one from an earlier login that is refused now is replaced
/// once, so that a revoked grant shows at once and not one attempt later.
async fn by_token(
    session: &mut Session,
    user: &str,
    source: &TokenSource,
) -> Result<(), Pop3Error> {
    let offered = session.offered();
    let mechanisms = session.capability("SASL").unwrap_or_default();
    if let Some(offered) = offered
        && !mechanisms.contains(&"XOAUTH2")
    {
        return Err(Pop3Error::LoginUnsupported { wanted: "an access token by XOAUTH2", offered });
    }
    if user.chars().any(char::is_control) {
        return Err(Pop3Error::Unsendable { what: "user" });
    }
    let mut may_replace = true;
    loop {
        let token = source.access_token().await?;
        let Some(text) = refusal(authenticate_xoauth2(session, user, &token).await?)? else {
            return Ok(());
        };
        source.forget(&token).await;
        if !(token.is_old && may_replace) {
            return Err(Pop3Error::TokenRefused { user: user.to_owned(), text });
        }
        may_replace = false;
    }
}

async fn authenticate_xoauth2(
    session: &mut Session,
    user: &str,
    token: &AccessToken,
) -> Result<Reply, Pop3Error> {
    let step = Step::Login;
    let reply = session.ask(step, "AUTH XOAUTH2").await?;
    let Reply::Continue = reply else { return Ok(reply) };
    let reply = session.ask(step, &token.xoauth2(user)).await?;
    let Reply::Continue = reply else { return Ok(reply) };
    // The server says why not, and wants an empty answer before it ends the command.
    session.ask(step, "").await
}

/// What the server said against us; `None` where we may go on.
fn refusal(reply: Reply) -> Result<Option<String>, Pop3Error> {
    let Reply::Refused(text) = reply else {
        return reply.demand_ok(Step::Login).map(|_| None);
    };
    let lower = text.to_ascii_lowercase();
    // RFC 2449 section 8.1 and RFC 3206; servers without codes say it in words.
    if lower.starts_with("[in-use]") || lower.contains("lock") {
        return Err(Pop3Error::InUse { text });
    }
    if lower.starts_with("[login-delay]") || lower.starts_with("[sys/") {
        return Err(Pop3Error::Refused { step: Step::Login, text });
    }
    Ok(Some(text))
}
