//! Agents: their state, what they hold, and who of a queue is there and free.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    AgentNumber, AgentState, ContactId, DirectoryEntry, Event, Fact, LEVEL_DEFAULT, QueueName,
    RequeueReason, ServiceFact, SkillName, SkillNeed, Timestamp,
};

use crate::families::{engine, mail_apart, sending};

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Agent {
    /// The state chosen; an agent who holds a contact shows as `email` whatever is chosen.
    pub state: AgentState,
    /// Since when that state is chosen.
    pub since: Timestamp,
    /// Since when the agent has had nothing to do.
    pub idle_since: Timestamp,
    /// The contacts held.
    pub held: BTreeSet<ContactId>,
    /// How many may be held at once.
    pub capacity: u16,
    /// The queues served.
    pub queues: Vec<QueueName>,
    /// How well, from 1 to 10, where it is said; `LEVEL_DEFAULT` elsewhere.
    pub levels: BTreeMap<QueueName, u8>,
    /// What the agent can do, and how well, from 1 to 10.
    pub skills: BTreeMap<SkillName, u8>,
    /// Still in the directory.
    pub listed: bool,
    /// A copy to the agent's mailbox failed since they were last ready.
    pub undelivered: bool,
}

impl Agent {
    /// An agent who was never here.
    fn new(now: Timestamp) -> Self {
        Self {
            state: AgentState::SignedOut,
            since: now,
            idle_since: now,
            held: BTreeSet::new(),
            capacity: 0,
            queues: Vec::new(),
            levels: BTreeMap::new(),
            skills: BTreeMap::new(),
            listed: false,
            undelivered: false,
        }
    }

    /// Whether the agent takes another contact now.
    pub fn is_free(&self) -> bool {
        self.listed && self.state == AgentState::Ready && self.held.len() < self.capacity.into()
    }

    /// Whether the agent is at work.
    pub fn is_signed_in(&self) -> bool {
        self.listed && self.state != AgentState::SignedOut
    }

    /// How well the agent serves a queue, from 1 to 10; 0 where they do not.
    pub fn level(&self, queue: &QueueName) -> u8 {
        if self.queues.contains(queue) {
            self.levels.get(queue).copied().unwrap_or(LEVEL_DEFAULT)
        } else {
            0
        }
    }

    /// Whether the agent serves a queue and has all these skills.
    pub fn serves(&self, queue: &QueueName, needs: &[SkillNeed]) -> bool {
        self.queues.contains(queue) && self.has_skills(needs)
    }

    /// Whether the agent has all these skills, each at its least level.
    pub fn has_skills(&self, needs: &[SkillNeed]) -> bool {
        needs.iter().all(|need| self.skill(&need.skill) >= need.level.max(1))
    }

    /// The sum of the agent's levels in these skills.
    pub fn skill_sum(&self, needs: &[SkillNeed]) -> u32 {
        needs.iter().map(|need| u32::from(self.skill(&need.skill))).sum()
    }

    /// How well the agent can do it; 0 where they cannot.
    fn skill(&self, skill: &SkillName) -> u8 {
        self.skills.get(skill).copied().unwrap_or(0)
    }

    fn enter(&mut self, state: &AgentState, now: Timestamp) {
        if self.state != *state {
            self.since = now;
            self.idle_since = now;
        }
        self.undelivered &= *state != AgentState::Ready;
        self.state = state.clone();
    }

    /// What the index knows of the agent: signed in or not, and idle since when if free.
    fn standing(&self) -> (bool, Option<Timestamp>) {
        (self.is_signed_in(), self.is_free().then_some(self.idle_since))
    }
}

/// Whose readiness an event may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Nobody's.
    Nobody,
    /// An agent's.
    Agent(AgentNumber),
    /// Everybody's, and what they can do.
    Everybody,
}

/// The agents of a queue who are at work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Desk {
    signed_in: usize,
    free: BTreeSet<(Timestamp, AgentNumber)>,
}

/// All agents of the directory, and those who left it while they hold a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Agents {
    agents: BTreeMap<AgentNumber, Agent>,
    holders: BTreeMap<ContactId, AgentNumber>,
    /// The queues for which someone is signed in.
    desks: BTreeMap<QueueName, Desk>,
}

