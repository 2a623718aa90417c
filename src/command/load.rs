//! Loading the directory and the settings.

use event::{
    AgentNumber, DirectoryEntry, Fact, Line, Private, PrivateEntry, RequeueReason, Setting,
    Timestamp,
};
use projections::{Place, QueueRules, Settings};

use crate::contact_command::requeue_all;
use crate::line_rules::{LineRules, awaited};
use crate::load_problem::LoadProblem;
use crate::orphans::orphans;
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
    /// Refused where open contacts would be left where nobody looks.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let problems = self.orphans(view);
        if problems.is_empty() {
            Ok(Decision::record(self.events(view, now)))
        } else {
            Err(Rejection::Load(problems))
        }
    }

    /// Whether it is in force already.
    fn is_in_force(&self, view: &View<'_>) -> bool {
        view.hot.directory.holds(&self.entries, &self.private)
    }

    /// Every reason why open contacts would be left where nobody looks.
    pub(crate) fn orphans(&self, view: &View<'_>) -> Vec<LoadProblem> {
        if self.is_in_force(view) { Vec::new() } else { orphans(view, &self.entries) }
    }

    /// Waiting contacts wait on, by the new rules. What an agent has who is to go returns to the head
    /// of its queue.
    pub(crate) fn events(&self, view: &View<'_>, now: Timestamp) -> Vec<NewEvent> {
        if self.is_in_force(view) {
            return Vec::new();
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
        std::iter::once(loaded).chain(requeued).chain(awaited).collect()
    }

    fn has_agent(&self, agent: AgentNumber) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry, DirectoryEntry::Agent { number, .. } if *number == agent))
    }
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
