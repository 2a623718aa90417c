//! What the parts of a configuration must say about each other.

mod applications;
mod directory;
mod mailboxes;
mod outgoing;
mod queues;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use event::ApplicationName;

use super::error::{ConfigError, Problem};
use super::{ApplicationText, File, Sources};

pub(crate) use outgoing::read_key;

/// Checks names against each other and reads the applications; tells every problem at once.
pub(crate) fn check(
    sources: &Sources,
    file: &File,
) -> Result<BTreeMap<ApplicationName, ApplicationText>, ConfigError> {
    let mut check = Check { sources, problems: Vec::new() };
    let names = check.names(file);
    check.mailboxes(file);
    check.outgoing(file);
    let own = check.addresses(file);
    check.agents(file, &names, &own);
    check.queues(file, &names);
    check.schedules(file);
    let applications = check.applications(file, names);
    for mailbox in &file.mailbox {
        let application = &mailbox.application;
        if !file.application.iter().any(|known| known.name.get_ref().0 == application.get_ref().0) {
            let names = list(file.application.iter().map(|known| known.name.get_ref().0.as_str()));
            let message =
                format!("there is no application `{}`; allowed: {names}", application.get_ref().0);
            check.report(application.span(), "mailbox.application", &message);
        }
    }
    ConfigError::unless_none(check.problems)?;
    Ok(applications)
}

struct Check<'a> {
    sources: &'a Sources,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn report(&mut self, span: Range<usize>, key: &str, message: &str) {
        self.problems.push(self.sources.problem(span, key, message));
    }
}

fn list(names: impl Iterator<Item = impl Display>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") }
}
