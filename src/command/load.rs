//! Loading the directory and the settings.

use event::{
    AgentNumber, DirectoryEntry, Fact, Line, Private, PrivateEntry, QueueName, RequeueReason,
    Setting,
};

use crate::contact_command::requeue_all;
use crate::{Decision, NewEvent, Rejection, View};

/// The directory is as given; what is not in it is gone.
#[derive(Clone, Debug)]
pub struct LoadDirectory {
    /// Queues, agents, mailboxes.
    pub entries: Vec<DirectoryEntry>,
    /// Their names and addresses.
    pub private: Vec<PrivateEntry>,
}

/// The settings are as given; what is not in them has its default.
#[derive(Clone, Debug)]
pub struct LoadSettings {
    /// The settings.
    pub settings: Vec<Setting>,
}

impl LoadDirectory {
    /// Refused where contacts wait in a queue that is to go. What an agent who is to go holds
    /// returns to the head of its queue.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        if view.hot.directory.holds(&self.entries, &self.private) {
            return Ok(Decision::unchanged());
        }
        for line in view.hot.queues.lines() {
            if let Line::Queue(queue) = line
                && !self.has_queue(queue)
            {
                return Err(Rejection::QueueInUse(queue.clone(), view.hot.queues.len(line)));
            }
        }
        let loaded = NewEvent::with(
            Fact::DirectoryLoaded { entries: self.entries.clone() },
            Private::Directory(self.private.clone()),
        );
        let leaving = view.hot.agents.iter().filter(|(number, _)| !self.has_agent(*number));
        let held = leaving.flat_map(|(_, agent)| agent.held.iter());
        let requeued = requeue_all(view, held, RequeueReason::AgentRemoved);
        Ok(Decision::record(std::iter::once(loaded).chain(requeued)))
    }

    fn has_queue(&self, queue: &QueueName) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry, DirectoryEntry::Queue { name } if name == queue))
    }

    fn has_agent(&self, agent: AgentNumber) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry, DirectoryEntry::Agent { number, .. } if *number == agent))
    }
}

impl LoadSettings {
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        if view.hot.directory.holds_settings(&self.settings) {
            return Decision::unchanged();
        }
        Decision::record([Fact::SettingsLoaded { settings: self.settings.clone() }])
    }
}