impl Agents {
    /// The agent with this number.
    pub fn get(&self, number: AgentNumber) -> Option<&Agent> {
        self.agents.get(&number)
    }

    /// All agents, by number.
    pub fn iter(&self) -> impl Iterator<Item = (AgentNumber, &Agent)> {
        self.agents.iter().map(|(&number, agent)| (number, agent))
    }

    /// Who holds the contact.
    pub fn holder(&self, contact: ContactId) -> Option<AgentNumber> {
        self.holders.get(&contact).copied()
    }

    /// The free agents of a queue: who has been idle longest comes first, then the lowest number.
    pub fn free(&self, queue: &QueueName) -> impl Iterator<Item = (AgentNumber, &Agent)> {
        let free = self.desks.get(queue).into_iter().flat_map(|desk| &desk.free);
        free.filter_map(|&(_, number)| Some((number, self.agents.get(&number)?)))
    }

    /// How many agents of a queue are free.
    pub fn free_len(&self, queue: &QueueName) -> usize {
        self.desks.get(queue).map_or(0, |desk| desk.free.len())
    }

    /// How many agents of a queue are signed in.
    pub fn signed_in_len(&self, queue: &QueueName) -> usize {
        self.desks.get(queue).map_or(0, |desk| desk.signed_in)
    }

