//! One mail transaction: MAIL, RCPT, DATA, and the reply that decides.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event::Address;
use lettre::transport::smtp;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Rset};
use lettre::transport::smtp::extension::RcptParameter;
use lettre::transport::smtp::response::{Response, Severity};

use super::envelope::Envelope;
use super::offers::Offers;
use super::open::Connection;
use crate::SmtpTimeouts;

/// How a transaction failed; the variants differ in what the server may have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server answered no before it got the message.
    Negative { code: u16, text: String },
    /// The server got the message and answered no.
    Rejected { code: u16, text: String },
    /// The server cannot take such a message at all.
    Impossible(String),
    /// It cannot take so large a message.
    TooLarge(String),
    /// The connection was lost before DATA.
    BeforeData(String),
    /// The connection was lost before the final dot: the server cannot have taken the message.
    InData(String),
    /// The connection was lost after the final dot: nobody knows.
    AfterData(String),
}

/// What became of a transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    /// The server's no to each recipient, in the order of the envelope; shorter than that where
    /// the connection ended early.
    pub(super) refusals: Vec<Option<Failure>>,
    /// What became of the message for all others.
    pub(super) end: Result<(), Failure>,
}

impl Transaction {
    /// Whether the server was given the message.
    fn has_recipient(&self) -> bool {
        self.refusals.iter().any(Option::is_none)
    }

    /// Whether the server still waits for a transaction to go on: it said no to part of it.
    pub(super) fn is_open(&self) -> bool {
        match &self.end {
            Ok(()) => !self.has_recipient(),
            Err(Failure::Negative { .. } | Failure::Rejected { .. }) => true,
            Err(
                Failure::Impossible(_)
                | Failure::TooLarge(_)
                | Failure::BeforeData(_)
                | Failure::InData(_)
                | Failure::AfterData(_),
            ) => false,
        }
    }
}

const COMPLETION: Severity = Severity::PositiveCompletion;
const INTERMEDIATE: Severity = Severity::PositiveIntermediate;

/// Bytes written at once.
const CHUNK_BYTES: usize = 64 << 10;
/// The longest parameter that names a recipient as first given (RFC 3461 section 4.2).
const ORIGINAL_BYTES_MAX: usize = 500;
/// The slowest connection that may carry a message to its end.
const BYTES_PER_SECOND_MIN: u64 = 16 << 10;

/// Sends one message, which must have CRLF line ends and lack the last one, to every recipient
/// that the server accepts. The server gets the message once `go` is there, and only then.
pub(super) async fn transact(
    connection: &mut Connection,
    timeouts: &SmtpTimeouts,
    envelope: &Envelope,
    message: &[u8],
    go: impl Future<Output = ()>,
) -> Transaction {
    let mut transaction = Transaction { refusals: Vec::new(), end: Ok(()) };
    let refusals = &mut transaction.refusals;
    transaction.end = match connection.offers.pipelining {
        true => name_at_once(connection, timeouts, envelope, message, refusals).await,
        false => name_one_by_one(connection, timeouts, envelope, message, refusals).await,
    };
    if transaction.end.is_ok() && transaction.has_recipient() {
        go.await;
        transaction.end = send_content(&mut connection.smtp, timeouts, message).await;
    }
    transaction
}

/// Names the sender and all recipients, and says DATA where the server takes any. A recipient's
/// refusal is noted and does not stop the others; 421 does, since the server hangs up after it
/// (RFC 5321 section 3.8).
async fn name_one_by_one(
    Connection { smtp, offers }: &mut Connection,
    timeouts: &SmtpTimeouts,
    envelope: &Envelope,
    message: &[u8],
    refusals: &mut Vec<Option<Failure>>,
) -> Result<(), Failure> {
    let (step, mail) = (timeouts.step, mail_command(offers, envelope, message)?);
    ask(step, COMPLETION, smtp.command(mail)).await?;
    for recipient in &envelope.to {
        let command = recipient_command(offers, envelope, recipient);
        refusals.push(refusal(ask(step, COMPLETION, smtp.command(command)).await)?);
    }
    if !refusals.iter().any(Option::is_none) {
        return Ok(());
    }
    let asked = ask(step, INTERMEDIATE, smtp.command(Data)).await;
    asked.map_err(|failure| match failure {
        Failure::BeforeData(text) => Failure::InData(text),
        other => other,
    })
}

/// Does the same with one write (RFC 2920 section 3.1): all answers come, whatever they are.
async fn name_at_once(
    Connection { smtp, offers }: &mut Connection,
    timeouts: &SmtpTimeouts,
    envelope: &Envelope,
    message: &[u8],
    refusals: &mut Vec<Option<Failure>>,
) -> Result<(), Failure> {
    let step = timeouts.step;
    let mut commands = mail_command(offers, envelope, message)?;
    for recipient in &envelope.to {
        commands.push_str(&recipient_command(offers, envelope, recipient));
    }
    commands.push_str(&Data.to_string());
    let sender = refusal(ask(step, COMPLETION, smtp.command(commands)).await)?;
    let others = read_others(smtp, step, envelope.to.len(), refusals).await;
    if let Some(sender) = sender {
        // What is said of the recipients follows from it, or is not said at all.
        refusals.clear();
        if !matches!(others, Ok(Some(_))) {
            // More answers may be due, so that the connection cannot be used again.
            let _ = tokio::time::timeout(step, smtp.abort()).await;
        }
        return Err(sender);
    }
    let data = others?;
    match (refusals.iter().any(Option::is_none), data) {
        (true, None) | (false, Some(_)) => Ok(()),
        (true, Some(refusal)) => Err(refusal),
        // It waits for a message that nobody gets.
        (false, None) => refusal(ask(step, COMPLETION, smtp.command(".\r\n")).await).map(drop),
    }
}

