//! Mail beside its contacts: on the servers, on its way out, and unreadable.

use clap::Subcommand;
use event::MailboxName;

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
