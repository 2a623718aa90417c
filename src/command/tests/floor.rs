//! A floor of agents whose contacts enter lines at once, without mail and applications: every
//! assignment on it is compared with what the reference says.

use std::sync::Arc;

use event::{
    Actor, AgentNumber, AgentState, ApplicationRef, Cause, CommandId, ContactId, DirectoryEntry,
    Event, Fact, Fingerprint, Line, Mark, MessageDigest, MessageRef, QueueName, QueueReason,
    QueueRule, SkillNeed, Source, Step, TeamReason, ThreadId, Timestamp,
};
use projections::{Archive, Hot, MemoryShelf};

use super::reference::Reference;
use crate::queueing::{Entry, enqueue};
use crate::routing::assign_to;
use crate::{
    Applications, Command, Envelope, Fire, LoadDirectory, NewEvent, Release, SetAgentState, View,
    decide, follow_up,
};

/// A floor with its log in memory.
pub(crate) struct Floor {
    pub(crate) hot: Hot,
    archive: Archive,
    applications: Applications,
    pub(crate) log: Vec<Event>,
    pub(crate) now: Timestamp,
    /// The threads of all contacts so far.
    pub(crate) threads: Vec<ThreadId>,
    reference: Reference,
}

/// How a contact comes to the floor.
#[derive(Clone, Debug)]
pub(crate) struct Coming {
    pub(crate) line: Line,
    pub(crate) priority: u8,
    pub(crate) skills: Vec<SkillNeed>,
    /// The thread it continues.
    pub(crate) thread: Option<ThreadId>,
}

pub(crate) fn queue(name: &str) -> Line {
    Line::Queue(QueueName::new(name).unwrap())
}

pub(crate) fn need(skill: &str, level: u8) -> SkillNeed {
    SkillNeed { skill: skill.parse().unwrap(), level }
}

/// An agent who serves these queues.
pub(crate) fn agent(number: u32, queues: &[&str]) -> DirectoryEntry {
    let queues = queues.iter().map(|queue| queue.parse().unwrap()).collect();
    DirectoryEntry::Agent { number: AgentNumber(number), queues, capacity: 1 }
}

pub(crate) fn level(number: u32, queue: &str, level: u8) -> DirectoryEntry {
    let (number, queue) = (AgentNumber(number), queue.parse().unwrap());
    DirectoryEntry::AgentLevel { number, queue, level }
}

pub(crate) fn skill(number: u32, skill: &str, level: u8) -> DirectoryEntry {
    let (number, skill) = (AgentNumber(number), skill.parse().unwrap());
    DirectoryEntry::AgentSkill { number, skill, level }
}

pub(crate) const MINUTE: u64 = 60_000;

pub(crate) fn queues(names: &[&str]) -> Vec<DirectoryEntry> {
    names.iter().map(|name| DirectoryEntry::Queue { name: name.parse().unwrap() }).collect()
}

pub(crate) fn rule(queue: &str, rule: QueueRule) -> DirectoryEntry {
    DirectoryEntry::QueueRule { queue: queue.parse().unwrap(), rule }
}

/// A floor with the queues `red` and `blue`.
pub(crate) fn floor(entries: impl IntoIterator<Item = DirectoryEntry>) -> Floor {
    Floor::new(queues(&["red", "blue"]).into_iter().chain(entries).collect())
}

pub(crate) fn holder(floor: &Floor, contact: ContactId) -> Option<u32> {
    floor.hot.agents.holder(contact).map(|number| number.0)
}

pub(crate) fn needing(floor: &mut Floor, skills: &[(&str, u8)]) -> ContactId {
    let skills = skills.iter().map(|(name, level)| need(name, *level)).collect();
    floor.come(Coming { line: queue("red"), priority: 5, skills, thread: None })
}

pub(crate) fn following(floor: &mut Floor, thread: ContactId) -> ContactId {
    let thread = Some(ThreadId(thread));
    floor.come(Coming { line: queue("red"), priority: 5, skills: Vec::new(), thread })
}

pub(crate) fn direct(floor: &mut Floor, agent: u32, priority: u8) -> ContactId {
    let line = Line::Agent(AgentNumber(agent));
    floor.come(Coming { line, priority, skills: Vec::new(), thread: None })
}

impl Floor {
    pub(crate) fn new(directory: Vec<DirectoryEntry>) -> Self {
        let archive = Archive::open(Arc::new(MemoryShelf::default())).unwrap();
        let mut floor = Self {
            hot: Hot::default(),
            archive,
            applications: Applications::default(),
            log: Vec::new(),
            now: Timestamp(1_000_000),
            threads: Vec::new(),
            reference: Reference::default(),
        };
        floor.load(directory);
        floor
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { hot: &self.hot, archive: &self.archive, applications: &self.applications }
    }

    /// The directory is this, beside the mailbox whose mail is on the floor.
    pub(crate) fn load(&mut self, mut entries: Vec<DirectoryEntry>) -> Vec<Fact> {
        let (name, application) = ("floor".parse().unwrap(), "floor".parse().unwrap());
        entries.push(DirectoryEntry::Mailbox { name, application });
        self.give(Command::LoadDirectory(LoadDirectory { entries, private: Vec::new() }))
    }

    pub(crate) fn ready(&mut self, agent: u32) -> Vec<Fact> {
        self.set(agent, AgentState::Ready)
    }

    pub(crate) fn not_ready(&mut self, agent: u32) -> Vec<Fact> {
        self.set(agent, AgentState::NotReady { reason: TeamReason::new("lunch").unwrap() })
    }

    pub(crate) fn set(&mut self, agent: u32, state: AgentState) -> Vec<Fact> {
        self.give(Command::SetAgentState(SetAgentState { agent: AgentNumber(agent), state }))
    }

