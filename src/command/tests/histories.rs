//! Random valid histories: folded at once, from a snapshot in the middle, and after a restart,
//! they give the same state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use event::{ContactId, Event, Line, Position, Setting, Timer};
use projections::{Archive, Hot, MemoryShelf, Place};
use proptest::collection::vec;
use proptest::prelude::*;

use super::automatic_replies::APPLICATION;
use super::happenings::{Happening, command, happening, strict};
use super::world::World;
use crate::Command;

fn play(happenings: &[Happening], settings: Vec<Setting>) -> World {
    let mut world = World::with(APPLICATION, settings);
    world.give(Command::LoadDirectory(strict(&[1001, 1002, 1003])));
    for (happening, count) in happenings.iter().zip(1..) {
        if let Happening::Time { seconds } = happening {
            world.now = world.now.plus_ms(u64::from(*seconds) * 1000);
        }
        if let Some(command) = command(&world, happening, count) {
            // A refusal changes nothing, which the comparison below would notice.
            let _ = world.try_give(happening.actor(), command);
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
