//! One mail transaction: MAIL, RCPT, DATA, and the reply that decides.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lettre::transport::smtp;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Rset};
use lettre::transport::smtp::extension::Extension;
use lettre::transport::smtp::response::Response;

use super::sender::Envelope;
use crate::SmtpTimeouts;

/// How a transaction failed; the variants differ in what the server may have done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server answered no.
    Negative { code: u16, text: String },
    /// The server cannot take such a message at all.
    Impossible(String),
    /// The connection was lost before DATA.
    BeforeData(String),
    /// The connection was lost before the final dot: the server cannot have taken the message.
    InData(String),
    /// The connection was lost after the final dot: nobody knows.
    AfterData(String),
}

/// Bytes written at once.
const CHUNK_BYTES: usize = 64 << 10;
/// The slowest connection that may carry a message to its end.
const BYTES_PER_SECOND_MIN: u64 = 16 << 10;

/// Sends one message, which must have CRLF line ends and lack the last one.
pub(super) async fn transact(
    connection: &mut AsyncSmtpConnection,
    timeouts: &SmtpTimeouts,
    envelope: &Envelope,
    message: &[u8],
) -> Result<(), Failure> {
    let mail = mail_command(connection, envelope, message)?;
    ask(timeouts.step, connection.command(mail)).await?;
    for recipient in &envelope.to {
        let command = format!("RCPT TO:<{recipient}>\r\n");
        if let Err(failure) = ask(timeouts.step, connection.command(command)).await {
            return Err(reset(connection, timeouts, failure).await);
        }
    }
    match ask(timeouts.step, connection.command(Data)).await {
        Err(Failure::BeforeData(text)) => return Err(Failure::InData(text)),
        Err(failure) => return Err(reset(connection, timeouts, failure).await),
        Ok(()) => {}
    }
    send_content(connection, timeouts, message).await
}

fn mail_command(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<String, Failure> {
    let server = connection.server_info();
    let from = envelope.from.as_ref().map_or("", |from| from.as_str());
    let mut command = format!("MAIL FROM:<{from}>");
    if !message.is_ascii() && server.supports_feature(Extension::EightBitMime) {
        // Without the extension the bytes are sent as they are: every server in use takes them,
        // and changing them would break signatures.
        command.push_str(" BODY=8BITMIME");
    }
    let foreign = |text: &str| !text.is_ascii();
    if foreign(from) || envelope.to.iter().any(|to| foreign(to.as_str())) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::Impossible(
                "the server takes no addresses beyond ASCII (it lacks SMTPUTF8)".to_owned(),
            ));
        }
        command.push_str(" SMTPUTF8");
    }
    command.push_str("\r\n");
    Ok(command)
}

/// Ends a transaction that a server said no to, so that the connection can be used again.
async fn reset(
    connection: &mut AsyncSmtpConnection,
    timeouts: &SmtpTimeouts,
    failure: Failure,
) -> Failure {
    let Failure::Negative { code, text } = failure else {
        return failure;
    };
    if code != 421 && ask(timeouts.step, connection.command(Rset)).await.is_err() {
        connection.abort().await;
    }
    Failure::Negative { code, text }
}

/// Sends the message and its final dot, and waits for the reply that says whether it was taken.
async fn send_content(
    connection: &mut AsyncSmtpConnection,
    timeouts: &SmtpTimeouts,
    message: &[u8],
) -> Result<(), Failure> {
    let dot_is_due = AtomicBool::new(false);
    // lettre asks for the next chunk once the last one is written, and sends the final dot when
    // there is none: from that moment the server may have the whole message.
    let end = std::iter::from_fn(|| {
        dot_is_due.store(true, Ordering::Relaxed);
        None
    });
    let chunks = message.chunks(CHUNK_BYTES).chain(end);
    let transfer = Duration::from_secs(message.len() as u64 / BYTES_PER_SECOND_MIN);
    let limit = timeouts.step + transfer + timeouts.final_reply;
    match ask(limit, connection.message_iter(chunks)).await {
        Err(Failure::BeforeData(text)) if dot_is_due.load(Ordering::Relaxed) => {
            Err(Failure::AfterData(format!(
                "the message was sent to its end, but no answer came: {text}"
            )))
        }
        Err(Failure::BeforeData(text)) => Err(Failure::InData(text)),
        result => result,
    }
}

/// Waits for a reply; what is lost counts as lost before DATA, which the caller corrects.
async fn ask(
    limit: Duration,
    reply: impl Future<Output = Result<Response, smtp::Error>>,
) -> Result<(), Failure> {
    match tokio::time::timeout(limit, reply).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(from_lettre(&error)),
        Err(_) => {
            Err(Failure::BeforeData(format!("the server hangs: nothing came within {limit:?}")))
        }
    }
}

/// Tells a negative reply from everything else.
pub(super) fn from_lettre(error: &smtp::Error) -> Failure {
    let Some(code) = error.status() else {
        return Failure::BeforeData(format!("the connection failed: {error}"));
    };
    let text = std::error::Error::source(error).map(ToString::to_string);
    Failure::Negative { code: u16::from(code), text: text.unwrap_or_default() }
}
