//! The story of contacts, and the log it is read from.

use clap::Subcommand;
use event::ContactId;

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
