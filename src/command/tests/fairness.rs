//! Random days on the floor: every assignment is the one that looking at everything finds, nobody
//! waits in vain, and the log alone gives the same day again.

use std::sync::Arc;

use event::{AgentNumber, AgentState, DirectoryEntry, Line, NextAgent, Position, QueueRule};
use projections::{Archive, Hot, MemoryShelf, Place};
use proptest::collection::vec;
use proptest::prelude::*;

use super::floor::{Coming, Floor, level, need, queue, skill};
use crate::{Command, Destination, Transfer};

const QUEUES: [&str; 3] = ["red", "green", "blue"];
const SKILLS: [&str; 2] = ["french", "law"];
const AGENTS: u32 = 5;
const FIRST: u32 = 1001;

/// One thing that may happen; the numbers choose among what there is.
#[derive(Clone, Debug)]
enum Happening {
    Arrival { line: u8, priority: u8, skills: [u8; 2], thread: Option<u8> },
    State { agent: u32, state: u8 },
    Release { agent: u32 },
    Transfer { agent: u32, to: u8 },
    Pull { agent: u32, contact: u8 },
    Time { seconds: u8 },
    Directory(Vec<DirectoryEntry>),
}

fn happening() -> impl Strategy<Value = Happening> {
    let agent = || FIRST..FIRST + AGENTS;
    let arrival =
        (0..8u8, 0..3u8, [0..12u8, 0..12u8], proptest::option::weighted(0.8, any::<u8>()));
    prop_oneof![
        6 => arrival.prop_map(|(line, priority, skills, thread)| {
            Happening::Arrival { line, priority, skills, thread }
        }),
        4 => (agent(), any::<u8>()).prop_map(|(agent, state)| Happening::State { agent, state }),
        6 => agent().prop_map(|agent| Happening::Release { agent }),
        1 => (agent(), any::<u8>()).prop_map(|(agent, to)| Happening::Transfer { agent, to }),
        1 => (agent(), any::<u8>()).prop_map(|(agent, contact)| Happening::Pull { agent, contact }),
        3 => any::<u8>().prop_map(|seconds| Happening::Time { seconds }),
        1 => directory().prop_map(Happening::Directory),
    ]
}

/// The same queues and some of the agents, with any rules, levels, skills and capacities.
fn directory() -> impl Strategy<Value = Vec<DirectoryEntry>> {
    let agents = (FIRST..FIRST + AGENTS).map(one_agent).collect::<Vec<_>>();
    let rules = QUEUES.into_iter().map(rules).collect::<Vec<_>>();
    (agents, rules).prop_map(|(agents, rules)| {
        let queues = QUEUES.map(|name| DirectoryEntry::Queue { name: name.parse().unwrap() });
        queues.into_iter().chain(agents.concat()).chain(rules.concat()).collect()
    })
}

fn one_agent(number: u32) -> impl Strategy<Value = Vec<DirectoryEntry>> {
    (0..8u8, 0..3u16, [0..12u8, 0..12, 0..12], [0..11u8, 0..11]).prop_map(
        move |(served, capacity, levels, skills)| {
            let served = |place: usize| served != 0 && (served >> place) & 1 == 1;
            let names = || (0..).zip(QUEUES).filter(|(place, _)| served(*place));
            let queues = names().map(|(_, name)| name.parse().unwrap()).collect();
            let mut entries =
                vec![DirectoryEntry::Agent { number: AgentNumber(number), queues, capacity }];
            let said = names().filter(|(place, _)| (1..=10).contains(&levels[*place]));
            entries.extend(said.map(|(place, name)| level(number, name, levels[place])));
            let able = skills.into_iter().zip(SKILLS).filter(|(level, _)| *level > 0);
            entries.extend(able.map(|(level, name)| skill(number, name, level)));
            entries
        },
    )
}

fn rules(name: &'static str) -> impl Strategy<Value = Vec<DirectoryEntry>> {
    let order = vec(FIRST..FIRST + AGENTS, 0..4);
    let next = prop_oneof![
        Just(NextAgent::LongestIdle),
        Just(NextAgent::BestSkill),
        order.prop_map(|order| NextAgent::HuntOrder(order.into_iter().map(AgentNumber).collect())),
    ];
    let some = |share, rule: BoxedStrategy<QueueRule>| proptest::option::weighted(share, rule);
    let accept = (1..100u64).prop_map(|s| QueueRule::AcceptWithin { ms: s * 1000 });
    let raise = (1..100u64, 1..3u8, 0..5u8).prop_map(|(s, by, to)| QueueRule::RaisePriority {
        every_ms: s * 1000,
        by,
        to,
    });
    let overflow = (1..300u64, 0..3usize).prop_map(|(s, to)| QueueRule::Overflow {
        after_ms: s * 1000,
        to: QUEUES[to].parse().unwrap(),
    });
    let prefer = (1..300u64).prop_map(|s| QueueRule::PreferLastAgent { wait_ms: s * 1000 });
    let others = (
        some(0.3, accept.boxed()),
        some(0.3, raise.boxed()),
        some(0.3, overflow.boxed()),
        some(0.9, prefer.boxed()),
    );
    (next, others).prop_map(move |(next, (accept, raise, overflow, prefer))| {
        let given = [accept, raise, overflow, prefer].into_iter().flatten();
        let rules = [QueueRule::NextAgent(next)].into_iter().chain(given);
        rules.map(|rule| DirectoryEntry::QueueRule { queue: name.parse().unwrap(), rule }).collect()
    })
}

