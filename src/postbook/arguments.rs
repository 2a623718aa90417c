//! What the command line understands.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use event::{AgentNumber, ContactId, MailboxName};

use crate::config_file;

/// E-mail contact centre: queues customers' mail, gives it to agents, relays their answers, and
/// keeps a journal that can be replayed.
///
/// New here? `postbook try` shows everything in one folder, without a mail server.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration file
    #[arg(long, short, global = true, value_name = "FILE", default_value = "postbook.toml")]
    pub(crate) config: PathBuf,
    /// The data folder, instead of the one the configuration names
    #[arg(long, short, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Common {
    /// The data folder that is meant.
    pub(crate) fn data_folder(&self) -> Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(folder.clone()),
            None => config_file::data_folder(&self.config).with_context(
                || "cannot tell which data folder is meant; give --data FOLDER or --config FILE",
            ),
        }
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Work: poll mailboxes, route contacts, send mail, until stopped by Ctrl-C or SIGTERM
    Serve,
    /// Show the whole thing in a sandbox: one folder, no mail server, simulated agents and customers
    Try(TryArgs),
    /// Check the configuration and the applications it names; changes nothing
    Check,
    /// How the server, its mailboxes and its outgoing mail are
    Status,
    /// Mailboxes beside the log
    #[command(subcommand)]
    Mail(MailCommand),
    /// Show the queues, or who waits in one
    Queue {
        /// The queue; all queues where none is named
        name: Option<String>,
    },
    /// What agents do: sign in and out, release, transfer, label
    #[command(subcommand)]
    Agent(AgentCommand),
    /// The story of contacts
    #[command(subcommand)]
    Journal(JournalCommand),
    /// The event log
    #[command(subcommand)]
    Log(LogCommand),
    /// Outgoing mail that is not settled
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Mail that could not be read
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
}

/// What `postbook try` understands.
#[derive(Debug, Args)]
pub(crate) struct TryArgs {
    /// The folder of the sandbox; nothing outside it is touched
    #[arg(long, value_name = "FOLDER", default_value = "postbook-try")]
    pub(crate) folder: PathBuf,
}

/// Mailboxes beside the log.
#[derive(Debug, Subcommand)]
pub(crate) enum MailCommand {
    /// Compare what lies on the mail servers with the log; every mail must be accounted for by
    /// exactly one event. Changes nothing; fails where a mail is not accounted for, or twice
    Reconcile {
        /// The mailbox; all mailboxes where none is named
        mailbox: Option<MailboxName>,
    },
}

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

/// The story of contacts.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// The latest contacts, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 20)]
        count: usize,
        /// Only contacts that arrived before this position of the log
        #[arg(long, value_name = "POSITION", default_value_t = 0)]
        before: u64,
    },
    /// Everything that happened to one contact
    Show {
        /// The contact, as it is said on the phone: 7KQ2M-4XT9P
        contact: ContactId,
    },
    /// Write the customer's mail as received to standard output
    Mail {
        /// The contact
        contact: ContactId,
    },
}

/// The event log.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Show the last events
    Tail {
        /// How many
        #[arg(long, default_value_t = 20)]
        count: u64,
        /// Begin at this position instead
        #[arg(long, value_name = "POSITION")]
        from: Option<u64>,
        /// Go on showing events as they happen, until Ctrl-C
        #[arg(long, short)]
        follow: bool,
    },
    /// Read everything and check that there is no gap, that every event can be decoded and that
    /// every hash is right
    Verify,
}

/// Outgoing mail that is not settled.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Show it, oldest first
    List,
    /// Send one again of which nobody knows whether it was sent, under the same Message-ID
    SendAgain {
        /// Its id, as `postbook outbox list` shows it
        id: u64,
    },
}

/// Mail that could not be read.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Show what is in quarantine
    List,
    /// Write one mail as received to standard output
    Show {
        /// Its position, as `postbook quarantine list` shows it
        position: u64,
    },
    /// Read one again, or all; what can be read now becomes a contact as of when it arrived
    Replay {
        /// Its position, as `postbook quarantine list` shows it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        position: Option<u64>,
        /// All of them, oldest first
        #[arg(long)]
        all: bool,
    },
}
