//! Agents: their state, what they hold, and who is free for which line.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    AgentNumber, AgentState, ContactId, DirectoryEntry, Event, Fact, Line, QueueName,
    RequeueReason, ServiceFact, Timestamp,
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
    /// Still in the directory.
    pub listed: bool,
    /// A copy to the agent's mailbox failed since they were last ready.
    pub undelivered: bool,
}

impl Agent {
    /// Whether the agent takes another contact now.
    pub fn is_free(&self) -> bool {
        self.listed && self.state == AgentState::Ready && self.held.len() < self.capacity.into()
    }

    fn enter(&mut self, state: &AgentState, now: Timestamp) {
        if self.state != *state {
            self.since = now;
            self.idle_since = now;
        }
        self.undelivered &= *state != AgentState::Ready;
        self.state = state.clone();
    }
}

/// All agents of the directory, and those who left it while they hold a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Agents {
    agents: BTreeMap<AgentNumber, Agent>,
    holders: BTreeMap<ContactId, AgentNumber>,
    free: BTreeMap<Line, BTreeSet<(Timestamp, AgentNumber)>>,
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

    /// The lines that some free agent serves.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.free.keys()
    }

    /// Whether nobody is free.
    pub fn none_free(&self) -> bool {
        self.free.is_empty()
    }

    /// The free agent of a line who has been idle longest.
    pub fn longest_idle(&self, line: &Line) -> Option<AgentNumber> {
        self.free.get(line)?.first().map(|&(_, number)| number)
    }

    /// How many agents of a line are free.
    pub fn free_len(&self, line: &Line) -> usize {
        self.free.get(line).map_or(0, BTreeSet::len)
    }

    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::DirectoryLoaded { entries } => self.load(entries, event.time),
            Fact::AgentStateChanged { agent, state } => {
                self.change(*agent, |agent| agent.enter(state, event.time));
            }
            Fact::ContactAssigned { contact, agent, .. } => {
                self.holders.insert(*contact, *agent);
                self.change(*agent, |agent| {
                    agent.held.insert(*contact);
                });
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
            | Fact::TimerFired { .. } => {}
        }
    }

    fn serve(&mut self, fact: &ServiceFact, now: Timestamp) {
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
            | ServiceFact::ContactUnparked(_) => {}
        }
    }

    fn load(&mut self, entries: &[DirectoryEntry], now: Timestamp) {
        let numbers: Vec<_> = self.agents.keys().copied().collect();
        for number in numbers {
            self.change(number, |agent| agent.listed = false);
        }
        for entry in entries {
            if let DirectoryEntry::Agent { number, queues, capacity } = entry {
                self.agents.entry(*number).or_insert_with(|| Agent {
                    state: AgentState::SignedOut,
                    since: now,
                    idle_since: now,
                    held: BTreeSet::new(),
                    capacity: *capacity,
                    queues: Vec::new(),
                    listed: false,
                    undelivered: false,
                });
                self.change(*number, |agent| {
                    agent.listed = true;
                    agent.capacity = *capacity;
                    agent.queues.clone_from(queues);
                });
            }
        }
        let numbers: Vec<_> = self.agents.keys().copied().collect();
        for number in numbers {
            self.forget(number);
        }
    }

    fn let_go(&mut self, contact: ContactId, now: Timestamp, undelivered: bool) {
        if let Some(holder) = self.holders.remove(&contact) {
            self.change(holder, |agent| {
                agent.held.remove(&contact);
                agent.idle_since = now;
                agent.undelivered |= undelivered;
            });
            self.forget(holder);
        }
    }

    /// Changes an agent and keeps the index of free agents true.
    fn change(&mut self, number: AgentNumber, change: impl FnOnce(&mut Agent)) {
        let Some(agent) = self.agents.get_mut(&number) else {
            return;
        };
        if agent.is_free() {
            for line in lines(number, agent) {
                if let Some(free) = self.free.get_mut(&line) {
                    free.remove(&(agent.idle_since, number));
                    if free.is_empty() {
                        self.free.remove(&line);
                    }
                }
            }
        }
        change(agent);
        if agent.is_free() {
            for line in lines(number, agent) {
                self.free.entry(line).or_default().insert((agent.idle_since, number));
            }
        }
    }

    /// Drops an agent who left the directory and holds nothing any more.
    fn forget(&mut self, number: AgentNumber) {
        if self.agents.get(&number).is_some_and(|agent| !agent.listed && agent.held.is_empty()) {
            self.agents.remove(&number);
        }
    }
}

fn lines(number: AgentNumber, agent: &Agent) -> impl Iterator<Item = Line> {
    std::iter::once(Line::Agent(number)).chain(agent.queues.iter().cloned().map(Line::Queue))
}
