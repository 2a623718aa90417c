//! What the parts of a configuration must say about each other.

mod directory;
mod mailboxes;
mod outgoing;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use event::{ApplicationName, QueueName};

use super::File;
use super::error::{ConfigError, problem};

pub(crate) use outgoing::read_key;

/// Checks names against each other and reads the applications; tells every problem at once.
pub(crate) fn check(
    path: &Path,
    text: &str,
    file: &File,
) -> Result<BTreeMap<ApplicationName, String>, ConfigError> {
    let mut check = Check { path, text, problems: Vec::new() };
    let queues = check.queues(file);
    check.mailboxes(file);
    check.outgoing(file);
    let own = check.addresses(file);
    check.agents(file, &queues, &own);
    let applications = check.applications(file, &queues);
    for mailbox in &file.mailbox {
        let application = &mailbox.application;
        if !file.application.iter().any(|known| known.name.get_ref().0 == application.get_ref().0) {
            let names = list(file.application.iter().map(|known| known.name.get_ref().0.as_str()));
            let message =
                format!("there is no application `{}`; allowed: {names}", application.get_ref().0);
            check.report(application.span(), "mailbox.application", &message);
        }
    }
    ConfigError::of(check.problems).map_or(Ok(applications), Err)
}

struct Check<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<String>,
}

impl Check<'_> {
    fn report(&mut self, span: Range<usize>, key: &str, message: &str) {
        self.problems.push(problem(self.path, self.text, Some(span), Some(key), message));
    }

    fn unknown_queue(
        &mut self,
        span: Range<usize>,
        key: &str,
        queue: &QueueName,
        queues: &BTreeSet<QueueName>,
    ) {
        let names = list(queues.iter().map(QueueName::as_str));
        self.report(span, key, &format!("there is no queue `{queue}`; allowed: {names}"));
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") }
}
