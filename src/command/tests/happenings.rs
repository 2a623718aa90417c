//! Anything that may happen to a contact centre, as commands.

use event::{
    Actor, AgentNumber, AgentState, AutomaticKind, ContactId, DirectoryEntry, QueueRule, TeamReason,
};
use projections::{Place, SendState};
use proptest::prelude::*;

use super::world::{SENT, World, agent_address, directory, incoming, reply};
use crate::{
    Accept, AddNote, AddTag, Assign, Command, Decline, Destination, Finding, Fire, LoadDirectory,
    Move, MoveTo, NoteText, Park, Prioritise, Pull, ReceiveMail, RecordSend, Release, SendOutcome,
    SetAgentState, SetDisposition, Start, StartSend, Transfer, Unpark,
};

/// One thing that may happen; the numbers choose among what there is.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Arrival { customer: u8, answers: Option<u8> },
    State { agent: u8, state: u8 },
    Send { outcome: u8 },
    Begin,
    Reply { contact: u8, agent: u8 },
    Release { agent: u8 },
    Transfer { agent: u8, to: u8 },
    Label { agent: u8 },
    Time { seconds: u16 },
    Restart,
    Directory { agents: u8 },
    Agent { agent: u8, what: u8, contact: u8 },
    Supervisor { what: u8, contact: u8, to: u8 },
}

impl Happening {
    /// Who makes it happen.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Agent { agent, .. } => Actor::Agent(number(*agent)),
            Self::Supervisor { .. } => Actor::User("sam".parse().unwrap()),
            _ => Actor::Engine,
        }
    }
}

/// Anything that may happen.
pub(crate) fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (any::<u8>(), any::<Option<u8>>())
            .prop_map(|(customer, answers)| Happening::Arrival { customer, answers }),
        3 => (0..3u8, any::<u8>()).prop_map(|(agent, state)| Happening::State { agent, state }),
        4 => any::<u8>().prop_map(|outcome| Happening::Send { outcome }),
        1 => Just(Happening::Begin),
        3 => (any::<u8>(), 0..3u8).prop_map(|(contact, agent)| Happening::Reply { contact, agent }),
        2 => (0..3u8).prop_map(|agent| Happening::Release { agent }),
        1 => (0..3u8, any::<u8>()).prop_map(|(agent, to)| Happening::Transfer { agent, to }),
        1 => (0..3u8).prop_map(|agent| Happening::Label { agent }),
        2 => any::<u16>().prop_map(|seconds| Happening::Time { seconds }),
        1 => Just(Happening::Restart),
        1 => (1..4u8).prop_map(|agents| Happening::Directory { agents }),
        8 => (0..3u8, any::<u8>(), any::<u8>())
            .prop_map(|(agent, what, contact)| Happening::Agent { agent, what, contact }),
        2 => (any::<u8>(), any::<u8>(), any::<u8>())
            .prop_map(|(what, contact, to)| Happening::Supervisor { what, contact, to }),
    ]
}

fn number(agent: u8) -> AgentNumber {
    AgentNumber(1001 + u32::from(agent))
}

/// Every eighth customer is a robot.
fn arrival(customer: u8, answers: Option<u8>, count: u32) -> ReceiveMail {
    let mut mail = incoming(count, &format!("c{customer}@customer.test"));
    mail.parsed.automatic = (customer % 8 == 7).then_some(AutomaticKind::List);
    mail.parsed.in_reply_to = answers.iter().map(|earlier| format!("{earlier}@test")).collect();
    mail.parsed.cc = vec![format!("c{}@customer.test", customer / 2).parse().unwrap()];
    mail
}

/// What happens as a command; `None` where it cannot happen now.
pub(crate) fn command(world: &World, happening: &Happening, count: u32) -> Option<Command> {
    let hot = world.state.hot();
    let only = |agent: u8| Some(number(agent));
    Some(match happening {
        Happening::Arrival { customer, answers } => {
            let mut mail = arrival(*customer, *answers, count);
            mail.received = world.now;
            // Every other one answers what we sent in a thread that goes on.
            let thread = answers.filter(|answers| answers % 2 == 1).and_then(|answers| {
                let contact = open(world, answers / 2)?;
                Some(hot.contacts.get(contact)?.thread)
            });
            mail.answers = thread;
            Command::ReceiveMail(Box::new(mail))
        }
        Happening::State { agent, state } => {
            let state = match state % 4 {
                0 => AgentState::SignedOut,
                1 => AgentState::NotReady { reason: TeamReason::new("break").ok()? },
                _ => AgentState::Ready,
            };
            Command::SetAgentState(SetAgentState { agent: number(*agent), state })
        }
        Happening::Begin => begin_to_send(world)?,
        Happening::Send { outcome } => outcome_of_sending(world, *outcome)?,
        Happening::Reply { contact, agent } => {
            let contact = open(world, *contact)?;
            if hot.agents.holder(contact) != only(*agent) {
                return None;
            }
            let address = agent_address(number(*agent).0);
            let delivery = world.delivery(contact, number(*agent).0);
            Command::ReceiveReply(Box::new(reply(count, &address, Finding::Delivery(delivery))))
        }
        Happening::Release { agent } => {
            Command::Release(Release { agent: only(*agent), contact: None })
        }
        Happening::Transfer { agent, to } => {
            let to = match to % 3 {
                0 => Destination::Agent(number(to / 3 % 3)),
                1 => Destination::Queue("sales".parse().ok()?),
                _ => Destination::Address("expert@partner.test".parse().ok()?),
            };
            Command::Transfer(Transfer { agent: only(*agent), contact: None, to, note: None })
        }
        Happening::Label { agent } => {
            let code = "solved".parse().ok()?;
            Command::SetDisposition(SetDisposition { agent: only(*agent), contact: None, code })
        }
        Happening::Time { .. } => Command::Fire(Fire { timer: hot.timers.next()?.1 }),
        Happening::Restart => Command::Start(Start { version: "test".to_owned() }),
        Happening::Directory { agents } => {
            let numbers: Vec<u32> = (0..*agents).map(|agent| number(agent).0).collect();
            Command::LoadDirectory(strict(&numbers))
        }
        Happening::Agent { agent, what, contact } => {
            agents_own(world, number(*agent), *what, *contact)?
        }
        Happening::Supervisor { what, contact, to } => {
            supervisors(open(world, *contact)?, *what, *to)?
        }
    })
}

