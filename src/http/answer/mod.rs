//! What the API answers: types of its own, so that what is stored can change without them.

mod application;
mod directory;
mod rehearsed;
mod work;

pub use application::{Application, ApplicationVersion, Checked, Problem, Published, Way};
pub use directory::{
    Applied, DirectoryCompared, DirectoryShown, Item, ItemChange, KeyChange, Load,
};
use event::Timestamp;
pub use rehearsed::{Effect, End, Rehearsed, RehearsedStep};
use serde::{Deserialize, Serialize};
use serde_json::Value;
pub use work::{Agent, OpenContact, Queue, Target, Waiting};

/// An instant as RFC 3339 in UTC.
pub fn instant(time: Timestamp) -> String {
    let ms = i64::try_from(time.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX).to_string()
}

/// The instant that a text in RFC 3339 names; the error says what is expected.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let instant: Result<jiff::Timestamp, _> = text.parse();
    let ms = instant.ok().and_then(|instant| u64::try_from(instant.as_millisecond()).ok());
    ms.map(Timestamp)
        .ok_or_else(|| format!("`{text}` is no time in RFC 3339, such as 2026-03-30T14:00:00Z"))
}

/// How the server and its mailboxes are.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The head of the log.
    pub head: u64,
    /// How many contacts are open.
    pub open: usize,
    /// How many wait.
    pub waiting: usize,
    /// What somebody must see to, as sentences.
    pub alarms: Vec<String>,
    /// Mailboxes and the outgoing server.
    pub connections: Vec<Connection>,
}

/// How a mailbox or the outgoing server is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Connection {
    /// Its name.
    pub name: String,
    /// `starting`, `ok` or `failing`.
    pub state: String,
    /// When it last worked, RFC 3339.
    pub last_success: Option<String>,
    /// How many messages lie on the server and are not recorded yet; absent where that is not known.
    pub backlog: Option<usize>,
    /// What is wrong and what to do.
    pub message: Option<String>,
    /// How many attempts have failed in a row.
    pub attempts: u32,
}

/// A contact, in lists.
#[derive(Debug, Serialize, Deserialize)]
pub struct Contact {
    /// The contact.
    pub contact: String,
    /// Its thread.
    pub thread: String,
    /// The mailbox it came to.
    pub mailbox: String,
    /// When it arrived, RFC 3339.
    pub arrived: String,
    /// Who wrote.
    pub from: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// Where it is: `application`, `waiting in …`, `with …`, `released`.
    pub state: String,
    /// What is to be seen at once, such as `encrypted`.
    pub flags: Vec<String>,
}

/// A contact with its story.
#[derive(Debug, Serialize, Deserialize)]
pub struct Transcript {
    /// The contact.
    pub contact: Contact,
    /// Whether the mail is from whom it says.
    pub sender: SenderCheck,
    /// The other contacts of its thread that are open, each with where it is.
    pub also_open: Vec<(String, String)>,
    /// The four thread variables, by name.
    pub variables: Vec<(String, String)>,
    /// Everything that happened.
    pub events: Vec<Entry>,
}

/// Whether a mail is from whom it says.
#[derive(Debug, Serialize, Deserialize)]
pub struct SenderCheck {
    /// `server`: the mail server; `postbook`; `nobody`.
    pub by: String,
    /// Whether the domain of From stands by the mail.
    pub dmarc: SenderResult,
    /// Whether a signature is good.
    pub dkim: SenderResult,
    /// Whether the domain of the envelope sender allows the sending host.
    pub spf: SenderResult,
}

/// The result of one check of a mail's sender.
#[derive(Debug, Serialize, Deserialize)]
pub struct SenderResult {
    /// `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror` or `not checked`.
    pub result: String,
    /// The domain it is about.
    pub domain: Option<String>,
}

/// An event of the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Its position.
    pub position: u64,
    /// When, RFC 3339.
    pub time: String,
    /// What happened, as a sentence.
    pub text: String,
    /// The user or agent who made it happen; absent where the engine or a mail did.
    pub by: Option<String>,
    /// The event as it is recorded.
    pub event: Value,
}

/// The result of a check of the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct Verified {
    /// The last event.
    pub head: u64,
    /// How many events.
    pub events: u64,
    /// How many chunks.
    pub chunks: u64,
    /// How many appends.
    pub commits: u64,
    /// The hash that stands for the whole log.
    pub head_hash: String,
}

/// An outgoing mail that is not settled.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its id.
    pub id: u64,
    /// Its contact.
    pub contact: String,
    /// `copy`, `reply`, `reply copy`, `note`, `automatic reply`, `notice` or `size notice`.
    pub what: String,
    /// `ready`, `started`, `deferred` or `uncertain`.
    pub state: String,
    /// When it is tried again, RFC 3339.
    pub until: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was asked for, RFC 3339.
    pub requested: String,
}

/// A mail in quarantine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Quarantined {
    /// The position that names it.
    pub position: u64,
    /// The mailbox.
    pub mailbox: String,
    /// Its place there.
    pub mark: String,
    /// Why it cannot be read.
    pub reason: String,
    /// When it arrived, RFC 3339.
    pub arrived: String,
    /// Its size in bytes; absent where the server did not send it.
    pub size: Option<u64>,
    /// Its name in the message store.
    pub message: Option<String>,
}

/// A mailbox compared with the log.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Reconciled {
    /// The mailbox.
    pub mailbox: String,
    /// Why it could not be looked at; nothing else counts then.
    pub failure: Option<String>,
    /// How many messages lie there.
    pub messages: usize,
    /// How many of them an event accounts for.
    pub recorded: usize,
    /// How many lay there before the mailbox was activated.
    pub history: usize,
    /// How many have not been read yet.
    pub backlog: usize,
    /// Those that should have been read, and that no event accounts for.
    pub unaccounted: Vec<Unaccounted>,
    /// Those that two events account for, on the server or not.
    pub repeated: Vec<Repeated>,
}

/// A mail that no event accounts for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unaccounted {
    /// Its place in the mailbox.
    pub mail: String,
    /// When the server received it, RFC 3339.
    pub received: Option<String>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Why it counts as unaccounted for.
    pub why: String,
}

/// A mail that two events account for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Repeated {
    /// Its place in the mailbox.
    pub mail: String,
    /// The positions of the events.
    pub positions: Vec<u64>,
}

/// What a command did.
#[derive(Debug, Serialize, Deserialize)]
pub struct Carried {
    /// The contact it concerned.
    pub contact: Option<String>,
    /// How many events it led to; 0 where it was so already.
    pub events: usize,
    /// The head of the log after it.
    pub head: u64,
}

/// Why there is no answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// A sentence that says what to do.
    pub error: String,
    /// Where an application is refused, all that is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}
