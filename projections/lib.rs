//! Views derived from the log: pure folds, one a file.
//!
//! [`Hot`] holds what is open, in memory, bounded by what is open. [`Archive`] holds what grows
//! with history, in tables on disk. `apply` is total everywhere: no result, no clock, no wildcard
//! over facts, so that a new fact asks every view what it means.
#![deny(clippy::wildcard_enum_match_arm)]

mod agents;
mod archive;
mod automatic_mail;
mod contacts;
mod course;
mod directory;
mod errands;
mod failures;
mod families;
mod hot;
mod journal;
mod ledger;
mod mailboxes;
mod maildrops;
mod matching;
mod open_contact;
mod outbox;
mod quarantine;
mod queues;
mod receipts;
mod rules;
mod settings;
mod shelf;
mod shelf_disk;
mod skills;
mod subject;
mod table;
mod threads;
mod timers;

pub use agents::{Agent, Agents, Touched};
pub use archive::Archive;
pub use automatic_mail::AutomaticMail;
pub use contacts::Contacts;
pub use course::{Course, CourseAt, DONE, Visit};
pub use directory::{AgentEntry, ApplicationFile, Directory, MailboxEntry, Publication};
pub use errands::{Errand, Errands};
pub use failures::{FailedAction, Failures};
pub use hot::{Hot, SnapshotError};
pub use journal::Journal;
pub use ledger::{Book, Ledger, Repeated, Standing};
pub use mailboxes::{Activation, ImapCursor, Mailboxes, Reached};
pub use maildrops::{Accounted, Maildrop, Maildrops};
pub use matching::{Matching, Pool};
pub use open_contact::{OpenContact, Place, Waited, WebhookAnswer};
pub use outbox::{Outbox, Outgoing, SendState, What};
pub use quarantine::{Quarantine, Quarantined};
pub use queues::{Queues, Waiting};
pub use receipts::Content;
pub use rules::{QueueRules, Raise, ServiceLevel};
pub use settings::Settings;
pub use shelf::{MemoryShelf, Pair, Shelf, ShelfError};
pub use shelf_disk::DiskShelf;
pub use threads::{ContactRecord, Flag, Handled, MessageRecord, ThreadRecord, Threads, Variables};
pub use timers::Timers;
