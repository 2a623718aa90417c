//! Which contact goes to which agent, found by looking at everything: the log, not the indexes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use event::{
    AgentChoice, AgentNumber, AgentState, AssignmentExplained, ContactId, DirectoryEntry, Event,
    Fact, LEVEL_DEFAULT, LEVEL_MAX, Line, NextAgent, QueueName, QueueRule, ServiceFact, SkillNeed,
    Timer, Timestamp,
};
use projections::{Agent, Hot};

/// A waiting contact, by the log.
struct Waiting {
    line: Line,
    priority: u8,
    /// False where it is back at the head.
    behind_head: bool,
    entered: Timestamp,
    place: usize,
    preferred: Option<AgentNumber>,
}

/// The contacts that wait and the directory, by the log alone.
#[derive(Default)]
pub(crate) struct Reference {
    waiting: BTreeMap<ContactId, Waiting>,
    needs: BTreeMap<ContactId, Vec<SkillNeed>>,
    directory: Vec<DirectoryEntry>,
    /// How many events there were.
    length: usize,
}

impl Reference {
    /// The assignment that must come next; what agents do is in the views.
    pub(crate) fn next(&self, hot: &Hot) -> Option<AssignmentExplained> {
        let possible = self.waiting.iter().filter_map(|(contact, wait)| {
            let needs = self.needs.get(contact).map_or(&[][..], |needs| needs);
            let takers = self.takers(hot, wait, needs);
            let (agent, choice) = takers.first().copied()?;
            let line = &wait.line;
            let others = self.waiting.values().filter(|other| other.line == *line).count() - 1;
            let explained = AssignmentExplained {
                contact: *contact,
                agent,
                choice,
                waiting: u32::try_from(others).unwrap(),
                free: u32::try_from(takers.len()).unwrap(),
                level: self.level(agent, line),
                priority: wait.priority,
            };
            let urgency = (Reverse(wait.priority), wait.behind_head, wait.entered);
            Some(((urgency, Reverse(explained.level), wait.place), explained))
        });
        possible.min_by_key(|(rank, _)| *rank).map(|(_, explained)| explained)
    }

    /// Takes in one event.
    pub(crate) fn apply(&mut self, event: &Event) {
        self.length += 1;
        let place = self.length;
        match &event.fact {
            Fact::ContactQueued { contact, line, priority, entered, .. }
            | Fact::ContactRequeued { contact, line, priority, entered, .. } => {
                let (line, priority, entered) = (line.clone(), *priority, *entered);
                let behind_head = matches!(event.fact, Fact::ContactQueued { .. });
                let preferred = None;
                let wait = Waiting { line, priority, behind_head, entered, place, preferred };
                self.waiting.insert(*contact, wait);
            }
            Fact::ContactAssigned { contact, .. } | Fact::ContactReleased { contact, .. } => {
                self.waiting.remove(contact);
            }
            Fact::Service(ServiceFact::SkillsRequired(required)) => {
                self.needs.insert(required.contact, required.skills.clone());
            }
            Fact::Service(ServiceFact::AgentPreferred(preferred)) => {
                let wait = self.waiting.get_mut(&preferred.contact).unwrap();
                wait.preferred = Some(preferred.agent);
            }
            Fact::Service(ServiceFact::PriorityChanged(changed)) => {
                self.waiting.get_mut(&changed.contact).unwrap().priority = changed.priority;
            }
            Fact::TimerFired { timer: Timer::PreferenceOver(contact) } => {
                self.waiting.get_mut(contact).unwrap().preferred = None;
            }
            Fact::AgentStateChanged { agent, state: AgentState::SignedOut } => {
                self.forget(|preferred| preferred == *agent);
            }
            Fact::DirectoryLoaded { entries } => {
                self.directory.clone_from(entries);
                let is = |entry: &DirectoryEntry, preferred| matches!(entry, DirectoryEntry::Agent { number, .. } if *number == preferred);
                self.forget(|preferred| !entries.iter().any(|entry| is(entry, preferred)));
            }
            _ => {}
        }
    }

