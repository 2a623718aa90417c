//! Agents and what they name: who names something must find it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::Range;

use event::{Address, AgentNumber, DispositionCode, QueueName, SkillName, TeamName};
use toml::Spanned;

use super::{Check, list};
use crate::config::{Checked, File, Levelled};

/// What there is to be named.
pub(super) struct Names {
    pub(super) queues: BTreeSet<QueueName>,
    pub(super) skills: BTreeSet<SkillName>,
    pub(super) teams: BTreeSet<TeamName>,
    pub(super) dispositions: BTreeSet<DispositionCode>,
    pub(super) agents: BTreeSet<AgentNumber>,
}

impl Check<'_> {
    /// What is listed; nothing may be listed twice.
    pub(super) fn names(&mut self, file: &File) -> Names {
        let mut agents = BTreeSet::new();
        for agent in &file.agent {
            if !agents.insert(agent.number()) {
                let message = format!("there are two agents {}", agent.number());
                self.report(agent.number.span(), "agent.number", &message);
            }
        }
        self.unique("schedule.name", file.schedule.iter().map(|schedule| &schedule.name));
        Names {
            queues: self.unique("queue.name", file.queue.iter().map(|queue| &queue.name)),
            skills: self.unique("skill.name", file.skill.iter().map(|skill| &skill.name)),
            teams: self.unique("team.name", file.team.iter().map(|team| &team.name)),
            dispositions: self
                .unique("disposition.code", file.disposition.iter().map(|it| &it.code)),
            agents,
        }
    }

    fn unique<'a, T: Ord + Clone + Display + 'a>(
        &mut self,
        key: &str,
        names: impl Iterator<Item = &'a Spanned<Checked<T>>>,
    ) -> BTreeSet<T> {
        let what = key.split('.').next().unwrap_or_default();
        let mut known = BTreeSet::new();
        for name in names {
            let Checked(text) = name.get_ref();
            if !known.insert(text.clone()) {
                self.report(name.span(), key, &format!("there are two {what}s `{text}`"));
            }
        }
        known
    }

    /// Says so where there is nothing of a name.
    pub(super) fn known<T: Ord + Display>(
        &mut self,
        (span, key): (Range<usize>, &str),
        what: &str,
        name: &T,
        names: &BTreeSet<T>,
    ) {
        if !names.contains(name) {
            let allowed = list(names.iter());
            let message = format!("there is no {what} `{name}`; allowed: {allowed}");
            self.report(span, key, &message);
        }
    }

    pub(super) fn agents(&mut self, file: &File, names: &Names, own: &BTreeSet<Address>) {
        let mut known = BTreeMap::new();
        for agent in &file.agent {
            let address = &agent.address.get_ref().0;
            if let Some(other) = known.insert(address, agent.number()) {
                let message = format!("agent {other} has this address already");
                self.report(agent.address.span(), "agent.address", &message);
            }
            let plain = address.without_detail();
            if own.contains(address) || plain.is_some_and(|plain| own.contains(&plain)) {
                let message =
                    format!("{address} is one of our own mailboxes; an agent needs their own");
                self.report(agent.address.span(), "agent.address", &message);
            }
            if *agent.capacity.get_ref() == 0 {
                self.report(agent.capacity.span(), "agent.capacity", "at least 1 is needed");
            }
            self.levelled("agent.queues", "queue", &agent.queues, &names.queues);
            self.levelled("agent.skills", "skill", &agent.skills, &names.skills);
            if let Some(team) = &agent.team {
                let place = (team.span(), "agent.team");
                self.known(place, "team", &team.get_ref().0, &names.teams);
            }
        }
    }

    /// What an agent serves or can do: each is known, and named once.
    fn levelled<T: Ord + Display>(
        &mut self,
        key: &str,
        what: &str,
        entries: &[Spanned<Levelled<T>>],
        names: &BTreeSet<T>,
    ) {
        let mut seen = BTreeSet::new();
        for entry in entries {
            let name = &entry.get_ref().name;
            self.known((entry.span(), key), what, name, names);
            if !seen.insert(name) {
                self.report(entry.span(), key, &format!("the {what} `{name}` is named twice"));
            }
        }
    }

    pub(super) fn schedules(&mut self, file: &File) {
        for schedule in &file.schedule {
            if let Err(message) = application::check_schedule(&schedule.schedule()) {
                self.report(schedule.name.span(), "schedule", &message);
            }
        }
    }
}
