//! How waiting contacts are served, and what agents do with those they hold: facts of their own shape.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    AgentChoice, AgentNumber, ContactId, PriorityReason, SkillNeed, Timestamp, UnparkReason,
};

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