    fn forget(&mut self, whom: impl Fn(AgentNumber) -> bool) {
        for wait in self.waiting.values_mut() {
            wait.preferred = wait.preferred.filter(|preferred| !whom(*preferred));
        }
    }

    /// Who could take a contact, the one who gets it first, with the reason.
    fn takers(
        &self,
        hot: &Hot,
        place: &Waiting,
        needs: &[SkillNeed],
    ) -> Vec<(AgentNumber, AgentChoice)> {
        let agents: Vec<(AgentNumber, &Agent)> = hot.agents.iter().collect();
        let is_free = |agent: &Agent| {
            agent.listed
                && agent.state == AgentState::Ready
                && agent.held.len() < usize::from(agent.capacity)
        };
        let only = |choice, number| {
            let free = agents.iter().filter(|(of, agent)| *of == number && is_free(agent));
            free.map(|(number, _)| (*number, choice)).collect()
        };
        let queue = match &place.line {
            Line::Agent(number) => return only(AgentChoice::Direct, *number),
            Line::Queue(queue) => queue,
        };
        if let Some(number) = place.preferred {
            let agent = hot.agents.get(number).unwrap();
            if agent.state != AgentState::SignedOut && self.serves(number, queue, needs) {
                return only(AgentChoice::LastAgent, number);
            }
        }
        let mut takers: Vec<_> = agents
            .iter()
            .filter(|(number, agent)| is_free(agent) && self.serves(*number, queue, needs))
            .collect();
        let next = self.next_agent(queue);
        takers.sort_by_key(|(number, agent)| match &next {
            NextAgent::LongestIdle => (vec![], agent.idle_since, *number),
            NextAgent::HuntOrder(order) => {
                let place = order.iter().position(|of| of == number).unwrap_or(usize::MAX);
                (vec![place], Timestamp(0), *number)
            }
            NextAgent::BestSkill => {
                let sum: usize =
                    needs.iter().map(|need| usize::from(self.skill(*number, need))).sum();
                let level = usize::from(self.level(*number, &place.line));
                (vec![1_000 - level, 1_000 - sum], agent.idle_since, *number)
            }
        });
        let choice = match next {
            NextAgent::LongestIdle => AgentChoice::LongestIdle,
            NextAgent::HuntOrder(_) => AgentChoice::HuntOrder,
            NextAgent::BestSkill => AgentChoice::BestSkill,
        };
        takers.into_iter().map(|(number, _)| (*number, choice)).collect()
    }

    fn serves(&self, number: AgentNumber, queue: &QueueName, needs: &[SkillNeed]) -> bool {
        self.level(number, &Line::Queue(queue.clone())) > 0
            && needs.iter().all(|need| self.skill(number, need) >= need.level)
    }

    fn skill(&self, number: AgentNumber, need: &SkillNeed) -> u8 {
        let found = self.directory.iter().find_map(|entry| match entry {
            DirectoryEntry::AgentSkill { number: of, skill, level }
                if *of == number && *skill == need.skill =>
            {
                Some(*level)
            }
            _ => None,
        });
        found.unwrap_or(0)
    }

    fn level(&self, number: AgentNumber, line: &Line) -> u8 {
        let queue = match line {
            Line::Agent(_) => return LEVEL_MAX,
            Line::Queue(queue) => queue,
        };
        let mut level = 0;
        for entry in &self.directory {
            match entry {
                DirectoryEntry::Agent { number: of, queues, .. }
                    if *of == number && queues.contains(queue) =>
                {
                    level = LEVEL_DEFAULT;
                }
                DirectoryEntry::AgentLevel { number: of, queue: at, level: said }
                    if *of == number && at == queue && level > 0 =>
                {
                    level = *said;
                }
                _ => {}
            }
        }
        level
    }

    fn next_agent(&self, queue: &QueueName) -> NextAgent {
        let found = self.directory.iter().find_map(|entry| match entry {
            DirectoryEntry::QueueRule { queue: of, rule: QueueRule::NextAgent(next) }
                if of == queue =>
            {
                Some(next.clone())
            }
            _ => None,
        });
        found.unwrap_or_default()
    }
}
