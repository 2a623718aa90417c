//! The rules of a queue, as the directory gives them.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{DirectoryEntry, DispositionCode, NextAgent, QueueName, QueueRule};

/// The rules of a queue; without any, the agent who has been idle longest is next, and that is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct QueueRules {
    /// Which free agent is next.
    pub next_agent: NextAgent,
    /// How long an agent may take to accept a contact, in milliseconds.
    pub accept_within_ms: Option<u64>,
    /// What the queue should reach.
    pub service_level: Option<ServiceLevel>,
    /// How the priority of long waits rises.
    pub raise: Option<Raise>,
    /// After how long a contact goes to another queue, in milliseconds, and to which.
    pub overflow: Option<(u64, QueueName)>,
    /// How long a contact first waits for the agent who handled its thread last, in milliseconds.
    pub prefer_last_agent_ms: Option<u64>,
    /// The disposition codes that may be set; any where it is empty.
    pub dispositions: Vec<DispositionCode>,
    /// Whether a contact can be released without one.
    pub disposition_required: bool,
}

/// So many of a hundred contacts are with an agent within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ServiceLevel {
    /// So many of a hundred.
    pub percent: u8,
    /// The time, in milliseconds.
    pub within_ms: u64,
}

/// How a priority rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Raise {
    /// After each such time, in milliseconds.
    pub every_ms: u64,
    /// By so much.
    pub by: u8,
    /// Up to this.
    pub to: u8,
}

impl QueueRules {
    /// The queues of a directory, with their rules.
    pub fn of(entries: &[DirectoryEntry]) -> BTreeMap<QueueName, Self> {
        let mut queues: BTreeMap<QueueName, Self> = BTreeMap::new();
        for entry in entries {
            if let DirectoryEntry::Queue { name } = entry {
                queues.entry(name.clone()).or_default();
            } else if let DirectoryEntry::QueueRule { queue, rule } = entry {
                queues.entry(queue.clone()).or_default().set(rule);
            }
        }
        queues
    }

    fn set(&mut self, rule: &QueueRule) {
        match rule {
            QueueRule::NextAgent(next) => self.next_agent = next.clone(),
            QueueRule::AcceptWithin { ms } => self.accept_within_ms = Some(*ms),
            QueueRule::ServiceLevel { percent, within_ms } => {
                let (percent, within_ms) = (*percent, *within_ms);
                self.service_level = Some(ServiceLevel { percent, within_ms });
            }
            QueueRule::RaisePriority { every_ms, by, to } => {
                self.raise = Some(Raise { every_ms: *every_ms, by: *by, to: *to });
            }
            QueueRule::Overflow { after_ms, to } => self.overflow = Some((*after_ms, to.clone())),
            QueueRule::PreferLastAgent { wait_ms } => self.prefer_last_agent_ms = Some(*wait_ms),
            QueueRule::Dispositions { codes, required } => {
                self.dispositions.clone_from(codes);
                self.disposition_required = *required;
            }
        }
    }
}
