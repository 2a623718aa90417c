//! What supervisors do about contacts.

use clap::{Args, Subcommand};
use event::{AgentNumber, ContactId};

/// What supervisors do about contacts.
#[derive(Debug, Subcommand)]
pub(crate) enum ContactCommand {
    /// Show the open contacts in the order they arrived in: where they are, since when, and how
    /// urgent
    List {
        /// Only those that are in this queue, or were in it last
        #[arg(long)]
        queue: Option<String>,
        /// Only those that this agent holds or has parked, or that wait for them
        #[arg(long, value_name = "NUMBER")]
        agent: Option<AgentNumber>,
        /// At most so many
        #[arg(long, default_value_t = 1000)]
        count: usize,
    },
    /// Move a contact that waits, is parked or is with an agent; it keeps its waiting time
    Move {
        /// The contact
        contact: ContactId,
        #[command(flatten)]
        to: MoveTo,
    },
    /// Have a waiting contact served sooner or later
    #[command(visible_alias = "prioritize")]
    Prioritise {
        /// The contact
        contact: ContactId,
        /// From 0 to 255; higher is served first. Contacts whose application names none have 5
        priority: u8,
    },
    /// Give a waiting or parked contact to an agent who is signed in and holds less than they may
    ///
    /// They need not serve its queue. To take a contact from an agent and give it to another, use
    /// `postbook contact move --to-agent`.
    Assign {
        /// The contact
        contact: ContactId,
        /// The agent's number
        agent: AgentNumber,
    },
    /// End a contact, wherever it is
    ///
    /// Where its queue needs a disposition code, that comes first: `postbook contact disposition`.
    Release {
        /// The contact
        contact: ContactId,
    },
    /// Label a contact with a disposition code, or correct its label, also after its release
    Disposition {
        /// The contact
        contact: ContactId,
        /// The code; a wrong one is answered with those that are allowed
        code: String,
    },
    /// Note something about a contact, open or released, for those who work here
    Note {
        /// The contact
        contact: ContactId,
        /// The note
        text: String,
    },
    /// Give a contact, open or released, a word by which it is found again
    Tag {
        /// The contact
        contact: ContactId,
        /// The word
        tag: String,
    },
}

/// Where a contact is moved.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct MoveTo {
    /// To an agent; it waits for them if they are not free
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to_agent: Option<AgentNumber>,
    /// To a queue
    #[arg(long, value_name = "QUEUE")]
    pub(crate) to_queue: Option<String>,
}
