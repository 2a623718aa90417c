//! Given facts, when a command, then facts.

use std::sync::Arc;

use event::{
    Actor, Address, AgentNumber, AgentState, Cause, CommandId, ContactForwarded, ContactId,
    DeliveryOutcome, DirectoryEntry, Event, Fact, MailboxName, Mark, MessageDigest, MessageRef,
    Person, Position, PrivateEntry, Setting, Source, StepFact, TeamReason, Timestamp,
};
use mail::Parsed;
use projections::{Archive, Hot, MemoryShelf, Place, What};

use crate::{
    Answer, CarryError, Command, Delivery, Envelope, Finding, LoadDirectory, LoadSettings, Publish,
    ReceiveMail, ReceiveReply, ReceiveReport, RecordSend, Rejection, Screening, SendOutcome,
    SentMail, SentWhat, SetAgentState, Start, StartSend, State,
};

/// A contact centre with its log in memory.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) log: Vec<Event>,
    pub(crate) now: Timestamp,
}

pub(crate) const APPLICATION: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
exit.mail = "line up"
[action."line up"]
do = "queue"
queue = "support"
exit.queued = "finish"
[action.finish]
do = "end"
"#;

/// Waits a minute before it queues.
pub(crate) const SLOW_APPLICATION: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
exit.mail = "pause"
[action.pause]
do = "wait"
seconds = 60
exit.over = "line up"
[action."line up"]
do = "queue"
queue = "support"
exit.queued = "finish"
[action.finish]
do = "end"
"#;

impl World {
    /// One queue, one mailbox, agents 1001 to 1003, all signed out.
    pub(crate) fn new() -> Self {
        Self::with(APPLICATION, Vec::new())
    }

    pub(crate) fn with(application: &str, settings: Vec<Setting>) -> Self {
        let archive = Archive::open(Arc::new(MemoryShelf::default())).unwrap();
        let state = State::new(Hot::default(), archive).unwrap();
        let mut world = Self { state, log: Vec::new(), now: Timestamp(1_000_000) };
        let name = "support".parse().unwrap();
        world.give(Command::Publish(Publish {
            name,
            text: application.to_owned(),
            files: Vec::new(),
        }));
        world.give(Command::LoadDirectory(directory(&[1001, 1002, 1003])));
        world.give(Command::LoadSettings(LoadSettings { settings }));
        world
    }

    /// Carries out a command that must not be refused; gives the facts it led to.
    pub(crate) fn give(&mut self, command: Command) -> Vec<Fact> {
        self.try_give(Actor::Engine, command).unwrap().0
    }

    pub(crate) fn try_give(
        &mut self,
        actor: Actor,
        command: Command,
    ) -> Result<(Vec<Fact>, Answer), Rejection> {
        self.now = self.now.plus_ms(1000);
        let id = CommandId(self.log.len() as u64);
        let envelope = Envelope { id, time: self.now, actor, command };
        match self.state.carry_out(&envelope) {
            Ok(carried) => {
                self.log.extend(carried.events.clone());
                let facts = carried.events.into_iter().map(|event| event.fact).collect();
                Ok((facts, carried.answer))
            }
            Err(CarryError::Rejected(rejection)) => Err(rejection),
            Err(CarryError::Broken(reason)) => panic!("{reason}"),
        }
    }

    /// Carries out what an agent does.
    pub(crate) fn act(&mut self, agent: u32, command: Command) -> Result<Vec<Fact>, Rejection> {
        Ok(self.try_give(Actor::Agent(AgentNumber(agent)), command)?.0)
    }

    /// Carries out what a supervisor does.
    pub(crate) fn supervise(&mut self, command: Command) -> Result<Vec<Fact>, Rejection> {
        Ok(self.try_give(Actor::User("sam".parse().unwrap()), command)?.0)
    }

    /// The engine records a fact of its own accord.
    pub(crate) fn happen(&mut self, fact: impl Into<Fact>) {
        let (actor, cause) = (Actor::Engine, Cause::Event(self.state.hot().position));
        self.log.push(Event { time: self.now, actor, cause, fact: fact.into(), private: None });
        let mut hot = Hot::default();
        let mut archive = Archive::open(Arc::new(MemoryShelf::default())).unwrap();
        for (event, at) in self.log.iter().zip(1..) {
            hot.apply(Position(at), event);
            archive.apply(Position(at), event);
        }
        self.state = State::new(hot, archive).unwrap();
    }