/// One of the open contacts.
fn open(world: &World, contact: u8) -> Option<ContactId> {
    let contacts: Vec<_> = world.state.hot().contacts.iter().map(|(id, _)| id).collect();
    contacts.get(usize::from(contact) % contacts.len().max(1)).copied()
}

/// A directory in which contacts have to be accepted and, in one queue, labelled; one agent may
/// hold two.
pub(crate) fn strict(agents: &[u32]) -> LoadDirectory {
    let mut loaded = directory(agents);
    for entry in &mut loaded.entries {
        if let DirectoryEntry::Agent { number: AgentNumber(1002), capacity, .. } = entry {
            *capacity = 2;
        }
    }
    let rule =
        |queue: &str, rule| DirectoryEntry::QueueRule { queue: queue.parse().unwrap(), rule };
    let codes = vec!["solved".parse().unwrap()];
    loaded.entries.push(rule("support", QueueRule::AcceptWithin { ms: 60_000 }));
    loaded.entries.push(rule("sales", QueueRule::Dispositions { codes, required: true }));
    loaded
}

/// What only agents do.
fn agents_own(world: &World, agent: AgentNumber, what: u8, contact: u8) -> Option<Command> {
    let named = contact.is_multiple_of(2).then(|| open(world, contact / 2)).flatten();
    Some(match what % 9 {
        0 => Command::Accept(Accept { agent, contact: named }),
        1 => Command::Decline(Decline { agent, contact: named, reason: None }),
        2 | 3 => {
            let until = contact.is_multiple_of(3).then(|| world.now.plus_ms(60_000));
            let until_answer = contact % 5 < 2;
            Command::Park(Park { agent, contact: None, until, until_answer })
        }
        4 | 5 => {
            let mut contacts = world.state.hot().contacts.iter();
            let parked = contacts.find(
                |(_, open)| matches!(open.place, Place::Parked { agent: of, .. } if of == agent),
            );
            let contact = parked.map(|(contact, _)| contact).or(named);
            Command::Unpark(Unpark { agent, contact })
        }
        7 => Command::Pull(Pull { agent, contact: open(world, contact)? }),
        6 => {
            let text = NoteText::new("noted").ok()?;
            Command::AddNote(AddNote { agent: Some(agent), contact: named, text })
        }
        _ => {
            let tag = "invoice".parse().ok()?;
            Command::AddTag(AddTag { agent: Some(agent), contact: named, tag })
        }
    })
}

/// What supervisors do.
fn supervisors(contact: ContactId, what: u8, to: u8) -> Option<Command> {
    Some(match what % 5 {
        0 => Command::Move(Move { contact, to: MoveTo::Agent(number(to % 3)) }),
        1 => Command::Move(Move { contact, to: MoveTo::Queue("sales".parse().ok()?) }),
        2 => Command::Prioritise(Prioritise { contact, priority: to % 4 }),
        3 => Command::Assign(Assign { contact, agent: number(to % 3) }),
        _ => Command::Release(Release { agent: None, contact: Some(contact) }),
    })
}

fn begin_to_send(world: &World) -> Option<Command> {
    let outgoing = world.state.hot().outbox.ready().next()?;
    Some(Command::StartSend(StartSend { outgoing, withheld: Vec::new() }))
}

/// What comes of a mail that is being sent; where there is none, one begins to be sent.
fn outcome_of_sending(world: &World, outcome: u8) -> Option<Command> {
    let mut sending = world.state.hot().outbox.iter();
    let started = sending.find(|(_, entry)| entry.state == SendState::Started);
    let Some((outgoing, _)) = started else { return begin_to_send(world) };
    let text = "words".to_owned();
    let outcome = match outcome % 8 {
        0 => SendOutcome::Deferred { code: 450, text },
        1 => SendOutcome::Refused { code: 550, text },
        2 => SendOutcome::Uncertain,
        _ => SENT,
    };
    Some(Command::RecordSend(RecordSend { outgoing, outcome }))
}
