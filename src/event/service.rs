//! How contacts are served, and what people do with them.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    AgentChoice, AgentNumber, ContactId, Fact, PriorityReason, SkillNeed, Tag, Timestamp,
    UnparkReason,
};

/// How a contact is served, and what people do with it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum ServiceFact {
    /// A contact was given a word by which it is found again.
    ContactTagged(ContactTagged),
    /// Something was noted about a contact. Private: `Text`.
    ContactNoted(ContactNoted),
    /// What an agent must be able to do to get a contact.
    SkillsRequired(SkillsRequired),
    /// A waiting contact is for one agent first.
    AgentPreferred(AgentPreferred),
    /// A rule of its queue will apply to a contact that still waits there then.
    RuleAwaited(RuleAwaited),
    /// A waiting contact is served sooner or later than before.
    PriorityChanged(PriorityChanged),
    /// Why a contact was given to an agent; next to its `ContactAssigned`.
    AssignmentExplained(AssignmentExplained),
    /// An agent has to accept a contact, or loses it.
    AcceptanceAwaited(AcceptanceAwaited),
    /// An agent accepted a contact, by saying so or by working on it.
    ContactAccepted(ContactAccepted),
    /// An agent put a contact aside and is free for others.
    ContactParked(ContactParked),
    /// A parked contact goes on.
    ContactUnparked(ContactUnparked),
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

/// What an agent must be able to do to get a contact, in place of any earlier need.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct SkillsRequired {
    /// The contact.
    pub contact: ContactId,
    /// All of these; none: any agent of the queue will do.
    pub skills: Vec<SkillNeed>,
}

/// A waiting contact is for one agent first.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct AgentPreferred {
    /// The contact.
    pub contact: ContactId,
    /// Who handled its thread last.
    pub agent: AgentNumber,
    /// Until when; it is anybody's sooner where the agent signs out.
    pub until: Timestamp,
}

/// A rule of its queue will apply to a contact that still waits there then.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct RuleAwaited {
    /// The contact.
    pub contact: ContactId,
    /// When.
    pub until: Timestamp,
}

/// A waiting contact is served sooner or later than before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct PriorityChanged {
    /// The contact.
    pub contact: ContactId,
    /// Higher is served first.
    pub priority: u8,
    /// Why.
    pub reason: PriorityReason,
}

/// Why a contact was given to an agent; next to its `ContactAssigned`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct AssignmentExplained {
    /// The contact.
    pub contact: ContactId,
    /// The agent.
    pub agent: AgentNumber,
    /// Why this agent.
    pub choice: AgentChoice,
    /// How many others waited in the same line.
    pub waiting: u32,
    /// How many agents could have got it, this one among them.
    pub free: u32,
    /// How well the agent serves the line.
    pub level: u8,
    /// Its priority, by which it was first among all that somebody free could get.
    pub priority: u8,
}

/// An agent has to accept a contact, or loses it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct AcceptanceAwaited {
    /// The contact.
    pub contact: ContactId,
    /// Who holds it.
    pub agent: AgentNumber,
    /// Until when.
    pub until: Timestamp,
}

/// An agent accepted a contact, by saying so or by working on it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ContactAccepted {
    /// The contact.
    pub contact: ContactId,
    /// Who holds it.
    pub agent: AgentNumber,
}

/// An agent put a contact aside and is free for others.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ContactParked {
    /// The contact.
    pub contact: ContactId,
    /// Who held it, and gets it back.
    pub agent: AgentNumber,
    /// Until when, at the latest.
    pub until: Option<Timestamp>,
    /// Whether it goes on once the customer writes in the thread.
    pub until_answer: bool,
}

/// A parked contact goes on: it waits for its agent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ContactUnparked {
    /// The contact.
    pub contact: ContactId,
    /// Why.
    pub reason: UnparkReason,
}

impl ServiceFact {
    /// The fact's name, as logs and tools print it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ContactTagged(_) => "ContactTagged",
            Self::ContactNoted(_) => "ContactNoted",
            Self::SkillsRequired(_) => "SkillsRequired",
            Self::AgentPreferred(_) => "AgentPreferred",
            Self::RuleAwaited(_) => "RuleAwaited",
            Self::PriorityChanged(_) => "PriorityChanged",
            Self::AssignmentExplained(_) => "AssignmentExplained",
            Self::AcceptanceAwaited(_) => "AcceptanceAwaited",
            Self::ContactAccepted(_) => "ContactAccepted",
            Self::ContactParked(_) => "ContactParked",
            Self::ContactUnparked(_) => "ContactUnparked",
        }
    }

    /// The contact it is about.
    pub fn contact(&self) -> ContactId {
        match self {
            Self::ContactTagged(fact) => fact.contact,
            Self::ContactNoted(fact) => fact.contact,
            Self::SkillsRequired(fact) => fact.contact,
            Self::AgentPreferred(fact) => fact.contact,
            Self::RuleAwaited(fact) => fact.contact,
            Self::PriorityChanged(fact) => fact.contact,
            Self::AssignmentExplained(fact) => fact.contact,
            Self::AcceptanceAwaited(fact) => fact.contact,
            Self::ContactAccepted(fact) => fact.contact,
            Self::ContactParked(fact) => fact.contact,
            Self::ContactUnparked(fact) => fact.contact,
        }
    }
}

macro_rules! fact {
    ($($type:ident),*) => {
        $(impl From<$type> for Fact {
            fn from(fact: $type) -> Self {
                Self::Service(ServiceFact::$type(fact))
            }
        })*
    };
}

fact!(
    ContactTagged,
    ContactNoted,
    SkillsRequired,
    AgentPreferred,
    RuleAwaited,
    PriorityChanged,
    AssignmentExplained,
    AcceptanceAwaited,
    ContactAccepted,
    ContactParked,
    ContactUnparked
);
