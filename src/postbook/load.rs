//! Brings the log up to date with the configuration.

use anyhow::Result;
use command::{Command, Publish, SentFile};
use engine::Handle;
use event::{Actor, ApplicationName};
use gateway::MessageStore;

use crate::config::{ApplicationText, Config};
use crate::directory::{directory, settings};
use crate::sent_files;

/// Brings directory, settings and applications in the log up to date with the configuration.
pub(crate) async fn load(handle: &Handle, store: &MessageStore, config: &Config) -> Result<()> {
    let load = Command::LoadDirectory(directory(&config.file));
    handle.submit(Actor::Engine, load).await?;
    let load = Command::LoadSettings(settings(&config.file.settings));
    handle.submit(Actor::Engine, load).await?;
    for (name, application) in &config.applications {
        if !was_published(handle, name, &application.text).await? {
            publish(handle, store, name, application).await?;
        }
    }
    Ok(())
}

/// Whether a text has been a version of an application. It is not published again then: that would
/// undo what was published from another file meanwhile.
async fn was_published(handle: &Handle, name: &ApplicationName, text: &str) -> Result<bool> {
    let (name, text) = (name.clone(), text.to_owned());
    let read = handle.read(move |views| {
        let mut versions = views.hot.directory.applications();
        versions.any(|(version, known)| version.name == name && known == text)
    });
    Ok(read.await?)
}

async fn publish(
    handle: &Handle,
    store: &MessageStore,
    name: &ApplicationName,
    application: &ApplicationText,
) -> Result<()> {
    let mut files = Vec::new();
    for file in sent_files::read(&application.text, &application.file)? {
        let content = store.put(file.content.into()).await?;
        let media_type = file.media_type.to_owned();
        files.push(SentFile { name: file.name, media_type, content });
    }
    let publish = Publish { name: name.clone(), text: application.text.clone(), files };
    handle.submit(Actor::Engine, Command::Publish(publish)).await?;
    Ok(())
}
