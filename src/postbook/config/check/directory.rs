//! Queues, agents and applications: who names what must find it.

use std::collections::{BTreeMap, BTreeSet};

use event::{Address, ApplicationName, QueueName};

use super::Check;
use crate::config::File;

impl Check<'_> {
    pub(super) fn queues(&mut self, file: &File) -> BTreeSet<QueueName> {
        let mut queues = BTreeSet::new();
        for queue in &file.queue {
            let name = &queue.name.get_ref().0;
            if !queues.insert(name.clone()) {
                self.report(
                    queue.name.span(),
                    "queue.name",
                    &format!("there are two queues `{name}`"),
                );
            }
        }
        queues
    }

    pub(super) fn agents(
        &mut self,
        file: &File,
        queues: &BTreeSet<QueueName>,
        own: &BTreeSet<Address>,
    ) {
        let mut numbers = BTreeSet::new();
        for agent in &file.agent {
            if !numbers.insert(agent.number()) {
                let message = format!("there are two agents {}", agent.number());
                self.report(agent.number.span(), "agent.number", &message);
            }
            let address = &agent.address.get_ref().0;
            let plain = address.without_detail();
            if own.contains(address) || plain.is_some_and(|plain| own.contains(&plain)) {
                let message =
                    format!("{address} is one of our own mailboxes; an agent needs their own");
                self.report(agent.address.span(), "agent.address", &message);
            }
            if *agent.capacity.get_ref() == 0 {
                self.report(agent.capacity.span(), "agent.capacity", "at least 1 is needed");
            }
            for queue in &agent.queues {
                if !queues.contains(&queue.get_ref().0) {
                    self.unknown_queue(queue.span(), "agent.queues", &queue.get_ref().0, queues);
                }
            }
        }
    }

    pub(super) fn applications(
        &mut self,
        file: &File,
        queues: &BTreeSet<QueueName>,
    ) -> BTreeMap<ApplicationName, String> {
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
            match command::Application::parse(&text) {
                Ok(application) => {
                    for queue in application.queues() {
                        if !queues.contains(queue) {
                            let key = format!("application {name}");
                            self.unknown_queue(entry.file.span(), &key, queue, queues);
                        }
                    }
                }
                Err(error) => self.problems.extend(error.problems.iter().map(|problem| {
                    format!("{}:{}: {}", path.display(), problem.line, problem.message)
                })),
            }
            if applications.insert(name.clone(), text).is_some() {
                let message = format!("there are two applications `{name}`");
                self.report(entry.name.span(), "application.name", &message);
            }
        }
        applications
    }
}
