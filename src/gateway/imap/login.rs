//! From nothing to an open folder: connection, TLS, login, EXAMINE or SELECT.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::ImapError;
use super::folder;
use super::response::{Code, Response, Status};
use super::session::{Completion, LITERAL_BYTES_MAX, Session};
use crate::net;
use crate::oauth::AccessToken;
use crate::wire::Wire;
use crate::{After, ImapAccount, Login, Secret, Security, Step, TokenSource};

/// The folder as the server shows it at the opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) uid_validity: u32,
    /// The UID the next message gets, where the server tells.
    pub(super) uid_next: Option<u32>,
}

/// Connects, protects the connection as configured, and logs in.
pub(super) async fn login(account: &ImapAccount) -> Result<Session, ImapError> {
    let limit = account.timeouts.connect;
    let stream = net::connect(&account.host, account.port, account.security, limit).await?;
    let (mut session, known) = match account.security {
        Security::PlainLoopback => {
            greeted(Session::new(Wire::Plain(stream), account.timeouts)).await?
        }
        Security::Tls => {
            let wire = net::handshake(stream, &account.host, &account.trust, limit).await?;
            greeted(Session::new(wire, account.timeouts)).await?
        }
        Security::StartTls => {
            let plain = Session::new(Wire::Plain(stream), account.timeouts);
            (start_tls(plain, account).await?, false)
        }
    };
    if !known {
        session.ask_capabilities().await?;
        authenticate(&mut session, account).await?;
    }
    // Asked again, because many servers offer IDLE to known users only.
    session.ask_capabilities().await?;
    Ok(session)
}

async fn greeted(mut session: Session) -> Result<(Session, bool), ImapError> {
    let known = session.greeting().await?;
    Ok((session, known))
}

/// Changes to TLS (RFC 2595 section 3); nothing said in plain text is believed afterwards.
async fn start_tls(mut plain: Session, account: &ImapAccount) -> Result<Session, ImapError> {
    let step = Step::StartTls;
    if plain.greeting().await? {
        return Err(ImapError::Protocol {
            step,
            what: "it says in plain text that we are logged in already".to_owned(),
        });
    }
    plain.ask_capabilities().await?;
    if !plain.can("STARTTLS") {
        return Err(ImapError::StartTlsMissing);
    }
    plain.demand(step, "STARTTLS", |_| {}).await?;
    let Some(Wire::Plain(stream)) = plain.into_wire() else {
        return Err(ImapError::Injected);
    };
    let limit = account.timeouts.connect;
    let wire = net::handshake(stream, &account.host, &account.trust, limit).await?;
    Ok(Session::new(wire, account.timeouts))
}

async fn authenticate(session: &mut Session, account: &ImapAccount) -> Result<(), ImapError> {
    match &account.login {
        Login::Password(password) => by_password(session, &account.user, password).await,
        Login::OAuth2(source) => by_token(session, &account.user, source).await,
    }
}

/// Proves who we are, by AUTHENTICATE PLAIN (RFC 4616) where offered, because it carries any
/// character, else by LOGIN.
async fn by_password(
    session: &mut Session,
    user: &str,
    password: &Secret,
) -> Result<(), ImapError> {
    let password = password.expose();
    let completion = if session.can("AUTH=PLAIN") {
        authenticate_plain(session, user, password).await?
    } else if session.can("LOGINDISABLED") {
        return Err(unsupported(session, "a password"));
    } else {
        let user = folder::quoted(user).ok_or(ImapError::Unsendable { what: "user" })?;
        let password =
            folder::quoted(password).ok_or(ImapError::Unsendable { what: "password" })?;
        let command = format!("LOGIN {user} {password}");
        session.run(Step::Login, &command, LITERAL_BYTES_MAX, |_| {}).await?
    };
    match refusal(completion)? {
        None => Ok(()),
        Some(text) => Err(ImapError::LoginRefused { user: user.to_owned(), text }),
    }
}

