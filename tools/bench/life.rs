//! Plausible events of contact lives, always the same ones, for every benchmark.

use std::collections::VecDeque;

use anyhow::Result;
use event::{
    Actor, Address, AgentNumber, AgentState, ApplicationRef, Cause, CommandId, ContactId,
    DirectoryEntry, DispositionCode, Event, ExitName, Fact, Fingerprint, Handler, Line,
    MailDetails, MailboxName, Mark, MessageDigest, MessageRef, OutgoingId, Person, Position,
    Private, PrivateEntry, QueueName, QueueReason, ReleaseReason, Source, Step, ThreadId,
    Timestamp,
};

/// Events from position 1 on, without end or until so many contacts have ended.
///
/// Fifty agents work at once, so that lives interleave. Two contacts of five end in their
/// application (3 events), three are answered (11 events): 7.8 events a contact. Every fourth
/// contact continues the thread of an earlier one.
pub(crate) struct Lives {
    names: Names,
    /// The position of the last event given.
    position: Position,
    time: Timestamp,
    /// Events that begin the log.
    opening: VecDeque<(Fact, Option<Private>)>,
    /// Agents who sign out at the end.
    closing: VecDeque<AgentNumber>,
    /// One place an agent: the contact the agent has or will have.
    places: Vec<Option<Life>>,
    turn: usize,
    /// How many contacts have begun, and how many begin at most.
    begun: u64,
    begun_max: u64,
    /// How many contacts wait at the end.
    waiting_max: u64,
}

struct Names {
    mailbox: MailboxName,
    internal: MailboxName,
    queues: [QueueName; 3],
    application: ApplicationRef,
    steps: [Step; 3],
    exits: [ExitName; 2],
    codes: [DispositionCode; 3],
    agents: Vec<Address>,
}

struct Life {
    number: u64,
    /// It ends in its application.
    automatic: bool,
    contact: ContactId,
    thread: ThreadId,
    arrival: Position,
    copy: OutgoingId,
    reply: OutgoingId,
    stage: usize,
}

const AGENTS: u32 = 50;
const AGENT_FIRST: u32 = 1001;
const STAGES: usize = 13;
/// The stage at which a contact waits for an agent.
const WAITING: usize = 5;
/// What the steps of the lives belong to.
const APPLICATION: &str = r#"start = "arrival"

[action.arrival]
do = "wait for e-mail"
exit.mail = "line up"

[action."line up"]
do = "queue"
queue = "billing"
exit.queued = "finish"

[action.finish]
do = "end"
"#;

impl Lives {
    /// Lives without end.
    pub(crate) fn new() -> Result<Self> {
        Self::ending(u64::MAX, 0)
    }

    /// Ends when `released` contacts have ended and `waiting` more wait in their queues.
    pub(crate) fn ending(released: u64, waiting: u64) -> Result<Self> {
        let names = Names::new()?;
        let opening = names.opening()?;
        Ok(Self {
            names,
            position: Position(0),
            time: Timestamp(1_767_225_600_000),
            opening,
            closing: (AGENT_FIRST..AGENT_FIRST + AGENTS).map(AgentNumber).collect(),
            places: (0..AGENTS).map(|_| None).collect(),
            turn: 0,
            begun: 0,
            begun_max: released,
            waiting_max: waiting,
        })
    }

    /// The next contact, where one more is to begin.
    fn begin(&mut self) -> Option<Life> {
        if self.begun >= self.begun_max.saturating_add(self.waiting_max) {
            return None;
        }
        let number = self.begun;
        self.begun += 1;
        let contact = ContactId::from_digest(&digest(number));
        let thread = if number % 4 == 3 { number - 3 } else { number };
        let nothing = OutgoingId(Position(0));
        Some(Life {
            number,
            automatic: number % 10 < 5 && number < self.begun_max,
            contact,
            thread: ThreadId(ContactId::from_digest(&digest(thread))),
            arrival: Position(0),
            copy: nothing,
            reply: nothing,
            stage: 0,
        })
    }

