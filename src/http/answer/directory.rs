//! The directory and the settings, and what changes about them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A thing, and what is said about it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What kind of thing: `queue`, `agent`, `mailbox`, `settings` and so on.
    pub kind: String,
    /// Its name or number; empty where there is one of its kind.
    pub name: String,
    /// What is said, by the keys of the configuration.
    pub keys: BTreeMap<String, String>,
}

/// A thing that is added, removed or changed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// What kind of thing.
    pub kind: String,
    /// Its name or number.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub change: String,
    /// What is said otherwise about it.
    pub keys: Vec<KeyChange>,
}

/// What is said otherwise.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    /// The key of the configuration.
    pub key: String,
    /// What was said; absent where nothing was, or it is a secret.
    pub from: Option<String>,
    /// What is said from now on; absent where nothing is, or it is a secret.
    pub to: Option<String>,
}

/// What came, or would come, of applying the configuration.
#[derive(Debug, Serialize, Deserialize)]
pub struct Applied {
    /// The files that were read.
    pub files: Vec<String>,
    /// Whether nothing was changed, because that was asked.
    pub dry_run: bool,
    /// What is different from what was in force.
    pub changes: Vec<ItemChange>,
    /// What should be known about it.
    pub notes: Vec<String>,
    /// What takes the next start of the server, as sentences.
    pub restart: Vec<String>,
    /// How many events it led to.
    pub events: usize,
    /// The head of the log after it.
    pub head: u64,
}

/// When something was loaded, and by whom.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// The position of the event.
    pub position: u64,
    /// When, RFC 3339.
    pub time: String,
    /// Who did it; absent where the server did, as it started.
    pub by: Option<String>,
}

/// The directory and the settings as they were once.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryShown {
    /// The event after which they were so.
    pub as_of: u64,
    /// When the directory was loaded; absent where it never was.
    pub directory: Option<Load>,
    /// When the settings were loaded; absent where they never were.
    pub settings: Option<Load>,
    /// What there was.
    pub items: Vec<Item>,
}

/// What is different between two times.
#[derive(Debug, Serialize, Deserialize)]
pub struct DirectoryCompared {
    /// The event after the earlier time.
    pub from: u64,
    /// The event after the later time.
    pub to: u64,
    /// When directory or settings were loaded meanwhile, oldest first.
    pub loads: Vec<Load>,
    /// What is different.
    pub changes: Vec<ItemChange>,
}
