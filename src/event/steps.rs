//! What an application does with a contact: facts of their own shape.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    ApplicationRef, ContactId, ExitName, MessageRef, OutgoingId, Position, Step, Tag, ThreadId,
};

/// An application took a step.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ActionTaken {
    /// The contact.
    pub contact: ContactId,
    /// The action.
    pub step: Step,
    /// The way it left the action; `None` where the application ends there.
    pub exit: Option<ExitName>,
    /// The row of a table that decided, from 1.
    pub row: Option<u16>,
}

/// An action could not be carried out as written.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ActionFailed {
    /// The contact.
    pub contact: ContactId,
    /// The action.
    pub step: Step,
}

/// A contact entered an application from an action of another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct SubApplicationEntered {
    /// The contact.
    pub contact: ContactId,
    /// The action it comes from, and returns to.
    pub step: Step,
    /// The application it entered.
    pub application: ApplicationRef,
}

/// A contact that is not queued yet begins anew in a new version of its application.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ApplicationEntered {
    /// The contact.
    pub contact: ContactId,
    /// The new version.
    pub application: ApplicationRef,
}

/// An action needs to see the mail itself, which is not in the log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct MailRequested {
    /// The contact.
    pub contact: ContactId,
    /// The action that waits for it.
    pub step: Step,
}

/// The language of a contact's mail.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct LanguageRecognised {
    /// The contact.
    pub contact: ContactId,
    /// A language tag, such as `fr` (RFC 5646).
    pub language: String,
}

/// An application asked another program over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct WebhookRequested {
    /// The contact.
    pub contact: ContactId,
    /// The action that waits for the answer; it asks once a visit.
    pub step: Step,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u32,
    /// At most so many attempts.
    pub attempts_max: u8,
}

/// The other program answered, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct WebhookAnswered {
    /// The contact.
    pub contact: ContactId,
    /// The action that asked.
    pub step: Step,
    /// The HTTP status (RFC 9110 section 15); `None` where there was no usable answer.
    pub status: Option<u16>,
    /// So many attempts were made.
    pub attempts: u8,
}

/// A contact was given a word by which it is found again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ContactTagged {
    /// The contact.
    pub contact: ContactId,
    /// The word.
    pub tag: Tag,
}

/// Something was noted about a contact, for those who work here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ContactNoted {
    /// The contact.
    pub contact: ContactId,
}

/// An application passed a contact to a plain address.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ContactForwarded {
    /// The contact.
    pub contact: ContactId,
    /// Its thread.
    pub thread: ThreadId,
    /// The position of its arrival.
    pub arrival: Position,
    /// The action, which waits for the outcome.
    pub step: Step,
}

/// A copy to a plain address did not arrive; the application goes on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ForwardFailed {
    /// The contact.
    pub contact: ContactId,
    /// The copy.
    pub outgoing: OutgoingId,
}

/// A file that a version of an application sends with its answers was kept in the message store.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ApplicationFileKept {
    /// The application and its version.
    pub application: ApplicationRef,
    /// The name by which the application's text calls it.
    pub name: String,
    /// Its media type (RFC 2046).
    pub media_type: String,
    /// Its bytes, in the message store.
    pub content: MessageRef,
}