    fn give(&mut self, actor: Actor, fact: Fact, private: Option<Private>) -> Event {
        let cause = match actor {
            Actor::Engine => Cause::Event(self.position),
            _ => Cause::Command(CommandId(mixed(self.position.0))),
        };
        self.position = self.position.next();
        self.time = self.time.plus_ms(mixed(self.position.0) % 400);
        Event { time: self.time, actor, cause, fact, private }
    }
}

impl Iterator for Lives {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some((fact, private)) = self.opening.pop_front() {
            return Some(self.give(Actor::Engine, fact, private));
        }
        for _ in 0..self.places.len() {
            self.turn = (self.turn + 1) % self.places.len();
            let mut place = self.places.get_mut(self.turn)?.take();
            if place.is_none() {
                place = self.begin();
            }
            let Some(mut life) = place else { continue };
            let agent = AgentNumber(AGENT_FIRST + self.turn as u32);
            let at = self.position.next();
            let (actor, fact, private) = self.names.step(&mut life, agent, at, self.time);
            let waits = life.number >= self.begun_max && life.stage == WAITING;
            let goes_on = life.stage < STAGES && !waits;
            if let Some(place) = self.places.get_mut(self.turn) {
                *place = goes_on.then_some(life);
            }
            return Some(self.give(actor, fact, private));
        }
        // Nobody is left ready beside contacts that wait, as no engine would leave it.
        let (agent, state) = (self.closing.pop_front()?, AgentState::SignedOut);
        Some(self.give(Actor::Engine, Fact::AgentStateChanged { agent, state }, None))
    }
}