    /// Where an open contact is.
    pub(crate) fn place(&self, contact: ContactId) -> Place {
        self.state.hot().contacts.get(contact).unwrap().place.clone()
    }

    /// Who holds a contact.
    pub(crate) fn holder(&self, contact: ContactId) -> Option<u32> {
        self.state.hot().agents.holder(contact).map(|agent| agent.0)
    }

    /// A mail arrives from `from`; gives its contact.
    pub(crate) fn arrive(&mut self, number: u32, from: &str) -> ContactId {
        self.arrive_with(number, from, |_| {})
    }

    pub(crate) fn arrive_with(
        &mut self,
        number: u32,
        from: &str,
        change: impl FnOnce(&mut ReceiveMail),
    ) -> ContactId {
        let mut mail = incoming(number, from);
        mail.received = self.now;
        change(&mut mail);
        let command = Command::ReceiveMail(Box::new(mail));
        match self.try_give(Actor::Engine, command).unwrap() {
            (_, Answer::Contact(contact)) => contact,
            (facts, answer) => panic!("{answer:?} {facts:?}"),
        }
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

    /// Sends everything that is ready, with the same outcome.
    pub(crate) fn send_all(&mut self, outcome: &SendOutcome) -> Vec<Fact> {
        let ready: Vec<_> = self.state.hot().outbox.ready().collect();
        let mut facts = Vec::new();
        for outgoing in ready {
            facts.extend(
                self.give(Command::StartSend(StartSend { outgoing, withheld: Vec::new() })),
            );
            let outcome = outcome.clone();
            facts.extend(self.give(Command::RecordSend(RecordSend { outgoing, outcome })));
        }
        facts
    }

    /// The newest delivery of a contact to an agent, as the gateway finds it in the log.
    pub(crate) fn delivery(&self, contact: ContactId, agent: u32) -> Delivery {
        let found = (1u64..).zip(&self.log).filter_map(|(at, event)| match &event.fact {
            Fact::ContactAssigned { contact: of, thread, arrival, agent: to, .. }
                if *of == contact && *to == AgentNumber(agent) =>
            {
                Some(Delivery {
                    outgoing: event::OutgoingId(event::Position(at)),
                    contact,
                    thread: *thread,
                    arrival: *arrival,
                    handler: event::Handler::Agent(*to),
                    address: Address::new(&agent_address(agent)).ok(),
                    customer: Address::new("jo@customer.test").ok(),
                    external: event.mail().map(|_| Vec::new()).unwrap_or_default(),
                })
            }
            _ => None,
        });
        found.last().unwrap()
    }

    /// An agent answers a delivery.
    pub(crate) fn answer(&mut self, number: u32, contact: ContactId, agent: u32) -> Vec<Fact> {
        let delivery = self.delivery(contact, agent);
        let reply = reply(number, &agent_address(agent), Finding::Delivery(delivery));
        self.give(Command::ReceiveReply(Box::new(reply)))
    }

    /// Whom the outbox's notices go to; each tells of an event that says something.
    pub(crate) fn notices(&self) -> Vec<String> {
        let addressed = self.state.hot().outbox.iter().filter_map(|(_, entry)| match &entry.what {
            What::Notice { to, about } => {
                let place = usize::try_from(about.0 - 1).unwrap();
                let to = to.as_ref().unwrap();
                mail::notice(to, &self.log[place], "topic", None).unwrap();
                Some(to.to_string())
            }
            _ => None,
        });
        addressed.collect()
    }

    /// A mail system reports on an outgoing mail, in report number `number`.
    pub(crate) fn report(
        &mut self,
        number: u32,
        outgoing: event::OutgoingId,
        outcome: DeliveryOutcome,
    ) -> Vec<Fact> {
        self.report_status(number, outgoing, outcome, "5.1.1")
    }

    /// The same, with a status code.
    pub(crate) fn report_status(
        &mut self,
        number: u32,
        outgoing: event::OutgoingId,
        outcome: DeliveryOutcome,
        status: &str,
    ) -> Vec<Fact> {
        let place = usize::try_from(outgoing.0.0 - 1).unwrap();
        let (contact, thread, arrival, what) = match &self.log[place].fact {
            Fact::ContactAssigned { contact, thread, arrival, agent, .. } => {
                (contact, thread, arrival, SentWhat::Copy(*agent))
            }
            Fact::ReducedCopyRequested {
                contact,
                thread,
                arrival,
                handler: event::Handler::Agent(agent),
                ..
            } => (contact, thread, arrival, SentWhat::ReducedCopy(*agent)),
            Fact::ReplyReceived { contact, thread, arrival, handler, .. } => {
                (contact, thread, arrival, SentWhat::Answer(Some(*handler)))
            }
            Fact::Step(StepFact::ContactForwarded(forwarded)) => {
                let ContactForwarded { contact, thread, arrival, step } = forwarded;
                (contact, thread, arrival, SentWhat::Forwarded(step.clone()))
            }
            other => panic!("{other:?}"),
        };
        let (contact, thread, arrival) = (*contact, *thread, *arrival);
        let report = ReceiveReport {
            source: source("internal", number),
            message: message(number),
            parsed: parsed(number, "mailer-daemon@mx.test"),
            sent: SentMail { outgoing, contact, thread, arrival, what },
            outcome,
            status: Some(status.to_owned()),
        };
        self.give(Command::ReceiveReport(Box::new(report)))
    }

    /// The names of the facts, for short comparisons.
    pub(crate) fn names(facts: &[Fact]) -> Vec<&'static str> {
        facts.iter().map(Fact::name).collect()
    }
}

