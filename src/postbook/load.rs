//! What the configuration says about the directory, the settings and the applications, as commands.

use anyhow::Result;
use command::{Command, LoadDirectory, LoadSettings, Publish};
use engine::Handle;
use event::{Actor, Address, DirectoryEntry, PrivateEntry, Setting};

use crate::config::{Config, Settings};

/// Brings directory, settings and applications in the log up to date with the configuration.
pub(crate) async fn load(handle: &Handle, config: &Config) -> Result<()> {
    for (name, text) in &config.applications {
        let publish = Publish { name: name.clone(), text: text.clone() };
        handle.submit(Actor::Engine, Command::Publish(publish)).await?;
    }
    let load = Command::LoadDirectory(directory(config));
    handle.submit(Actor::Engine, load).await?;
    let load = Command::LoadSettings(settings(&config.file.settings));
    handle.submit(Actor::Engine, load).await?;
    Ok(())
}

fn settings(settings: &Settings) -> LoadSettings {
    let settings = vec![
        Setting::RestartHeldContacts(settings.restart_held_contacts.setting()),
        Setting::ReleaseOnReply(settings.release_on_reply),
        Setting::AgentCopyFrom(settings.agent_copy_from.setting()),
        Setting::KeepInternalCc(settings.keep_internal_cc),
        Setting::KeepExternalCc(settings.keep_external_cc),
        Setting::Quotes(settings.quotes.setting()),
        Setting::SignedReplies(settings.signed_replies.setting()),
        Setting::AutomaticRepliesPerAddressDay(settings.automatic_replies_per_address_day),
        Setting::AutomaticRepliesPerDomainHour(settings.automatic_replies_per_domain_hour),
        Setting::AutomaticRepliesPerHour(settings.automatic_replies_per_hour),
        Setting::WithheldAttachments(endings(&settings.withheld_attachments)),
    ];
    LoadSettings { settings }
}

/// Endings of file names as they are compared: `.EXE` is `exe`.
fn endings(given: &[String]) -> Vec<String> {
    given.iter().map(|ending| ending.trim().trim_start_matches('.').to_lowercase()).collect()
}

fn directory(config: &Config) -> LoadDirectory {
    let file = &config.file;
    let (mut entries, mut private) = (Vec::new(), Vec::new());
    for queue in &file.queue {
        entries.push(DirectoryEntry::Queue { name: queue.name.get_ref().0.clone() });
    }
    for agent in &file.agent {
        let number = agent.number();
        let queues = agent.queues.iter().map(|queue| queue.get_ref().0.clone()).collect();
        entries.push(DirectoryEntry::Agent { number, queues, capacity: *agent.capacity.get_ref() });
        let address = agent.address.get_ref().0.clone();
        private.push(PrivateEntry::Agent { number, name: agent.name.clone(), address });
    }
    for mailbox in &file.mailbox {
        let name = mailbox.name.get_ref().0.clone();
        let application = mailbox.application.get_ref().0.clone();
        entries.push(DirectoryEntry::Mailbox { name: name.clone(), application });
        let addresses: Vec<Address> =
            mailbox.addresses.iter().map(|address| address.get_ref().0.clone()).collect();
        let display_name = mailbox.display_name.clone();
        private.push(PrivateEntry::Mailbox { name, display_name, addresses });
    }
    let name = file.internal.name.get_ref().0.clone();
    entries.push(DirectoryEntry::Internal { name: name.clone() });
    let addresses = vec![file.internal.address.get_ref().0.clone()];
    private.push(PrivateEntry::Mailbox { name, display_name: None, addresses });
    LoadDirectory { entries, private }
}
