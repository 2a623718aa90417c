//! Why a command is not carried out.

use event::{AgentNumber, ContactId, MailboxName, OutgoingId, QueueName};
use projections::ShelfError;

use crate::ApplicationError;

/// Why a command is not carried out; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such agent.
    #[error("there is no agent {0}; `postbook agent list` shows who there is")]
    UnknownAgent(AgentNumber),
    /// No such queue.
    #[error("there is no queue `{0}`; `postbook queue` shows which there are")]
    UnknownQueue(QueueName),
    /// No such mailbox.
    #[error("there is no mailbox `{0}` in the directory")]
    UnknownMailbox(MailboxName),
    /// No such contact.
    #[error("there is no contact {0}")]
    UnknownContact(ContactId),
    /// The contact is released.
    #[error("contact {0} is released")]
    NotOpen(ContactId),
    /// The contact is not with that agent.
    #[error("agent {0} does not hold contact {1}")]
    NotHeld(AgentNumber, ContactId),
    /// The contact is with nobody.
    #[error("nobody holds contact {0}, so it cannot be transferred")]
    HeldByNobody(ContactId),
    /// The agent holds nothing.
    #[error("agent {0} holds no contact")]
    HoldsNothing(AgentNumber),
    /// The agent holds several; one must be named.
    #[error("agent {0} holds {1} contacts: name one")]
    HoldsSeveral(AgentNumber, usize),
    /// A transfer to oneself.
    #[error("contact {1} is with agent {0} already")]
    SameAgent(AgentNumber, ContactId),
    /// Mail to ourselves would go in circles.
    #[error("that address is one of our own mailboxes; transfer to a queue instead")]
    OwnAddress,
    /// Open contacts are in a queue that is to go, or would come to it.
    #[error(
        "{1} open contacts belong to queue `{0}`, which the new directory does not have; keep the queue until they are released or passed on"
    )]
    QueueInUse(QueueName, usize),
    /// Contacts were transferred to an agent who is to go, and would wait for ever.
    #[error(
        "{1} open contacts were transferred to agent {0}, whom the new directory does not have; keep the agent until they are released or passed on"
    )]
    AgentAwaited(AgentNumber, usize),
    /// The outgoing mail is settled, or not in that state.
    #[error("outgoing mail {0} is not waiting to be sent")]
    NotToSend(OutgoingId),
    /// The application cannot work.
    #[error("{0}")]
    Application(#[from] ApplicationError),
    /// The mailbox has no application in force.
    #[error("mailbox `{0}` has no application")]
    NoApplication(MailboxName),
    /// The views on disk cannot be read.
    #[error("{0}")]
    Archive(String),
}

impl From<ShelfError> for Rejection {
    fn from(error: ShelfError) -> Self {
        Self::Archive(error.to_string())
    }
}