impl Names {
    fn new() -> Result<Self> {
        let application = ApplicationRef { name: "support".parse()?, version: 1 };
        let step = |action: &str| -> Result<Step> {
            Ok(Step { application: application.clone(), action: action.parse()?, visit: 1 })
        };
        Ok(Self {
            mailbox: "support".parse()?,
            internal: "internal".parse()?,
            queues: ["billing".parse()?, "technical".parse()?, "orders".parse()?],
            steps: [step("arrival")?, step("line up")?, step("finish")?],
            exits: ["mail".parse()?, "queued".parse()?],
            application,
            codes: ["solved".parse()?, "forwarded".parse()?, "no answer needed".parse()?],
            agents: (0..AGENTS)
                .map(|index| Address::new(&format!("agent{index}@desk.example")))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The directory, and every agent ready.
    fn opening(&self) -> Result<VecDeque<(Fact, Option<Private>)>> {
        let numbers = (AGENT_FIRST..).map(AgentNumber).take(self.agents.len());
        let mut entries: Vec<DirectoryEntry> =
            self.queues.iter().map(|name| DirectoryEntry::Queue { name: name.clone() }).collect();
        entries.extend(numbers.clone().map(|number| DirectoryEntry::Agent {
            number,
            queues: self.queues.to_vec(),
            capacity: 1,
        }));
        entries.push(DirectoryEntry::Mailbox {
            name: self.mailbox.clone(),
            application: self.application.name.clone(),
        });
        entries.push(DirectoryEntry::Internal { name: self.internal.clone() });
        let mut people: Vec<PrivateEntry> = numbers
            .clone()
            .zip(&self.agents)
            .map(|(number, address)| PrivateEntry::Agent {
                number,
                name: format!("Agent {number}"),
                address: address.clone(),
            })
            .collect();
        for name in [&self.mailbox, &self.internal] {
            people.push(PrivateEntry::Mailbox {
                name: name.clone(),
                display_name: None,
                addresses: vec![Address::new(&format!("{name}@desk.example"))?],
            });
        }
        let application = self.application.clone();
        let mut opening = VecDeque::from([
            (Fact::EngineStarted { version: "0.1.0".to_owned(), previous: None }, None),
            (Fact::DirectoryLoaded { entries }, Some(Private::Directory(people))),
            (Fact::ApplicationPublished { application, text: APPLICATION.to_owned() }, None),
        ]);
        opening.extend(
            numbers
                .map(|agent| (Fact::AgentStateChanged { agent, state: AgentState::Ready }, None)),
        );
        Ok(opening)
    }

    /// The next event of a life, which will have position `at`; moves the life on.
    fn step(
        &self,
        life: &mut Life,
        agent: AgentNumber,
        at: Position,
        now: Timestamp,
    ) -> (Actor, Fact, Option<Private>) {
        let stage = life.stage;
        life.stage += 1;
        let contact = life.contact;
        match stage {
            0 => {
                life.arrival = at;
                self.arrival(life, now)
            }
            1 => self.taken(life, 0),
            2 if life.automatic => self.taken(life, 2),
            3 if life.automatic => {
                life.stage = STAGES;
                let reason = ReleaseReason::ApplicationEnded;
                (Actor::Engine, Fact::ContactReleased { contact, agent: None, reason }, None)
            }
            2 => self.queued(life, now),
            3 => self.taken(life, 1),
            4 => self.taken(life, 2),
            WAITING => {
                life.copy = OutgoingId(at);
                self.assigned(life, agent)
            }
            8 => {
                life.reply = OutgoingId(at);
                self.reply(life, agent, now)
            }
            6..11 => sending(life, stage, agent),
            11 => {
                let code = pick(&self.codes, life.number);
                (Actor::Agent(agent), Fact::DispositionSet { contact, code }, None)
            }
            _ => {
                let reason = ReleaseReason::Agent;
                let fact = Fact::ContactReleased { contact, agent: Some(agent), reason };
                (Actor::Agent(agent), fact, None)
            }
        }
    }

    fn arrival(&self, life: &Life, now: Timestamp) -> (Actor, Fact, Option<Private>) {
        let number = life.number;
        let fact = Fact::ContactArrived {
            contact: life.contact,
            thread: life.thread,
            source: self.source(&self.mailbox, number),
            message: message(number),
            fingerprint: Fingerprint(u128::from(mixed(number)).to_be_bytes()),
            application: self.application.clone(),
            received: now,
            repeated_message_id: false,
        };
        let address = customer(number);
        (Actor::Mailbox(self.mailbox.clone()), fact, Some(header(number, address, now)))
    }

    /// A step of the application; it ends with the last one.
    fn taken(&self, life: &Life, step: usize) -> (Actor, Fact, Option<Private>) {
        let [arrival, line_up, finish] = &self.steps;
        let taken = match step {
            0 => arrival,
            1 => line_up,
            _ => finish,
        };
        let exit = self.exits.get(step).cloned();
        let fact = Fact::StepTaken { contact: life.contact, step: taken.clone(), exit };
        (Actor::Engine, fact, None)
    }

    fn queued(&self, life: &Life, now: Timestamp) -> (Actor, Fact, Option<Private>) {
        let fact = Fact::ContactQueued {
            contact: life.contact,
            line: Line::Queue(pick(&self.queues, life.number)),
            priority: 5,
            entered: now,
            reason: QueueReason::Application,
        };
        (Actor::Engine, fact, None)
    }

    fn assigned(&self, life: &Life, agent: AgentNumber) -> (Actor, Fact, Option<Private>) {
        let fact = Fact::ContactAssigned {
            contact: life.contact,
            thread: life.thread,
            line: Line::Queue(pick(&self.queues, life.number)),
            agent,
            arrival: life.arrival,
            waited_ms: mixed(life.number) % 600_000,
            idle_ms: mixed(life.number) % 60_000,
        };
        (Actor::Engine, fact, self.address(agent).map(Private::Address))
    }

    fn reply(
        &self,
        life: &Life,
        agent: AgentNumber,
        now: Timestamp,
    ) -> (Actor, Fact, Option<Private>) {
        let fact = Fact::ReplyReceived {
            contact: life.contact,
            thread: life.thread,
            handler: Handler::Agent(agent),
            arrival: life.arrival,
            delivery: life.copy,
            source: self.source(&self.internal, life.number),
            message: message(!life.number),
            late: None,
        };
        let private = header(!life.number, self.address(agent), now);
        (Actor::Mailbox(self.internal.clone()), fact, Some(private))
    }

    fn source(&self, mailbox: &MailboxName, number: u64) -> Source {
        let mark = Mark::Imap { uid_validity: 1_700_000_000, uid: number as u32 };
        Source { mailbox: mailbox.clone(), mark }
    }

    fn address(&self, agent: AgentNumber) -> Option<Address> {
        self.agents.get((agent.0 - AGENT_FIRST) as usize).cloned()
    }
}

/// What the sending gateway says of the copy to the agent and of the reply to the customer.
fn sending(life: &Life, stage: usize, agent: AgentNumber) -> (Actor, Fact, Option<Private>) {
    let (contact, handler) = (life.contact, Handler::Agent(agent));
    let fact = match stage {
        6 => Fact::SendStarted { outgoing: life.copy, contact, attempt: 1 },
        7 => Fact::ContactDelivered { contact, handler, outgoing: life.copy },
        9 => Fact::SendStarted { outgoing: life.reply, contact, attempt: 1 },
        _ => {
            let message = message(life.number.rotate_left(7));
            Fact::ReplyRelayed { contact, outgoing: life.reply, handler, message }
        }
    };
    (Actor::Sender, fact, None)
}

fn header(number: u64, from: Option<Address>, now: Timestamp) -> Private {
    let subject = match number % 3 {
        0 => "Question about my invoice",
        1 => "Re: The printer does not print since the update",
        _ => "Order arrived damaged",
    };
    Private::Mail(Box::new(MailDetails {
        from: from.clone().map(|address| Person { name: Some("Jo Doe".to_owned()), address }),
        answer_to: from,
        subject: subject.to_owned(),
        message_id: Some(format!("{:016x}@mail.customer.example", mixed(number))),
        date: Some(now),
        others: Vec::new(),
        attachments: Vec::new(),
    }))
}

fn customer(number: u64) -> Option<Address> {
    Address::new(&format!("customer{}@customer.example", number % 200_000)).ok()
}

fn message(number: u64) -> MessageRef {
    MessageRef { digest: MessageDigest(digest(number)), size: 2_000 + mixed(number) % 20_000 }
}

/// 32 bytes, others for each number.
pub(crate) fn digest(number: u64) -> [u8; 32] {
    let mut digest = [0; 32];
    for (place, block) in digest.chunks_exact_mut(8).enumerate() {
        block.copy_from_slice(&mixed(number ^ ((place as u64) << 56)).to_be_bytes());
    }
    digest
}

/// The output function of SplitMix64: spreads `number` over all 64 bits.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn pick<T: Clone>(choices: &[T; 3], number: u64) -> T {
    let [first, second, third] = choices;
    match number % 3 {
        0 => first,
        1 => second,
        _ => third,
    }
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_end_when_told_and_names_are_never_used_twice() {
        let events: Vec<Event> = Lives::ending(1_000, 100).unwrap().collect();
        let mut arrived = std::collections::BTreeSet::new();
        let (mut queued, mut assigned, mut released) = (0, 0, 0);
        for event in &events {
            match &event.fact {
                Fact::ContactArrived { contact, .. } => assert!(arrived.insert(*contact)),
                Fact::ContactQueued { .. } => queued += 1,
                Fact::ContactAssigned { .. } => assigned += 1,
                Fact::ContactReleased { .. } => released += 1,
                _ => {}
            }
        }
        assert_eq!((arrived.len(), released), (1_100, 1_000));
        assert_eq!((queued, assigned), (500 + 100, 500));
        let per_contact = events.len() as f64 / 1_100.0;
        assert!((7.0..9.0).contains(&per_contact), "{per_contact} events a contact");
    }

    #[test]
    fn an_outgoing_mail_is_named_by_the_position_that_asked_for_it() {
        let events: Vec<Event> = Lives::new().unwrap().take(5_000).collect();
        let mut started = 0;
        for event in &events {
            let Fact::SendStarted { outgoing, contact, .. } = &event.fact else { continue };
            started += 1;
            let asked = &events[outgoing.0.0 as usize - 1].fact;
            assert_eq!(asked.contact(), Some(*contact));
            assert!(matches!(asked, Fact::ContactAssigned { .. } | Fact::ReplyReceived { .. }));
        }
        assert!(started > 500);
    }
}