/// Reads the answers about the recipients, and what is refused of DATA.
async fn read_others(
    smtp: &mut AsyncSmtpConnection,
    step: Duration,
    count: usize,
    refusals: &mut Vec<Option<Failure>>,
) -> Result<Option<Failure>, Failure> {
    for _ in 0..count {
        refusals.push(refusal(ask(step, COMPLETION, smtp.read_response()).await)?);
    }
    refusal(ask(step, INTERMEDIATE, smtp.read_response()).await)
}

/// A refusal after which the transaction goes on; whatever ends the connection is the error.
fn refusal(answer: Result<(), Failure>) -> Result<Option<Failure>, Failure> {
    match answer {
        Ok(()) => Ok(None),
        Err(refusal @ Failure::Negative { code, .. }) if code != 421 => Ok(Some(refusal)),
        Err(failure) => Err(failure),
    }
}

/// Ends a transaction that the server said no to; says whether the connection can be used again.
pub(super) async fn reset(connection: &mut AsyncSmtpConnection, timeouts: &SmtpTimeouts) -> bool {
    ask(timeouts.step, COMPLETION, connection.command(Rset)).await.is_ok()
}

fn mail_command(offers: &Offers, envelope: &Envelope, message: &[u8]) -> Result<String, Failure> {
    let from = envelope.from.as_ref().map(Address::written).unwrap_or_default();
    let mut command = format!("MAIL FROM:<{from}>");
    if let Some(limit) = offers.size {
        // The end of the last line comes with the final dot.
        let size = message.len() as u64 + 2;
        if limit > 0 && size > limit {
            return Err(Failure::TooLarge(format!(
                "the mail is too large for the server: it has {size} bytes, and {limit} are allowed"
            )));
        }
        command.push_str(&format!(" SIZE={size}"));
    }
    // Without the extension the bytes are sent as they are: every server in use takes them, and
    // changing them would break signatures.
    if offers.eight_bit && !message.is_ascii() {
        command.push_str(" BODY=8BITMIME");
    }
    if !from.is_ascii() || !envelope.to.iter().all(|to| to.as_str().is_ascii()) {
        if !offers.utf8 {
            return Err(Failure::Impossible(
                "the server takes no addresses beyond ASCII (it lacks SMTPUTF8)".to_owned(),
            ));
        }
        command.push_str(" SMTPUTF8");
    }
    if let Some(id) = envelope.id.filter(|_| wants_reports(offers, envelope)) {
        command.push_str(&format!(" RET=HDRS ENVID={id}"));
    }
    command.push_str("\r\n");
    Ok(command)
}

fn recipient_command(offers: &Offers, envelope: &Envelope, recipient: &Address) -> String {
    let recipient = recipient.written();
    let mut command = format!("RCPT TO:<{recipient}>");
    if wants_reports(offers, envelope) {
        command.push_str(" NOTIFY=FAILURE,DELAY");
        // lettre writes the value as xtext.
        let original = RcptParameter::Other {
            keyword: "ORCPT".to_owned(),
            value: Some(format!("rfc822;{recipient}")),
        };
        let original = original.to_string();
        if original.is_ascii() && original.len() <= ORIGINAL_BYTES_MAX {
            command.push_str(&format!(" {original}"));
        }
    }
    command.push_str("\r\n");
    command
}

/// Nobody reports to the null sender.
fn wants_reports(offers: &Offers, envelope: &Envelope) -> bool {
    offers.dsn && envelope.from.is_some()
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
    match ask(limit, COMPLETION, connection.message_iter(chunks)).await {
        Err(Failure::Negative { code, text }) => Err(Failure::Rejected { code, text }),
        Err(Failure::BeforeData(text)) if dot_is_due.load(Ordering::Relaxed) => {
            Err(Failure::AfterData(format!(
                "the message was sent to its end, but no answer came: {text}"
            )))
        }
        Err(Failure::BeforeData(text)) => Err(Failure::InData(text)),
        result => result,
    }
}

/// Waits for a reply of this severity. Whatever else comes instead of it counts as lost before
/// DATA, which the caller corrects.
async fn ask(
    limit: Duration,
    due: Severity,
    reply: impl Future<Output = Result<Response, smtp::Error>>,
) -> Result<(), Failure> {
    match tokio::time::timeout(limit, reply).await {
        Ok(Ok(reply)) if reply.code().severity == due => Ok(()),
        Ok(Ok(reply)) => {
            let code = reply.code();
            Err(Failure::BeforeData(format!("the server broke the protocol: it answered {code}")))
        }
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
