//! The names that an application may use, as the directory has them.

use application::Surroundings;
use event::ApplicationName;
use projections::Directory;

/// The names there are where an application runs. Nothing is known before a directory was loaded,
/// and no name is refused then.
pub fn surroundings(directory: &Directory, name: &ApplicationName) -> Surroundings {
    let (entries, _) = directory.entries();
    if entries.is_empty() {
        return Surroundings { name: Some(name.clone()), ..Surroundings::default() };
    }
    let public = directory.mailboxes.iter().filter(|(_, entry)| entry.application.is_some());
    let others = directory.newest_versions().filter(|(other, _)| other.name != *name);
    let applications = others.map(|(other, text)| (other.name, text.to_owned())).collect();
    Surroundings {
        name: Some(name.clone()),
        applications: Some(applications),
        queues: Some(directory.queues.keys().cloned().collect()),
        skills: Some(directory.skills.clone()),
        agents: Some(directory.agents.keys().copied().collect()),
        schedules: Some(directory.schedules.keys().cloned().collect()),
        mailboxes: Some(public.map(|(mailbox, _)| mailbox.clone()).collect()),
        webhook_hosts: Some(application::webhook_hosts(&directory.settings.webhook_hosts)),
        files: None,
    }
}
