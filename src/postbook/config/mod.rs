//! The configuration: one typed struct a section, read from TOML.

mod check;
mod directory;
mod error;
mod include;
mod level;
mod mailbox;
mod outgoing;
mod parse;
mod queue;
mod read;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::path::PathBuf;

use event::ApplicationName;
use serde::Deserialize;
use toml::Spanned;

pub(crate) use check::read_key;
pub(crate) use directory::{Agent, Application, Disposition, Schedule, Skill, Team};
pub(crate) use error::{ConfigError, Problem};
pub(crate) use include::folder_of;
pub(crate) use level::Levelled;
pub(crate) use mailbox::{
    After, History, Imap, Internal, Mailbox, Maildir, OAuth2, Pop3, Pop3After, Security,
};
pub(crate) use outgoing::{Dkim, Outgoing};
pub(crate) use queue::{NextAgent, Queue};
pub(crate) use read::{data_folder, load, read};
pub(crate) use settings::{CheckSender, LogFormat, Logging, Settings, Tls, Verification};
pub(crate) use sources::Sources;
pub(crate) use value::{Checked, Day, Duration, Host, Week, bare};

/// The whole configuration, checked.
pub(crate) struct Config {
    /// What its files say, with paths made absolute.
    pub(crate) file: File,
    /// Every application.
    pub(crate) applications: BTreeMap<ApplicationName, ApplicationText>,
    /// Its files.
    pub(crate) sources: Sources,
}

/// An application as its file has it.
pub(crate) struct ApplicationText {
    /// Its text.
    pub(crate) text: String,
    /// Its file; what it sends with its answers lies beside it.
    pub(crate) file: PathBuf,
}

/// The file `postbook.toml`, with what it includes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Where everything is kept; relative to this file.
    pub(crate) data: PathBuf,
    /// More files, each of them a [`Part`]; a pattern such as `directory/*.toml` names several.
    #[serde(default)]
    include: Vec<Spanned<String>>,
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
    /// What agents can do.
    #[serde(default)]
    pub(crate) skill: Vec<Skill>,
    /// The teams.
    #[serde(default)]
    pub(crate) team: Vec<Team>,
    /// The disposition codes.
    #[serde(default)]
    pub(crate) disposition: Vec<Disposition>,
    /// When somebody works.
    #[serde(default)]
    pub(crate) schedule: Vec<Schedule>,
}

/// An included file: more of the lists of the main one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Part {
    mailbox: Vec<Mailbox>,
    queue: Vec<Queue>,
    agent: Vec<Agent>,
    skill: Vec<Skill>,
    team: Vec<Team>,
    disposition: Vec<Disposition>,
    schedule: Vec<Schedule>,
}

impl File {
    /// Its paths, which are relative to it as long as nobody has made them absolute.
    fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let application = self.application.iter_mut().map(|entry| entry.file.get_mut());
        [&mut self.data]
            .into_iter()
            .chain(self.tls.authorities.iter_mut().map(Spanned::get_mut))
            .chain(self.internal.paths())
            .chain(self.outgoing.paths())
            .chain(self.mailbox.iter_mut().flat_map(Mailbox::paths))
            .chain(application)
    }

    /// Adds what an included file says.
    fn add(&mut self, part: Part) {
        self.mailbox.extend(part.mailbox);
        self.queue.extend(part.queue);
        self.agent.extend(part.agent);
        self.skill.extend(part.skill);
        self.team.extend(part.team);
        self.disposition.extend(part.disposition);
        self.schedule.extend(part.schedule);
    }
}

impl Part {
    fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.mailbox.iter_mut().flat_map(Mailbox::paths)
    }
}
