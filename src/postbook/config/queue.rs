//! Queues, and how they are served.

use event::{AgentNumber, DispositionCode, QueueName};
use serde::Deserialize;
use toml::Spanned;

use super::{Checked, Duration};

/// A queue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    /// Its name.
    pub(crate) name: Spanned<Checked<QueueName>>,
    /// Which free agent is next: `longest-idle`, `hunt-order` or `best-skill`.
    #[serde(default)]
    pub(crate) next_agent: NextAgent,
    /// The agents in the order in which they are asked, for `hunt-order` only.
    pub(crate) hunt_order: Option<Spanned<Vec<u32>>>,
    /// How long an agent may take to accept a contact.
    pub(crate) accept_within: Option<Spanned<Checked<Duration>>>,
    /// What the queue should reach.
    pub(crate) service_level: Option<ServiceLevel>,
    /// How the priority of long waits rises.
    pub(crate) raise_priority: Option<Raise>,
    /// After how long a contact goes to another queue.
    pub(crate) overflow: Option<Overflow>,
    /// How long a contact first waits for the agent who handled its thread last.
    pub(crate) prefer_last_agent: Option<Spanned<Checked<Duration>>>,
    /// The disposition codes that may be set; any where it is left out.
    #[serde(default)]
    pub(crate) dispositions: Vec<Spanned<Checked<DispositionCode>>>,
    /// Whether a contact can be released without one.
    #[serde(default)]
    pub(crate) disposition_required: bool,
}

/// Which free agent is next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NextAgent {
    /// Who has been idle longest.
    #[default]
    LongestIdle,
    /// The first of a fixed order.
    HuntOrder,
    /// Who serves the queue best.
    BestSkill,
}

/// So many of a hundred contacts are with an agent within a time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceLevel {
    /// So many of a hundred.
    pub(crate) percent: Spanned<u8>,
    /// The time.
    pub(crate) within: Spanned<Checked<Duration>>,
}

/// How a priority rises.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raise {
    /// After each such time.
    pub(crate) every: Spanned<Checked<Duration>>,
    /// By so much.
    #[serde(default = "one")]
    pub(crate) by: Spanned<u8>,
    /// Up to this.
    pub(crate) to: u8,
}

/// After how long a contact goes where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overflow {
    /// The time in the queue.
    pub(crate) after: Spanned<Checked<Duration>>,
    /// The other queue.
    pub(crate) to: Spanned<Checked<QueueName>>,
}

impl Queue {
    /// The order of agents; empty where there is none.
    pub(crate) fn hunt_order(&self) -> Vec<AgentNumber> {
        let order = self.hunt_order.iter().flat_map(|order| order.get_ref());
        order.copied().map(AgentNumber).collect()
    }
}

fn one() -> Spanned<u8> {
    Spanned::new(0..0, 1)
}
