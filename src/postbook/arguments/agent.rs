//! What agents do.

use clap::{Args, Subcommand};
use event::{AgentNumber, ContactId};

/// What agents do.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Show all agents, their states and what they hold
    List,
    /// Take contacts
    Ready {
        /// The agent's number
        agent: AgentNumber,
    },
    /// Take no contacts for a while
    NotReady {
        /// The agent's number
        agent: AgentNumber,
        /// Why, in a few words
        #[arg(long)]
        reason: Option<String>,
    },
    /// End work; what the agent holds returns to the head of its queue
    SignOut {
        /// The agent's number
        agent: AgentNumber,
    },
    /// End a contact
    Release {
        /// The agent's number
        agent: AgentNumber,
        /// The contact; needed only where the agent holds several
        contact: Option<ContactId>,
    },
    /// Pass a contact on
    Transfer {
        /// The agent's number
        agent: AgentNumber,
        /// The contact; needed only where the agent holds several
        contact: Option<ContactId>,
        #[command(flatten)]
        to: To,
    },
    /// Label a contact with a disposition code, or correct its label
    Disposition {
        /// The agent's number
        agent: AgentNumber,
        /// The code
        code: String,
        /// The contact; needed only where the agent holds several, or for a correction
        contact: Option<ContactId>,
    },
}

/// Where a contact goes.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct To {
    /// To another agent
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to_agent: Option<AgentNumber>,
    /// To a queue
    #[arg(long, value_name = "QUEUE")]
    pub(crate) to_queue: Option<String>,
    /// To a plain address; the contact ends once the copy is delivered
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to_address: Option<String>,
}
