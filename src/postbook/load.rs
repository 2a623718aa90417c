//! Brings the log up to date with the configuration.

use anyhow::Result;
use command::{Command, Publish};
use engine::Handle;
use event::Actor;

use crate::config::Config;
use crate::directory::{directory, settings};

/// Brings directory, settings and applications in the log up to date with the configuration.
pub(crate) async fn load(handle: &Handle, config: &Config) -> Result<()> {
    for (name, text) in &config.applications {
        let publish = Publish { name: name.clone(), text: text.clone() };
        handle.submit(Actor::Engine, Command::Publish(publish)).await?;
    }
    let load = Command::LoadDirectory(directory(&config.file));
    handle.submit(Actor::Engine, load).await?;
    let load = Command::LoadSettings(settings(&config.file.settings));
    handle.submit(Actor::Engine, load).await?;
    Ok(())
}