    /// Takes in one event; gives whose readiness it may have changed.
    pub fn apply(&mut self, event: &Event) -> Touched {
        match &event.fact {
            Fact::DirectoryLoaded { entries } => {
                self.load(entries, event.time);
                Touched::Everybody
            }
            Fact::AgentStateChanged { agent, state } => {
                self.change(*agent, |agent| agent.enter(state, event.time))
            }
            Fact::ContactAssigned { contact, agent, .. } => {
                self.holders.insert(*contact, *agent);
                self.change(*agent, |agent| {
                    agent.held.insert(*contact);
                })
            }
            Fact::ContactRequeued {
                contact,
                reason: RequeueReason::DeliveryFailed | RequeueReason::Bounced,
                ..
            } => self.let_go(*contact, event.time, true),
            Fact::ContactReleased { contact, .. }
            | Fact::ContactRequeued {
                contact,
                reason:
                    RequeueReason::SignedOut
                    | RequeueReason::AgentRemoved
                    | RequeueReason::NotAccepted
                    | RequeueReason::Declined,
                ..
            }
            | Fact::ContactTransferred { contact, .. } => self.let_go(*contact, event.time, false),
            Fact::Service(fact) => self.serve(fact, event.time),
            Fact::Step(_)
            | engine!()
            | Fact::SettingsLoaded { .. }
            | Fact::ApplicationPublished { .. }
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | mail_apart!()
            | Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
            | Fact::ContactRestarted { .. }
            | Fact::ContactQueued { .. }
            | sending!()
            | Fact::ContactDelivered { .. }
            | Fact::ReplyReceived { .. }
            | Fact::ReplyRefused { .. }
            | Fact::ReplyRelayed { .. }
            | Fact::ReplyCopyRequested { .. }
            | Fact::ReplyCopied { .. }
            | Fact::NoteReceived { .. }
            | Fact::NoteSent { .. }
            | Fact::ReplyScreened { .. }
            | Fact::SenderChecked { .. }
            | Fact::AutomaticMailRecognised { .. }
            | Fact::AutomaticReplyRequested { .. }
            | Fact::AutomaticReplyWithheld { .. }
            | Fact::AutomaticReplySent { .. }
            | Fact::EncryptionFound { .. }
            | Fact::AttachmentsWithheld { .. }
            | Fact::DeliveryReported { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::ReducedCopyRequested { .. }
            | Fact::DispositionSet { .. }
            | Fact::TimerFired { .. } => Touched::Nobody,
        }
    }

    fn serve(&mut self, fact: &ServiceFact, now: Timestamp) -> Touched {
        match fact {
            ServiceFact::ContactParked(parked) => self.let_go(parked.contact, now, false),
            ServiceFact::ContactTagged(_)
            | ServiceFact::ContactNoted(_)
            | ServiceFact::SkillsRequired(_)
            | ServiceFact::AgentPreferred(_)
            | ServiceFact::RuleAwaited(_)
            | ServiceFact::PriorityChanged(_)
            | ServiceFact::AssignmentExplained(_)
            | ServiceFact::AcceptanceAwaited(_)
            | ServiceFact::ContactAccepted(_)
            | ServiceFact::ContactUnparked(_) => Touched::Nobody,
        }
    }

    fn load(&mut self, entries: &[DirectoryEntry], now: Timestamp) {
        for agent in self.agents.values_mut() {
            agent.listed = false;
            agent.levels.clear();
            agent.skills.clear();
        }
        for entry in entries {
            self.list(entry, now);
        }
        self.agents.retain(|_, agent| agent.listed || !agent.held.is_empty());
        self.desks.clear();
        for (&number, agent) in &self.agents {
            place(&mut self.desks, number, agent, (false, None));
        }
    }

    fn list(&mut self, entry: &DirectoryEntry, now: Timestamp) {
        match entry {
            DirectoryEntry::Agent { number, queues, capacity } => {
                let agent = self.known(*number, now);
                agent.listed = true;
                agent.capacity = *capacity;
                let mut seen = BTreeSet::new();
                agent.queues = queues.iter().filter(|queue| seen.insert(*queue)).cloned().collect();
            }
            DirectoryEntry::AgentLevel { number, queue, level } => {
                self.known(*number, now).levels.insert(queue.clone(), *level);
            }
            DirectoryEntry::AgentSkill { number, skill, level } => {
                self.known(*number, now).skills.insert(skill.clone(), *level);
            }
            DirectoryEntry::Queue { .. }
            | DirectoryEntry::Mailbox { .. }
            | DirectoryEntry::Internal { .. }
            | DirectoryEntry::QueueRule { .. }
            | DirectoryEntry::Skill { .. }
            | DirectoryEntry::Team { .. }
            | DirectoryEntry::AgentTeam { .. }
            | DirectoryEntry::Disposition { .. }
            | DirectoryEntry::Schedule(_) => {}
        }
    }

    /// An agent, known from now on.
    fn known(&mut self, number: AgentNumber, now: Timestamp) -> &mut Agent {
        self.agents.entry(number).or_insert_with(|| Agent::new(now))
    }

    fn let_go(&mut self, contact: ContactId, now: Timestamp, undelivered: bool) -> Touched {
        let Some(holder) = self.holders.remove(&contact) else { return Touched::Nobody };
        let touched = self.change(holder, |agent| {
            agent.held.remove(&contact);
            agent.idle_since = now;
            agent.undelivered |= undelivered;
        });
        // Nobody needs an agent any more who left the directory and holds nothing.
        if self.agents.get(&holder).is_some_and(|agent| !agent.listed && agent.held.is_empty()) {
            self.agents.remove(&holder);
        }
        touched
    }

    /// Changes an agent and keeps the desks true.
    fn change(&mut self, number: AgentNumber, change: impl FnOnce(&mut Agent)) -> Touched {
        let Some(agent) = self.agents.get_mut(&number) else { return Touched::Nobody };
        let before = agent.standing();
        change(agent);
        place(&mut self.desks, number, agent, before);
        Touched::Agent(number)
    }
}

/// Has the desks of an agent's queues know how the agent stands, who stood as `before`.
fn place(
    desks: &mut BTreeMap<QueueName, Desk>,
    number: AgentNumber,
    agent: &Agent,
    before: (bool, Option<Timestamp>),
) {
    let after = agent.standing();
    if before == after {
        return;
    }
    for queue in &agent.queues {
        let desk = desks.entry(queue.clone()).or_default();
        if let Some(idle_since) = before.1 {
            desk.free.remove(&(idle_since, number));
        }
        if let Some(idle_since) = after.1 {
            desk.free.insert((idle_since, number));
        }
        desk.signed_in += usize::from(after.0);
        desk.signed_in = desk.signed_in.saturating_sub(before.0.into());
        if desk.signed_in == 0 {
            desks.remove(queue);
        }
    }
}
