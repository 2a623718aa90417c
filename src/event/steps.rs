//! What an application does with a contact.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    ApplicationRef, ContactId, ExitName, Fact, MessageRef, OutgoingId, Position, Step, ThreadId,
};

/// What an application does with a contact.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum StepFact {
    /// An application took a step. Private: `Text`, why it left that way. Older logs have
    /// `StepTaken`.
    ActionTaken(ActionTaken),
    /// An action could not be carried out as written; the contact leaves it by `error`. Private:
    /// `Text`, what went wrong.
    ActionFailed(ActionFailed),
    /// A contact entered an application from an action of another.
    SubApplicationEntered(SubApplicationEntered),
    /// A contact that is not queued yet begins anew in a new version of its application.
    ApplicationEntered(ApplicationEntered),
    /// An action needs to see the mail itself, which is not in the log.
    MailRequested(MailRequested),
    /// The language of a contact's mail was recognised; right after its arrival.
    LanguageRecognised(LanguageRecognised),
    /// An application asked another program over HTTP. Private: `Call`.
    WebhookRequested(WebhookRequested),
    /// The other program answered, or did not. Private: `Text`, the answer's body, or what went
    /// wrong.
    WebhookAnswered(WebhookAnswered),
    /// An application passed a contact to a plain address, and a copy is to be sent. Private:
    /// `Address`.
    ContactForwarded(ContactForwarded),
    /// A copy to a plain address did not arrive; the application goes on.
    ForwardFailed(ForwardFailed),
    /// A file that a version of an application sends was kept; right after it was published.
    ApplicationFileKept(ApplicationFileKept),
}

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

impl StepFact {
    /// The fact's name, as logs and tools print it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ActionTaken(_) => "ActionTaken",
            Self::ActionFailed(_) => "ActionFailed",
            Self::SubApplicationEntered(_) => "SubApplicationEntered",
            Self::ApplicationEntered(_) => "ApplicationEntered",
            Self::MailRequested(_) => "MailRequested",
            Self::LanguageRecognised(_) => "LanguageRecognised",
            Self::WebhookRequested(_) => "WebhookRequested",
            Self::WebhookAnswered(_) => "WebhookAnswered",
            Self::ContactForwarded(_) => "ContactForwarded",
            Self::ForwardFailed(_) => "ForwardFailed",
            Self::ApplicationFileKept(_) => "ApplicationFileKept",
        }
    }

    /// The contact it is about, where it is about one.
    pub fn contact(&self) -> Option<ContactId> {
        match self {
            Self::ActionTaken(fact) => Some(fact.contact),
            Self::ActionFailed(fact) => Some(fact.contact),
            Self::SubApplicationEntered(fact) => Some(fact.contact),
            Self::ApplicationEntered(fact) => Some(fact.contact),
            Self::MailRequested(fact) => Some(fact.contact),
            Self::LanguageRecognised(fact) => Some(fact.contact),
            Self::WebhookRequested(fact) => Some(fact.contact),
            Self::WebhookAnswered(fact) => Some(fact.contact),
            Self::ContactForwarded(fact) => Some(fact.contact),
            Self::ForwardFailed(fact) => Some(fact.contact),
            Self::ApplicationFileKept(_) => None,
        }
    }
}

macro_rules! fact {
    ($($type:ident),*) => {
        $(impl From<$type> for Fact {
            fn from(fact: $type) -> Self {
                Self::Step(StepFact::$type(fact))
            }
        })*
    };
}

fact!(
    ActionTaken,
    ActionFailed,
    SubApplicationEntered,
    ApplicationEntered,
    MailRequested,
    LanguageRecognised,
    WebhookRequested,
    WebhookAnswered,
    ContactForwarded,
    ForwardFailed,
    ApplicationFileKept
);
