//! Random valid histories: folded at once, from a snapshot in the middle, and after a restart,
//! they give the same state.

use std::sync::Arc;

use event::{Actor, AgentNumber, AgentState, AutomaticKind, Event, Position, Setting, TeamReason};
use projections::{Archive, Hot, MemoryShelf};
use proptest::collection::vec;
use proptest::prelude::*;

use super::automatic_replies::APPLICATION;
use super::world::{SENT, World, agent_address, directory, incoming, reply};
use crate::{
    Command, Destination, Finding, Fire, ReceiveMail, RecordSend, Release, SendOutcome,
    SetAgentState, SetDisposition, Start, StartSend, Transfer,
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
            let contacts: Vec<_> = hot.contacts.iter().map(|(id, _)| id).collect();
            let contact = *contacts.get(usize::from(*contact) % contacts.len().max(1))?;
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
            Command::Transfer(Transfer { agent: only(*agent), contact: None, to })
        }
        Happening::Label { agent } => {
            let code = "solved".parse().ok()?;
            Command::SetDisposition(SetDisposition { agent: only(*agent), contact: None, code })
        }
        Happening::Time { .. } => Command::Fire(Fire { timer: hot.timers.next()?.1 }),
        Happening::Restart => Command::Start(Start { version: "test".to_owned() }),
        Happening::Directory { agents } => {
            let numbers: Vec<u32> = (0..*agents).map(|agent| number(agent).0).collect();
            Command::LoadDirectory(directory(&numbers))
        }
    })
}

fn play(happenings: &[Happening], settings: Vec<Setting>) -> World {
    let mut world = World::with(APPLICATION, settings);
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
        for waiting in hot.queues.waiting(line) {
            let open = hot.contacts.get(waiting.contact).unwrap();
            assert!(
                matches!(&open.place, projections::Place::Waiting { line: of, .. } if of == line)
            );
            assert_eq!(hot.agents.holder(waiting.contact), None);
        }
    }
    assert_eq!(hot.matching.next().next(), None, "someone is free and someone waits");
    assert_eq!(hot.contacts.running(), None, "an application stands still");
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