pub(crate) const SENT: SendOutcome =
    SendOutcome::Sent { message: MessageRef { digest: MessageDigest([3; 32]), size: 1 } };

pub(crate) fn agent_address(agent: u32) -> String {
    format!("a{agent}@desk.test")
}

pub(crate) fn directory(agents: &[u32]) -> LoadDirectory {
    let mailbox = |name: &str, address: &str| PrivateEntry::Mailbox {
        name: name.parse().unwrap(),
        display_name: None,
        addresses: vec![address.parse().unwrap()],
    };
    let mut entries = vec![
        DirectoryEntry::Queue { name: "support".parse().unwrap() },
        DirectoryEntry::Queue { name: "sales".parse().unwrap() },
        DirectoryEntry::Mailbox {
            name: "support".parse().unwrap(),
            application: "support".parse().unwrap(),
        },
        DirectoryEntry::Mailbox {
            name: "sales".parse().unwrap(),
            application: "support".parse().unwrap(),
        },
        DirectoryEntry::Internal { name: "internal".parse().unwrap() },
    ];
    let mut private =
        vec![mailbox("support", "support@desk.test"), mailbox("internal", "internal@desk.test")];
    for &number in agents {
        entries.push(DirectoryEntry::Agent {
            number: AgentNumber(number),
            queues: vec!["support".parse().unwrap(), "sales".parse().unwrap()],
            capacity: 1,
        });
        private.push(PrivateEntry::Agent {
            number: AgentNumber(number),
            name: format!("Agent {number}"),
            address: agent_address(number).parse().unwrap(),
        });
    }
    LoadDirectory { entries, private }
}

fn source(mailbox: &str, uid: u32) -> Source {
    let mailbox: MailboxName = mailbox.parse().unwrap();
    Source { mailbox, mark: Mark::Imap { uid_validity: 1, uid } }
}

fn parsed(number: u32, from: &str) -> Parsed {
    Parsed {
        from: Some(Person { name: None, address: from.parse().unwrap() }),
        subject: format!("mail {number}"),
        message_id: Some(format!("{number}@test")),
        ..Parsed::default()
    }
}

fn message(number: u32) -> MessageRef {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    MessageRef { digest: MessageDigest(digest), size: 1000 }
}

/// Mail number `number`, which has that UID.
pub(crate) fn incoming(number: u32, from: &str) -> ReceiveMail {
    let mut digest = [1; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    // Spread over the leading bits, as a real digest is.
    digest[4..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9).to_be_bytes());
    ReceiveMail {
        source: source("support", number),
        message: message(number),
        received: Timestamp(0),
        digest,
        parsed: parsed(number, from),
        answers: None,
        sender: mail::SenderCheck::default(),
    }
}

pub(crate) fn reply(number: u32, from: &str, finding: Finding) -> ReceiveReply {
    ReceiveReply {
        source: source("internal", number),
        message: message(number),
        parsed: parsed(number, from),
        finding,
        screening: Screening::default(),
    }
}

pub(crate) fn start() -> Command {
    Command::Start(Start { version: "test".to_owned() })
}

pub(crate) fn refused(code: u16) -> SendOutcome {
    SendOutcome::Refused { code, text: "no".to_owned() }
}
