//! Loading the directory and the settings.

use std::collections::{BTreeMap, BTreeSet};

use event::{
    AgentNumber, DirectoryEntry, Fact, Line, Private, PrivateEntry, QueueName, RequeueReason,
    Setting, Timestamp,
};
use projections::{OpenContact, Place, QueueRules, Settings};

use crate::contact_command::requeue_all;
use crate::line_rules::{LineRules, awaited};
use crate::unpark::parked_by;
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
    /// Waiting contacts wait on, by the new rules. Refused where open contacts would come to a queue,
    /// or an agent, that is to go. What else an agent has who is to go returns to the head of its
    /// queue.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        if view.hot.directory.holds(&self.entries, &self.private) {
            return Ok(Decision::unchanged());
        }
        if let Some(rejection) = self.strands(view) {
            return Err(rejection);
        }
        let loaded = NewEvent::with(
            Fact::DirectoryLoaded { entries: self.entries.clone() },
            Private::Directory(self.private.clone()),
        );
        let leaving = view.hot.agents.iter().filter(|(number, _)| !self.has_agent(*number));
        let theirs = leaving
            .flat_map(|(number, agent)| agent.held.iter().copied().chain(parked_by(view, number)));
        let queues = QueueRules::of(&self.entries);
        let rules = LineRules::new(&queues, &view.hot.directory.settings);
        let requeued = requeue_all(view, rules, theirs, RequeueReason::AgentRemoved);
        let waiting = view.hot.contacts.iter();
        let waiting = waiting.filter(|(_, open)| matches!(open.place, Place::Waiting { .. }));
        let awaited = waiting.filter_map(|(contact, _)| awaited(view, rules, contact, now));
        Ok(Decision::record(std::iter::once(loaded).chain(requeued).chain(awaited)))
    }

    /// Why open contacts would be left where nobody looks; `None` where none would.
    fn strands(&self, view: &View<'_>) -> Option<Rejection> {
        let mut missing: BTreeMap<Line, usize> = BTreeMap::new();
        for (_, open) in view.hot.contacts.iter() {
            let lines = lines_of(view, open).into_iter().filter(|line| !self.has_line(line));
            lines.for_each(|line| *missing.entry(line).or_default() += 1);
        }
        let (line, count) = missing.pop_first()?;
        Some(match line {
            Line::Queue(queue) => Rejection::QueueInUse(queue, count),
            Line::Agent(agent) => Rejection::AgentAwaited(agent, count),
        })
    }

    fn has_line(&self, line: &Line) -> bool {
        match line {
            Line::Queue(queue) => self.has_queue(queue),
            Line::Agent(agent) => self.has_agent(*agent),
        }
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

/// The lines a contact is in, goes back to, or may be sent to by its application.
fn lines_of(view: &View<'_>, open: &OpenContact) -> BTreeSet<Line> {
    let home = open.home.clone().map(Line::Queue);
    let line = match &open.place {
        Place::Waiting { line, .. } => Some(line.clone()),
        // Where an agent is to go, it goes back to the queue it was in before.
        Place::Held { line, .. } | Place::Leaving { line, .. } | Place::Parked { line, .. } => {
            home.is_none().then(|| line.clone())
        }
        Place::Application | Place::Forwarded { .. } => None,
    };
    let running =
        open.course.as_ref().and_then(|course| view.applications.get(&course.application));
    let queues = running.into_iter().flat_map(|application| application.queues());
    queues.cloned().map(Line::Queue).chain(home).chain(line).collect()
}

impl LoadSettings {
    /// Contacts that wait for one agent do so as long as the new settings say.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Decision {
        if view.hot.directory.holds_settings(&self.settings) {
            return Decision::unchanged();
        }
        let loaded = Fact::SettingsLoaded { settings: self.settings.clone() }.into();
        let rules = LineRules::new(&view.hot.directory.queues, &Settings::of(&self.settings));
        let waiting =
            view.hot.contacts.iter().filter(|(_, open)| {
                matches!(open.place, Place::Waiting { line: Line::Agent(_), .. })
            });
        let awaited = waiting.filter_map(|(contact, _)| awaited(view, rules, contact, now));
        Decision::record(std::iter::once(loaded).chain(awaited))
    }
}
