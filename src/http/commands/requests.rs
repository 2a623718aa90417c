//! What commands say, beside the agent or the contact that their path names.
//!
//! Where an agent gives a command, the contact may be left out if they hold only one.

use serde::{Deserialize, Serialize};

/// The state an agent chooses.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRequest {
    /// `ready`, `not ready` or `signed out`.
    pub state: String,
    /// Why not ready.
    pub reason: Option<String>,
}

/// Which contact is accepted, taken back or released.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactRequest {
    /// The contact.
    pub contact: Option<String>,
}

/// Which contact is declined, and why.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclineRequest {
    /// The contact.
    pub contact: Option<String>,
    /// Why; the agent is not ready for this reason then.
    pub reason: Option<String>,
}

/// Which contact is put aside, and for how long.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParkRequest {
    /// The contact.
    pub contact: Option<String>,
    /// When it goes on, at the latest, RFC 3339.
    pub until: Option<String>,
    /// Whether it goes on once the customer writes in the thread.
    #[serde(default)]
    pub until_answer: bool,
}

/// Which waiting contact an agent takes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    /// The contact.
    pub contact: String,
}

/// Which contact goes where; exactly one of the three targets.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The contact.
    pub contact: Option<String>,
    /// An agent's number.
    pub agent: Option<u32>,
    /// A queue.
    pub queue: Option<String>,
    /// An address.
    pub address: Option<String>,
    /// What whoever gets it should know.
    pub note: Option<String>,
}

/// Which contact is labelled how.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispositionRequest {
    /// The contact.
    pub contact: Option<String>,
    /// The code.
    pub code: String,
}

/// What is noted about which contact.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// The contact.
    pub contact: Option<String>,
    /// The note.
    pub text: String,
}

/// Which contact is tagged how.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagRequest {
    /// The contact.
    pub contact: Option<String>,
    /// The word.
    pub tag: String,
}

/// Where a contact goes; exactly one of the two.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveRequest {
    /// An agent's number.
    pub agent: Option<u32>,
    /// A queue.
    pub queue: Option<String>,
}

/// How soon a contact is served.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorityRequest {
    /// Higher is served first.
    pub priority: u8,
}

/// Who gets a contact.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentRequest {
    /// The agent's number.
    pub agent: u32,
}

/// How a contact is labelled.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The code.
    pub code: String,
}

/// What is noted about a contact.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRequest {
    /// The note.
    pub text: String,
}

/// How a contact is tagged.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRequest {
    /// The word.
    pub tag: String,
}

/// A text that is to be looked at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// The text.
    pub text: String,
    /// The names of the files beside it.
    pub files: Vec<String>,
}

/// What is published.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishRequest {
    /// The text.
    pub text: String,
    /// The files it sends with its answers.
    pub files: Vec<SentFileRequest>,
}

/// A file that an application sends with its answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentFileRequest {
    /// The name by which the text calls it.
    pub name: String,
    /// Its media type (RFC 2046).
    pub media_type: String,
    /// Its bytes in base64 (RFC 4648 section 4).
    pub content: String,
}

/// Mail that an application is tried with; nothing is sent, asked or recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RehearseRequest {
    /// The application's text.
    pub text: String,
    /// The names of the files beside it.
    pub files: Vec<String>,
    /// The mails.
    pub mails: Vec<MailRequest>,
    /// The mailbox they come to; else one whose mail enters the application.
    pub mailbox: Option<String>,
    /// When, RFC 3339.
    pub at: String,
    /// The agents who are ready.
    pub signed_in: Vec<u32>,
    /// What other programs answer; else they do not.
    pub webhook: Option<WebhookAnswerRequest>,
    /// The result of DMARC, as RFC 8601 calls it.
    pub dmarc: Option<String>,
    /// The result of DKIM.
    pub dkim: Option<String>,
    /// The result of SPF.
    pub spf: Option<String>,
}

/// A mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailRequest {
    /// What it is called in the answer.
    pub name: String,
    /// The mail in base64 (RFC 4648 section 4).
    pub content: String,
}

/// What other programs answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookAnswerRequest {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}