fn play(floor: &mut Floor, happening: &Happening) {
    let waiting = |floor: &Floor| -> Vec<_> {
        let waits = |place: &Place| matches!(place, Place::Waiting { .. });
        let waiting = floor.hot.contacts.iter().filter(|(_, open)| waits(&open.place));
        waiting.map(|(contact, _)| contact).collect()
    };
    match happening {
        Happening::Arrival { line, priority, skills, thread } => {
            let line = match line {
                0..5 => queue(QUEUES[usize::from(*line) % 3]),
                _ => Line::Agent(AgentNumber(FIRST + u32::from(*line) % AGENTS)),
            };
            let needs = skills.iter().zip(SKILLS).filter(|(level, _)| (1..=8).contains(*level));
            let skills = needs.map(|(level, name)| need(name, *level)).collect();
            let count = floor.threads.len().max(1);
            let thread = thread.and_then(|pick| floor.threads.get(usize::from(pick) % count));
            let thread = thread.copied();
            floor.come(Coming { line, priority: *priority, skills, thread });
        }
        Happening::State { agent, state } => {
            match state % 8 {
                0 => floor.set(*agent, AgentState::SignedOut),
                1 => floor.not_ready(*agent),
                _ => floor.ready(*agent),
            };
        }
        Happening::Release { agent } => {
            floor.release(*agent);
        }
        Happening::Transfer { agent, to } => {
            let to = match to % 6 {
                at @ 0..3 => Destination::Queue(QUEUES[usize::from(at)].parse().unwrap()),
                _ => Destination::Agent(AgentNumber(FIRST + u32::from(to / 6) % AGENTS)),
            };
            let transfer =
                Transfer { agent: Some(AgentNumber(*agent)), contact: None, to, note: None };
            floor.give(Command::Transfer(transfer));
        }
        Happening::Pull { agent, contact } => {
            let waiting = waiting(floor);
            let room = floor.hot.agents.get(AgentNumber(*agent)).is_some_and(|agent| {
                agent.listed && agent.held.len() < usize::from(agent.capacity)
            });
            if room && !waiting.is_empty() {
                floor.pull(waiting[usize::from(*contact) % waiting.len()], *agent);
            }
        }
        Happening::Time { seconds } => {
            floor.pass(u64::from(*seconds) * 1000);
        }
        Happening::Directory(entries) => {
            floor.load(entries.clone());
        }
    }
}

/// Loading the same directory again counts everything anew and finds what was counted so far.
fn check(floor: &Floor) {
    let mut anew = floor.hot.clone();
    let loaded = floor.log.iter().rev().find(|event| event.fact.name() == "DirectoryLoaded");
    anew.apply(anew.position.next(), loaded.unwrap());
    assert_eq!(anew.matching, floor.hot.matching);
}

fn day(happenings: &[Happening], entries: &[DirectoryEntry]) -> Floor {
    let mut floor = Floor::new(entries.to_vec());
    for (happening, number) in happenings.iter().zip(0..) {
        // Some contacts come in the same millisecond.
        floor.now = floor.now.plus_ms(number % 2);
        play(&mut floor, happening);
        check(&floor);
    }
    floor
}

/// Contacts that wait and are within reach of somebody.
fn in_vain(floor: &Floor) -> usize {
    let waits = floor.hot.contacts.iter().filter(|(_, open)| match &open.place {
        Place::Waiting { line: Line::Queue(queue), .. } => {
            let mut agents = floor.hot.agents.iter().map(|(_, agent)| agent);
            agents.any(|agent| agent.capacity > 0 && agent.serves(queue, &open.skills))
        }
        Place::Waiting { line: Line::Agent(number), .. } => {
            floor.hot.agents.get(*number).is_some_and(|agent| agent.capacity > 0)
        }
        _ => false,
    });
    waits.count()
}

fn empty() -> (Hot, Archive) {
    (Hot::default(), Archive::open(Arc::new(MemoryShelf::default())).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_passed_over_and_nobody_waits_in_vain(
        entries in directory(),
        happenings in vec(happening(), 1..100),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut floor = day(&happenings, &entries);
        prop_assert_eq!(&day(&happenings, &entries).log, &floor.log, "the same day again");

        // Everybody goes on taking contacts.
        for _ in 0..2 * happenings.len() + 10 {
            for agent in FIRST..FIRST + AGENTS {
                floor.ready(agent);
                floor.release(agent);
            }
            floor.pass(60_000);
        }
        prop_assert_eq!(in_vain(&floor), 0);

        let (mut hot, mut archive) = empty();
        for (event, at) in floor.log.iter().zip(1..) {
            if at == cut.index(floor.log.len()) as u64 {
                hot = Hot::from_bytes(&hot.to_bytes().unwrap()).unwrap();
            }
            hot.apply(Position(at), event);
            archive.apply(Position(at), event);
        }
        prop_assert_eq!(hot.state_hash().unwrap(), floor.hot.state_hash().unwrap());
    }
}
