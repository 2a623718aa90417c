//! What facts are made of: places, reasons, states.

use std::fmt;

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    ActionName, AgentNumber, ApplicationRef, AutomaticKind, ContactId, OutgoingId, QueueName,
    TeamReason,
};

/// Where a contact waits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub enum Line {
    /// In a queue, for any agent who serves it.
    Queue(QueueName),
    /// For one agent.
    Agent(AgentNumber),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(name) => name.fmt(f),
            Self::Agent(number) => write!(f, "agent {number}"),
        }
    }
}

/// One action of an application, and how often the contact came there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Step {
    /// The application and its version.
    pub application: ApplicationRef,
    /// The action.
    pub action: ActionName,
    /// Counts from 1 within the contact.
    pub visit: u32,
}

/// Why a contact began to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum QueueReason {
    /// The application queued it.
    Application,
    /// An agent or supervisor transferred it.
    Transfer,
    /// It waited too long in another queue.
    Overflow,
    /// It waited too long for one agent.
    AgentWaitOver,
    /// It was parked, and the reason to wait is over.
    Unparked,
    /// A supervisor moved it.
    Moved,
}

/// Why a contact went back to the head of its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum RequeueReason {
    /// The copy could not be delivered to the agent's mailbox.
    DeliveryFailed,
    /// The agent signed out.
    SignedOut,
    /// The agent is no longer in the directory.
    AgentRemoved,
    /// The copy was taken by a mail server and came back.
    Bounced,
    /// The agent did not accept it in time.
    NotAccepted,
    /// The agent declined it.
    Declined,
}

/// Where a contact is transferred to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Target {
    /// Another agent.
    Agent(AgentNumber),
    /// A queue.
    Queue(QueueName),
    /// A plain address; it is in the private part.
    Address,
}

/// Who was given a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub enum Handler {
    /// An agent.
    Agent(AgentNumber),
    /// A plain address; it is in the private part of the transfer.
    Address,
}

/// Why a reply is late: relayed all the same, and marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum LateReason {
    /// The contact is with someone else, or waits.
    Transferred,
    /// The contact is released.
    Released,
}

/// Why nobody knows whether a mail was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum UncertainReason {
    /// The connection was lost after the message and before the server's answer.
    ConnectionLost,
    /// The engine stopped between the attempt and its outcome.
    Restart,
}

/// Why a contact ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum ReleaseReason {
    /// The agent released it.
    Agent,
    /// The relayed reply released it, as the settings say.
    Reply,
    /// A restart released a held contact, as the settings say.
    Restart,
    /// It was transferred to a plain address.
    TransferredOut,
    /// The application ended without queueing it.
    ApplicationEnded,
    /// A supervisor released it.
    Supervisor,
}

/// The readiness an agent chose.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum AgentState {
    /// Not at work.
    SignedOut,
    /// At work and not taking contacts.
    NotReady {
        /// Why, as the team words it.
        reason: TeamReason,
    },
    /// Taking contacts.
    Ready,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub enum Timer {
    /// An outgoing mail is tried again.
    SendAgain(OutgoingId),
    /// An application that waited goes on.
    WaitOver(ContactId),
    /// An agent has not accepted a contact.
    AcceptOver(ContactId),
    /// A contact no longer waits for the agent who handled its thread last.
    PreferenceOver(ContactId),
    /// A rule of its queue applies to a waiting contact.
    RuleDue(ContactId),
    /// A parked contact goes on.
    ParkOver(ContactId),
}

impl Timer {
    /// The contact it is about; `None` where it is about an outgoing mail.
    pub fn contact(self) -> Option<ContactId> {
        match self {
            Self::SendAgain(_) => None,
            Self::WaitOver(contact)
            | Self::AcceptOver(contact)
            | Self::PreferenceOver(contact)
            | Self::RuleDue(contact)
            | Self::ParkOver(contact) => Some(contact),
        }
    }
}

/// Why a priority changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum PriorityReason {
    /// The queue's rule for long waits.
    Rule,
    /// A person wanted it.
    Person,
}

/// Why an agent got a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum AgentChoice {
    /// Of those who are free, they had been idle longest.
    LongestIdle,
    /// Of those who are free, they come first in the hunt order.
    HuntOrder,
    /// Of those who are free, they serve the queue best.
    BestSkill,
    /// They handled the thread last, and it waited for them.
    LastAgent,
    /// It waited for them alone.
    Direct,
    /// They took it themselves.
    Pulled,
    /// A supervisor gave it to them.
    Assigned,
}

/// Why a parked contact goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum UnparkReason {
    /// The time has come.
    Time,
    /// The customer wrote in the thread.
    CustomerAnswered,
    /// A person wanted it.
    Person,
}

/// Who gets a copy of a relayed reply beside the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub enum CopyKind {
    /// Someone the customer put on the mail: the same mail as the customer's.
    External,
    /// Someone an agent put on an earlier reply: a copy of their own, hidden from the customer.
    Internal,
}

/// Why an automatic answer does not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum WithheldReason {
    /// No person wrote the mail, or its sender takes no answers (RFC 3834 section 2).
    Automatic(AutomaticKind),
    /// The mail names no address for an answer, or it was erased.
    NoAddress,
    /// The answer would go to an address of our own, or to an agent.
    OwnAddress,
    /// The thread got an automatic answer within the last day.
    Thread,
    /// The address got as many within the last day as the settings allow.
    Address,
    /// The domain got as many within the last hour as the settings allow.
    Domain,
    /// So many went out within the last hour as the settings allow.
    Total,
    /// The mail came long ago.
    Old,
    /// It came to the internal mailbox from nobody who works here.
    Stranger,
}

/// What a mail system says became of a mail, in the order of what matters most (RFC 3464 section
/// 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub enum DeliveryOutcome {
    /// It was given up.
    Failed,
    /// It has not arrived yet, and the server goes on trying.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went on to a server that sends no reports.
    Relayed,
    /// It arrived and went on to several addresses.
    Expanded,
}
