//! What agents do.

use clap::{Args, Subcommand};
use event::{AgentNumber, ContactId};

use crate::when::When;

/// What agents do.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Show all agents: their states, what they hold and have parked, and what they have to accept
    List,
    /// Show why an agent got the contacts they got last
    Why {
        /// The agent's number
        agent: AgentNumber,
        /// How many, the newest first
        #[arg(long, default_value_t = 10)]
        count: usize,
    },
    /// Take contacts
    Ready {
        /// The agent's number
        agent: AgentNumber,
    },
    /// Take no contacts for a while; what the agent holds stays with them
    NotReady {
        /// The agent's number
        agent: AgentNumber,
        /// Why, in a few words
        #[arg(long)]
        reason: Option<String>,
    },
    /// End work; what the agent holds returns to the head of its queue
    ///
    /// What they have parked stays parked. When it goes on it waits in the queue it came from. A
    /// supervisor may sign an agent out, too.
    SignOut {
        /// The agent's number
        agent: AgentNumber,
    },
    /// Take on a contact that was given to the agent
    ///
    /// Needed where its queue has `accept_within`: who does not accept in time loses the contact and
    /// is not ready. To answer, label, note or park it accepts it, too.
    Accept {
        #[command(flatten)]
        whose: Whose,
    },
    /// Do not take a contact; it returns to the head of its queue, and the agent is not ready
    ///
    /// Only before the agent has begun to work on it. Who has begun passes it on instead: `postbook
    /// agent transfer`.
    Decline {
        #[command(flatten)]
        whose: Whose,
        /// Why, in a few words; it shows as the reason why the agent is not ready
        #[arg(long)]
        reason: Option<String>,
    },
    /// Put a contact aside and be free for others
    ///
    /// It comes back to the agent when the time is over, when the customer writes in its thread, or
    /// by `postbook agent unpark`, whichever is first. With neither option it stays parked until
    /// somebody takes it back.
    #[command(after_help = "Examples:\n  postbook agent park 1001 --until-answer --until 3d\n  \
                            postbook agent park 1001 --until 17:30")]
    Park {
        #[command(flatten)]
        whose: Whose,
        /// At the latest until then: a duration (`2h`, `3 days`), a time of day (`17:30`), or a day
        /// with or without a time (`2026-03-30`, `2026-03-30T17:30`), by this machine's clock
        #[arg(long, value_name = "TIME|DURATION")]
        until: Option<When>,
        /// Until the customer writes
        #[arg(long)]
        until_answer: bool,
    },
    /// Take a parked contact back: it waits for the agent, ahead of what came to wait later
    Unpark {
        /// The agent's number
        agent: AgentNumber,
        /// The contact; needed only where the agent has parked several
        contact: Option<ContactId>,
    },
    /// Take a contact that waits, whether or not it is next
    ///
    /// From a queue the agent serves; they must be signed in and hold less than they may. `postbook
    /// queue NAME` shows what waits.
    Pull {
        /// The agent's number
        agent: AgentNumber,
        /// The contact
        contact: ContactId,
    },
    /// End a contact, held or parked
    ///
    /// Where its queue needs a disposition code, that comes first: `postbook agent disposition`.
    Release {
        #[command(flatten)]
        whose: Whose,
    },
    /// Pass a contact on, held or parked
    Transfer {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        to: To,
        /// What whoever gets it should know; the journal shows it, the customer never sees it
        #[arg(long)]
        note: Option<String>,
    },
    /// Label a contact with a disposition code, or correct its label
    Disposition {
        /// The agent's number
        agent: AgentNumber,
        /// The code; a wrong one is answered with those that are allowed
        code: String,
        /// The contact; needed only where the agent holds several, or for a correction
        contact: Option<ContactId>,
    },
    /// Note something about a contact, open or released, for those who work here
    Note {
        /// The agent's number
        agent: AgentNumber,
        /// The note
        text: String,
        /// The contact; needed only where the agent holds several, or none
        contact: Option<ContactId>,
    },
    /// Give a contact a word by which it is found again
    Tag {
        /// The agent's number
        agent: AgentNumber,
        /// The word
        tag: String,
        /// The contact; needed only where the agent holds several, or none
        contact: Option<ContactId>,
    },
}

/// Whose contact is meant.
#[derive(Debug, Args)]
pub(crate) struct Whose {
    /// The agent's number
    pub(crate) agent: AgentNumber,
    /// The contact; needed only where the agent holds several, or has parked it
    pub(crate) contact: Option<ContactId>,
}

/// Where a contact goes.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct To {
    /// To another agent; it waits for them if they are not free
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to_agent: Option<AgentNumber>,
    /// To a queue
    #[arg(long, value_name = "QUEUE")]
    pub(crate) to_queue: Option<String>,
    /// To a plain address; the contact ends once the copy is delivered
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to_address: Option<String>,
}
