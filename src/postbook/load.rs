//! What the configuration makes of the log: directory, settings and applications, as one command.

use std::collections::BTreeSet;

use anyhow::Result;
use command::{Command, LoadConfiguration, Publish, SentFile};
use engine::Handle;
use event::{Actor, ApplicationName};
use gateway::MessageStore;

use crate::config::{Config, ConfigError, bare};
use crate::directory::{directory, settings};
use crate::sent_files;

/// A configuration as a command, and the files that go into the message store before it is given.
pub(crate) struct Loading {
    /// The command.
    pub(crate) command: LoadConfiguration,
    files: Vec<Vec<u8>>,
}

impl Loading {
    /// What a configuration makes of the log. Applications whose text has been published are left as
    /// they are: that would undo what was published from another file meanwhile.
    pub(crate) async fn of(config: &Config, handle: &Handle) -> Result<Self> {
        let published = published(config, handle).await?;
        let (mut publish, mut files, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for entry in &config.file.application {
            let name = bare(&entry.name);
            let Some(application) = config.applications.get(name) else { continue };
            if published.contains(name) {
                continue;
            }
            let text = application.text.clone();
            match sent_files::read(&text, &application.file) {
                Ok(read) => {
                    let mut sent = Vec::new();
                    for file in read {
                        let content = MessageStore::name(&file.content);
                        let media_type = file.media_type.to_owned();
                        sent.push(SentFile { name: file.name, media_type, content });
                        files.push(file.content);
                    }
                    publish.push(Publish { name: name.clone(), text, files: sent });
                }
                Err(error) => {
                    let (place, message) = (entry.file.span(), format!("{error:#}"));
                    problems.push(config.sources.problem(place, "application.file", &message));
                }
            }
        }
        ConfigError::unless_none(problems)?;
        let directory = directory(&config.file);
        let settings = settings(&config.file.settings);
        Ok(Self { command: LoadConfiguration { directory, settings, publish }, files })
    }

    /// Brings the log up to date; says how many events that took.
    pub(crate) async fn carry_out(
        self,
        actor: Actor,
        handle: &Handle,
        store: &MessageStore,
    ) -> Result<engine::Done> {
        store.put_all(self.files.into_iter().map(Into::into).collect()).await?;
        let command = Command::LoadConfiguration(Box::new(self.command));
        Ok(handle.submit(actor, command).await?)
    }
}

/// The applications of a configuration whose text has been a version of them.
async fn published(config: &Config, handle: &Handle) -> Result<BTreeSet<ApplicationName>> {
    let texts = config.applications.iter();
    let texts: Vec<(ApplicationName, String)> =
        texts.map(|(name, application)| (name.clone(), application.text.clone())).collect();
    let read = handle.read(|views| {
        let directory = &views.hot.directory;
        let published =
            texts.into_iter().filter(|(name, text)| directory.was_published(name, text));
        published.map(|(name, _)| name).collect()
    });
    Ok(read.await?)
}