/// Proves who we are by an access token; one from an earlier login that is refused now is replaced
/// once, so that a revoked grant shows at once and not one attempt later.
async fn by_token(
    session: &mut Session,
    user: &str,
    source: &TokenSource,
) -> Result<(), ImapError> {
    if !session.can("AUTH=XOAUTH2") {
        return Err(unsupported(session, "an access token by XOAUTH2"));
    }
    if user.chars().any(char::is_control) {
        return Err(ImapError::Unsendable { what: "user" });
    }
    let mut may_replace = true;
    loop {
        let token = source.access_token().await?;
        let completion = authenticate_xoauth2(session, user, &token).await?;
        let Some(text) = refusal(completion)? else {
            return Ok(());
        };
        source.forget(&token).await;
        if !(token.is_old && may_replace) {
            return Err(ImapError::TokenRefused { user: user.to_owned(), text });
        }
        may_replace = false;
    }
}

fn unsupported(session: &Session, wanted: &'static str) -> ImapError {
    ImapError::LoginUnsupported { wanted, offered: session.capabilities.join(" ") }
}

/// What the server said against us; `None` where we are logged in.
fn refusal(completion: Completion) -> Result<Option<String>, ImapError> {
    match completion.status {
        // RFC 5530: the server cannot decide now; the password may be right.
        Status::No if !completion.text.starts_with("[UNAVAILABLE]") => Ok(Some(completion.text)),
        _ => completion.demand_ok(Step::Login).map(|()| None),
    }
}

async fn authenticate_xoauth2(
    session: &mut Session,
    user: &str,
    token: &AccessToken,
) -> Result<Completion, ImapError> {
    let step = Step::Login;
    let tag = session.start(step, "AUTHENTICATE XOAUTH2").await?;
    if let Some(completion) = session.until_continue(step).await? {
        return Ok(completion);
    }
    session.send(step, &token.xoauth2(user)).await?;
    if let Some(completion) = session.until_continue(step).await? {
        return Ok(completion);
    }
    // The server says why not, and wants an empty answer before it ends the command.
    session.send(step, "").await?;
    session.finish(step, &tag, LITERAL_BYTES_MAX, |_| {}).await
}

async fn authenticate_plain(
    session: &mut Session,
    user: &str,
    password: &str,
) -> Result<Completion, ImapError> {
    let step = Step::Login;
    let tag = session.start(step, "AUTHENTICATE PLAIN").await?;
    if let Some(completion) = session.until_continue(step).await? {
        return Ok(completion);
    }
    let answer = STANDARD.encode(format!("\0{user}\0{password}"));
    session.send(step, &answer).await?;
    session.finish(step, &tag, LITERAL_BYTES_MAX, |_| {}).await
}

/// Opens the folder; for reading only where nothing is to happen to its messages, so that nothing
/// we do can change it.
pub(super) async fn open(
    session: &mut Session,
    account: &ImapAccount,
) -> Result<Folder, ImapError> {
    let (step, name) = (Step::Select, &account.folder);
    let encoded = folder::encoded(name);
    let quoted = folder::quoted(&encoded).ok_or(ImapError::Unsendable { what: "folder" })?;
    let (mut uid_validity, mut uid_next) = (None, None);
    let verb = match account.after {
        After::Nothing => "EXAMINE",
        After::Seen | After::Move { .. } | After::Delete => "SELECT",
    };
    let command = format!("{verb} {quoted}");
    let completion = session
        .run(step, &command, LITERAL_BYTES_MAX, |response| {
            if let Response::Untagged { code: Some(code), .. } = response {
                match code {
                    Code::UidValidity(value) => uid_validity = Some(value),
                    Code::UidNext(value) => uid_next = Some(value),
                }
            }
        })
        .await?;
    if completion.status == Status::No {
        return Err(ImapError::FolderGone { folder: name.to_owned(), text: completion.text });
    }
    completion.demand_ok(step)?;
    let uid_validity = uid_validity.ok_or_else(|| ImapError::Protocol {
        step,
        what: "it gives the folder no UIDVALIDITY".to_owned(),
    })?;
    Ok(Folder { uid_validity, uid_next })
}
