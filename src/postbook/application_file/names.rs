//! Where the names are looked up that an application uses.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use application::Application;
use event::{
    Actor, ApplicationFileKept, ApplicationRef, Cause, CommandId, Event, Fact, MessageDigest,
    MessageRef, Position, Private, Timestamp,
};
use projections::Directory;

use crate::arguments::Common;
use crate::client::Client;
use crate::data::Data;
use crate::directory::{directory, settings};
use crate::sent_files::files_beside;
use crate::{config, question};

/// Who knows which names there are.
pub(super) enum Names {
    /// The running server.
    Server(Client, Data),
    /// The configuration, as it would be loaded.
    Configuration(PathBuf, Box<Directory>),
    /// Nobody.
    Unknown,
}

impl Names {
    /// The running server where there is one, else the configuration where there is one. What the
    /// configuration says of applications may be wrong.
    pub(super) fn find(common: &Common) -> Result<Self> {
        if let Ok(data) = question::data(common)
            && let Some(client) = Client::find(&data)?
        {
            return Ok(Self::Server(client, data));
        }
        if !common.config.exists() {
            return Ok(Self::Unknown);
        }
        let (file, _) = config::read(&common.config)?;
        let configured = configured(&file)
            .with_context(|| format!("what {} says cannot be used", common.config.display()))?;
        Ok(Self::Configuration(common.config.clone(), Box::new(configured)))
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(_, data) => {
                write!(f, "names were looked up on the server of {}", data.folder().display())
            }
            Self::Configuration(path, _) => {
                write!(f, "no server runs; names were looked up in {}", path.display())
            }
            Self::Unknown => f.write_str(
                "names of queues, agents and the like were not looked up: no server runs, and there \
                 is no configuration",
            ),
        }
    }
}

/// The files beside an application's file that its text names.
fn files(
    application: &ApplicationRef,
    text: &str,
    file: &Path,
) -> impl Iterator<Item = ApplicationFileKept> {
    let mut names = files_beside(file);
    let read = Application::parse(text).ok();
    names.retain(|name| read.as_ref().is_some_and(|read| read.files().contains(name.as_str())));
    names.into_iter().map(|name| ApplicationFileKept {
        application: application.clone(),
        name,
        media_type: "application/octet-stream".to_owned(),
        content: MessageRef { digest: MessageDigest([0; 32]), size: 0 },
    })
}

/// The directory as a server would have it after its first start.
fn configured(file: &config::File) -> Result<Directory> {
    let load = directory(file);
    let mut facts = vec![
        (Fact::DirectoryLoaded { entries: load.entries }, Some(Private::Directory(load.private))),
        (Fact::SettingsLoaded { settings: settings(&file.settings).settings }, None),
    ];
    for entry in &file.application {
        let (name, path) = (config::bare(&entry.name).clone(), entry.file.get_ref());
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("application `{name}`: cannot read {}", path.display()))?;
        let application = ApplicationRef { name, version: 1 };
        facts.extend(files(&application, &text, path).map(|kept| (kept.into(), None)));
        facts.push((Fact::ApplicationPublished { application, text }, None));
    }
    let mut configured = Directory::default();
    for (fact, private) in facts {
        let (actor, cause) = (Actor::Engine, Cause::Command(CommandId(0)));
        configured.apply(Position(0), &Event { time: Timestamp(0), actor, cause, fact, private });
    }
    Ok(configured)
}
