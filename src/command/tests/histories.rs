//! Random valid histories: folded at once, from a snapshot in the middle, and after a restart,
//! they give the same state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use event::{
    Actor, AgentNumber, AgentState, AutomaticKind, ContactId, DirectoryEntry, Event, Line,
    Position, QueueRule, Setting, TeamReason, Timer,
};
use projections::{Archive, Hot, MemoryShelf, Place};
use proptest::collection::vec;
use proptest::prelude::*;

use super::automatic_replies::APPLICATION;
use super::world::{SENT, World, agent_address, directory, incoming, reply};
use crate::{
    Accept, AddNote, AddTag, Command, Decline, Destination, Finding, Fire, LoadDirectory, Move,
    MoveTo, NoteText, Park, Prioritise, ReceiveMail, RecordSend, Release, SendOutcome,
    SetAgentState, SetDisposition, Start, StartSend, Transfer, Unpark,
};

/// One thing that may happen; the numbers choose among what there is.
#[derive(Clone, Debug)]
enum Happening {
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

fn happening() -> impl Strategy<Value = Happening> {
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
        4 => (0..3u8, any::<u8>(), any::<u8>())
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
fn command(world: &World, happening: &Happening, count: u32) -> Option<Command> {
    let hot = world.state.hot();
    let only = |agent: u8| Some(number(agent));
    Some(match happening {
        Happening::Arrival { customer, answers } => {
            let mut mail = arrival(*customer, *answers, count);
            mail.received = world.now;
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
        Happening::Begin => {
            let outgoing = hot.outbox.ready().next()?;
            Command::StartSend(StartSend { outgoing, withheld: Vec::new() })
        }
        Happening::Send { outcome } => {
            let mut started = hot.outbox.iter();
            let started = started
                .find(|(_, entry)| entry.state == projections::SendState::Started)
                .map(|(id, _)| id);
            let Some(outgoing) = started else {
                return command(world, &Happening::Begin, count);
            };
            let text = "words".to_owned();
            let outcome = match outcome % 8 {
                0 => SendOutcome::Deferred { code: 450, text },
                1 => SendOutcome::Refused { code: 550, text },
                2 => SendOutcome::Uncertain,
                _ => SENT,
            };
            Command::RecordSend(RecordSend { outgoing, outcome })
        }
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

/// A directory in which contacts have to be accepted and, in one queue, labelled.
fn strict(agents: &[u32]) -> LoadDirectory {
    let mut loaded = directory(agents);
    let rule =
        |queue: &str, rule| DirectoryEntry::QueueRule { queue: queue.parse().unwrap(), rule };
    let codes = vec!["solved".parse().unwrap()];
    loaded.entries.push(rule("support", QueueRule::AcceptWithin { ms: 60_000 }));
    loaded.entries.push(rule("sales", QueueRule::Dispositions { codes, required: true }));
    loaded
}

/// What only agents do.
fn agents_own(world: &World, agent: AgentNumber, what: u8, contact: u8) -> Option<Command> {
    let named = (contact % 2 == 0).then(|| open(world, contact / 2)).flatten();
    Some(match what % 8 {
        0 => Command::Accept(Accept { agent, contact: named }),
        1 => Command::Decline(Decline { agent, contact: named, reason: None }),
        2 | 3 => {
            let until = (contact % 3 == 0).then(|| world.now.plus_ms(60_000));
            let until_answer = contact % 5 < 2;
            Command::Park(Park { agent, contact: None, until, until_answer })
        }
        4 | 5 => Command::Unpark(Unpark { agent, contact: named }),
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
    Some(match what % 4 {
        0 => Command::Move(Move { contact, to: MoveTo::Agent(number(to % 3)) }),
        1 => Command::Move(Move { contact, to: MoveTo::Queue("sales".parse().ok()?) }),
        2 => Command::Prioritise(Prioritise { contact, priority: to % 4 }),
        _ => Command::Release(Release { agent: None, contact: Some(contact) }),
    })
}

fn play(happenings: &[Happening], settings: Vec<Setting>) -> World {
    let mut world = World::with(APPLICATION, settings);
    world.give(Command::LoadDirectory(strict(&[1001, 1002, 1003])));
    for (happening, count) in happenings.iter().zip(1..) {
        if let Happening::Time { seconds } = happening {
            world.now = world.now.plus_ms(u64::from(*seconds) * 1000);
        }
        if let Some(command) = command(&world, happening, count) {
            // A refusal changes nothing, which the comparison below would notice.
            let _ = world.try_give(Actor::Engine, command);
        }
        check(&world);
    }
    world
}

/// What must hold at any time.
fn check(world: &World) {
    let hot = world.state.hot();
    for (number, agent) in hot.agents.iter() {
        assert!(agent.held.len() <= usize::from(agent.capacity), "{number} is above capacity");
    }
    for line in hot.queues.lines() {
        let is_known = match line {
            Line::Queue(queue) => hot.directory.queues.contains_key(queue),
            Line::Agent(agent) => hot.directory.agents.contains_key(agent),
        };
        assert!(is_known, "nobody looks into {line}");
    }
    assert_eq!(hot.matching.next().next(), None, "someone is free and someone waits");
    assert_eq!(hot.contacts.running(), None, "an application stands still");
    check_places(hot);
    let count = |name: &str| world.log.iter().filter(|event| event.fact.name() == name).count();
    assert_eq!(count("ContactArrived") - count("ContactReleased"), hot.contacts.len());
}

/// Every open contact is in exactly one place, and all views agree which that is.
fn check_places(hot: &Hot) {
    let waiting: BTreeMap<ContactId, Line> = hot
        .queues
        .lines()
        .flat_map(|line| hot.queues.waiting(line).map(|waiting| (waiting.contact, line.clone())))
        .collect();
    let held: BTreeSet<ContactId> =
        hot.agents.iter().flat_map(|(_, agent)| agent.held.iter().copied()).collect();
    let (mut in_lines, mut with_agents) = (0, 0);
    for (contact, open) in hot.contacts.iter() {
        let (mut line, mut holder) = (None, None);
        let mut parked = None;
        match &open.place {
            Place::Waiting { line: of, .. } => line = Some(of),
            Place::Held { agent, .. } => holder = Some(*agent),
            Place::Parked { until, until_answer, .. } => parked = Some((*until, *until_answer)),
            Place::Application | Place::Leaving { .. } | Place::Forwarded { .. } => {}
        }
        assert_eq!((waiting.get(&contact), hot.agents.holder(contact)), (line, holder));
        assert_eq!(held.contains(&contact), holder.is_some());
        assert_eq!(hot.timers.due(Timer::ParkOver(contact)), parked.and_then(|(until, _)| until));
        let awaits_answer = hot.contacts.parked(open.thread).any(|of| of == contact);
        assert_eq!(awaits_answer, parked.is_some_and(|(_, until_answer)| until_answer));
        in_lines += usize::from(line.is_some());
        with_agents += usize::from(holder.is_some());
    }
    assert_eq!((in_lines, with_agents), (waiting.len(), held.len()), "nobody keeps what has ended");
}

fn fold(hot: &mut Hot, archive: &mut Archive, events: &[Event]) {
    for event in events {
        let at = hot.position.next();
        hot.apply(at, event);
        archive.apply(at, event);
    }
}

fn empty() -> (Hot, Archive) {
    (Hot::default(), Archive::open(Arc::new(MemoryShelf::default())).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_way_to_replay_gives_the_same_state(
        happenings in vec(happening(), 1..120),
        cut in any::<prop::sample::Index>(),
        keep in any::<bool>(),
    ) {
        let held = if keep { event::HeldContacts::Keep } else { event::HeldContacts::Release };
        let mut world = play(&happenings, vec![Setting::RestartHeldContacts(held)]);
        let expected = world.state.hot().state_hash().unwrap();
        let expected_archive = world.state.archive_mut().state_hash().unwrap();

        let (mut hot, mut archive) = empty();
        fold(&mut hot, &mut archive, &world.log);
        prop_assert_eq!(hot.state_hash().unwrap(), expected, "at once");
        prop_assert_eq!(archive.state_hash().unwrap(), expected_archive, "at once");

        let (first, rest) = world.log.split_at(cut.index(world.log.len()));
        let shelf = Arc::new(MemoryShelf::default());
        let mut archive = Archive::open(shelf.clone()).unwrap();
        let mut hot = Hot::default();
        fold(&mut hot, &mut archive, first);
        archive.flush().unwrap();
        let mut hot = Hot::from_bytes(&hot.to_bytes().unwrap()).unwrap();
        fold(&mut hot, &mut archive, rest);
        prop_assert_eq!(hot.state_hash().unwrap(), expected, "from a snapshot");
        prop_assert_eq!(archive.state_hash().unwrap(), expected_archive, "from a checkpoint");

        // A restart finds a snapshot and an older archive; both catch up from the log.
        let mut archive = Archive::open(shelf).unwrap();
        let mut hot = Hot::default();
        for (event, at) in world.log.iter().zip(1..) {
            hot.apply(Position(at), event);
            archive.apply(Position(at), event);
        }
        prop_assert_eq!(hot.state_hash().unwrap(), expected, "after a restart");
        prop_assert_eq!(archive.state_hash().unwrap(), expected_archive, "after a restart");
    }
}
