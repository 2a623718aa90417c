//! Who and what there is: applications, queues, agents.

use std::path::PathBuf;

use event::{Address, AgentNumber, ApplicationName, QueueName};
use serde::Deserialize;
use toml::Spanned;

use super::Checked;

/// A workflow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    /// Its name.
    pub(crate) name: Spanned<Checked<ApplicationName>>,
    /// Its file.
    pub(crate) file: Spanned<PathBuf>,
}

/// A queue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    /// Its name.
    pub(crate) name: Spanned<Checked<QueueName>>,
}

/// An agent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    /// The number.
    pub(crate) number: Spanned<u32>,
    /// The name.
    pub(crate) name: String,
    /// Their own mailbox.
    pub(crate) address: Spanned<Checked<Address>>,
    /// The queues they serve.
    pub(crate) queues: Vec<Spanned<Checked<QueueName>>>,
    /// How many contacts they may hold at once.
    #[serde(default = "capacity")]
    pub(crate) capacity: Spanned<u16>,
}

impl Agent {
    pub(crate) fn number(&self) -> AgentNumber {
        AgentNumber(*self.number.get_ref())
    }
}

fn capacity() -> Spanned<u16> {
    Spanned::new(0..0, 1)
}
