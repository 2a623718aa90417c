//! Applications: each must be able to work with what the configuration has.

use std::collections::BTreeMap;

use application::{Application, Surroundings};
use event::ApplicationName;

use super::Check;
use super::directory::Names;
use crate::config::error::Problem;
use crate::config::{ApplicationText, File};
use crate::sent_files::files_beside;

impl Check<'_> {
    /// Reads the application files and checks them against all that they name.
    pub(super) fn applications(
        &mut self,
        file: &File,
        names: Names,
    ) -> BTreeMap<ApplicationName, ApplicationText> {
        let mut applications = BTreeMap::new();
        for entry in &file.application {
            let (name, path) = (&entry.name.get_ref().0, entry.file.get_ref());
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    self.report(entry.file.span(), "application.file", &message);
                    continue;
                }
            };
            let application = ApplicationText { text, file: path.clone() };
            if applications.insert(name.clone(), application).is_some() {
                let message = format!("there are two applications `{name}`");
                self.report(entry.name.span(), "application.name", &message);
            }
        }
        let known = surroundings(file, names, &applications);
        for entry in &file.application {
            let name = &entry.name.get_ref().0;
            let Some(application) = applications.get(name) else { continue };
            let known = Surroundings {
                name: Some(name.clone()),
                files: Some(files_beside(&application.file)),
                ..known.clone()
            };
            for problem in Application::check(&application.text, &known) {
                if problem.is_error() {
                    let path = application.file.display();
                    let text = format!("{path}:{}: {}", problem.line, problem.sentence());
                    self.problems.push(Problem { at: entry.file.span().start, text });
                }
            }
        }
        applications
    }
}

/// What the applications of a configuration can name.
fn surroundings(
    file: &File,
    names: Names,
    applications: &BTreeMap<ApplicationName, ApplicationText>,
) -> Surroundings {
    let texts = applications.iter().map(|(name, of)| (name.clone(), of.text.clone()));
    let hosts = file.settings.webhook_hosts.iter().map(|host| host.0.0.clone());
    let hosts: Vec<String> = hosts.collect();
    Surroundings {
        name: None,
        applications: Some(texts.collect()),
        queues: Some(names.queues),
        skills: Some(names.skills),
        agents: Some(names.agents),
        schedules: Some(file.schedule.iter().map(|of| of.name.get_ref().0.clone()).collect()),
        mailboxes: Some(file.mailbox.iter().map(|of| of.name.get_ref().0.clone()).collect()),
        webhook_hosts: Some(application::webhook_hosts(&hosts)),
        files: None,
    }
}