    pub(crate) fn release(&mut self, agent: u32) -> Vec<Fact> {
        let contact = self.hot.agents.get(AgentNumber(agent)).and_then(|agent| agent.held.first());
        let contact = contact.copied();
        self.give(Command::Release(Release { agent: Some(AgentNumber(agent)), contact }))
    }

    /// A contact begins to wait; its application has ended.
    pub(crate) fn come(&mut self, coming: Coming) -> ContactId {
        let Coming { line, priority, skills, thread } = coming;
        let (contact, step) = self.appear(thread);
        self.record(vec![Fact::StepTaken { contact, step, exit: None }.into()]);
        self.enqueue(contact, line, priority, skills);
        contact
    }

    /// A contact begins to wait, and its application waits for so long meanwhile.
    pub(crate) fn pausing(&mut self, line: Line, ms: u64) -> ContactId {
        let (contact, step) = self.appear(None);
        let (priority, entered, reason) = (5, self.now, QueueReason::Application);
        let entry = Entry { line, priority, entered, reason, skills: Vec::new() };
        let mut events = enqueue(&self.view(), contact, entry, self.now).unwrap();
        let until = self.now.plus_ms(ms);
        events.push(Fact::ApplicationPaused { contact, step, until }.into());
        self.act(events);
        contact
    }

    /// A contact arrives; gives the step at which its application is.
    fn appear(&mut self, thread: Option<ThreadId>) -> (ContactId, Step) {
        let number = u32::try_from(self.threads.len()).unwrap();
        let contact = ContactId::from_digest(&digest(number));
        let thread = thread.unwrap_or(ThreadId(contact));
        self.threads.push(thread);
        let application = ApplicationRef { name: "floor".parse().unwrap(), version: 1 };
        let mark = Mark::Imap { uid_validity: 1, uid: number };
        let arrived = Fact::ContactArrived {
            contact,
            thread,
            source: Source { mailbox: "floor".parse().unwrap(), mark },
            message: MessageRef { digest: MessageDigest(digest(number)), size: 1 },
            fingerprint: Fingerprint([0; 16]),
            application: application.clone(),
            received: self.now,
            repeated_message_id: false,
        };
        self.record(vec![arrived.into()]);
        (contact, Step { application, action: "line up".parse().unwrap(), visit: 1 })
    }

    /// A contact comes without needs to a queue.
    pub(crate) fn arrive(&mut self, line: &str, priority: u8) -> ContactId {
        self.come(Coming { line: queue(line), priority, skills: Vec::new(), thread: None })
    }

    pub(crate) fn enqueue(
        &mut self,
        contact: ContactId,
        line: Line,
        priority: u8,
        skills: Vec<SkillNeed>,
    ) -> Vec<Fact> {
        let (entered, reason) = (self.now, QueueReason::Transfer);
        let entry = Entry { line, priority, entered, reason, skills };
        let events = enqueue(&self.view(), contact, entry, self.now).unwrap();
        self.act(events)
    }

    /// An agent takes a contact themselves.
    pub(crate) fn pull(&mut self, contact: ContactId, agent: u32) -> Vec<Fact> {
        let (agent, choice) = (AgentNumber(agent), event::AgentChoice::Pulled);
        self.act(assign_to(&self.view(), contact, agent, choice, self.now))
    }

    /// Something happened elsewhere.
    pub(crate) fn note(&mut self, facts: impl IntoIterator<Item = Fact>) -> Vec<Fact> {
        self.act(facts.into_iter().map(NewEvent::from).collect())
    }

    /// Time passes, and what is due happens.
    pub(crate) fn pass(&mut self, ms: u64) -> Vec<Fact> {
        let end = self.now.plus_ms(ms);
        let mut facts = Vec::new();
        while let Some((due, timer)) = self.hot.timers.next().filter(|(due, _)| *due <= end) {
            self.now = self.now.max(due);
            facts.extend(self.give(Command::Fire(Fire { timer })));
        }
        self.now = end;
        facts
    }

    /// Carries out a command; a refusal changes nothing.
    pub(crate) fn give(&mut self, command: Command) -> Vec<Fact> {
        let (id, actor) = (CommandId(self.log.len() as u64), Actor::Engine);
        let envelope = Envelope { id, time: self.now, actor, command };
        let events =
            decide(&self.view(), &envelope).map_or_else(|_| Vec::new(), |done| done.events);
        self.act(events)
    }

    /// Records events and all assignments they lead to; gives all facts.
    fn act(&mut self, events: Vec<NewEvent>) -> Vec<Fact> {
        let before = self.log.len();
        self.record(events);
        loop {
            let expected = self.reference.next(&self.hot);
            let led_to = follow_up(&self.view(), self.now).unwrap();
            let explained = led_to.get(1).map(|event| event.fact.clone());
            assert_eq!(explained, expected.map(Fact::from));
            if led_to.is_empty() {
                return self.log[before..].iter().map(|event| event.fact.clone()).collect();
            }
            self.record(led_to);
        }
    }

    fn record(&mut self, events: Vec<NewEvent>) {
        for NewEvent { fact, private } in events {
            let cause = Cause::Command(CommandId(0));
            let event = Event { time: self.now, actor: Actor::Engine, cause, fact, private };
            let at = self.hot.position.next();
            self.hot.apply(at, &event);
            self.archive.apply(at, &event);
            self.reference.apply(&event);
            self.log.push(event);
        }
    }
}

fn digest(number: u32) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&number.wrapping_mul(0x9E37_79B9).to_be_bytes());
    digest[4..8].copy_from_slice(&number.to_be_bytes());
    digest
}
