//! The configuration: one typed struct a section, read from TOML.

mod check;
mod directory;
mod error;
mod mailbox;
mod outgoing;
mod read;
mod settings;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;

use event::ApplicationName;
use serde::Deserialize;

pub(crate) use check::read_key;
pub(crate) use directory::{Agent, Application, Queue};
pub(crate) use mailbox::{
    After, History, Imap, Internal, Mailbox, Maildir, OAuth2, Pop3, Pop3After, Security,
};
pub(crate) use outgoing::{Dkim, Outgoing};
pub(crate) use read::{data_folder, load};
pub(crate) use settings::{CheckSender, LogFormat, Logging, Settings, Tls, Verification};
pub(crate) use value::Checked;

/// The whole configuration, checked.
pub(crate) struct Config {
    /// What the file says, with paths made absolute.
    pub(crate) file: File,
    /// The text of every application.
    pub(crate) applications: BTreeMap<ApplicationName, String>,
}

/// The file `postbook.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Where everything is kept; relative to this file.
    pub(crate) data: PathBuf,
    /// How the log lines look.
    #[serde(default)]
    pub(crate) logging: Logging,
    /// What happens to contacts.
    #[serde(default)]
    pub(crate) settings: Settings,
    /// Certificates.
    #[serde(default)]
    pub(crate) tls: Tls,
    /// How it is found out whether mail is from whom it says.
    #[serde(default)]
    pub(crate) verification: Verification,
    /// Where agents' answers arrive.
    pub(crate) internal: Internal,
    /// Where customers write to.
    #[serde(default)]
    pub(crate) mailbox: Vec<Mailbox>,
    /// How mail leaves.
    pub(crate) outgoing: Outgoing,
    /// The workflows.
    #[serde(default)]
    pub(crate) application: Vec<Application>,
    /// The queues.
    #[serde(default)]
    pub(crate) queue: Vec<Queue>,
    /// The agents.
    #[serde(default)]
    pub(crate) agent: Vec<Agent>,
}
