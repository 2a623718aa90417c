//! How contacts find an agent, told as short stories.

use event::{
    AgentChoice, AgentNumber, AgentState, ContactId, DirectoryEntry, Fact, Line, NextAgent,
    PriorityChanged, PriorityReason, QueueRule, ServiceFact,
};

use super::floor::{
    Floor, MINUTE, agent, direct, floor, following, holder, level, needing, queue, queues, rule,
    skill,
};
use super::world::World;
use crate::{Command, Destination, Transfer};

fn choices(facts: &[Fact]) -> Vec<(u32, AgentChoice)> {
    let choice = |fact: &Fact| match fact {
        Fact::Service(ServiceFact::AssignmentExplained(explained)) => {
            Some((explained.agent.0, explained.choice))
        }
        _ => None,
    };
    facts.iter().filter_map(choice).collect()
}

/// What happens, by name.
type Ending = (&'static str, fn(&mut Floor) -> Vec<Fact>);

#[test]
fn only_who_has_all_skills_at_the_least_level_gets_a_contact() {
    type Case = (&'static [(&'static str, u8)], Option<u32>);
    let cases: [Case; 5] = [
        (&[], Some(1001)),
        (&[("french", 4)], Some(1002)),
        (&[("french", 7)], Some(1003)),
        (&[("french", 4), ("law", 1)], Some(1003)),
        (&[("french", 4), ("law", 9)], None),
    ];
    for (needs, expected) in cases {
        let mut floor = floor([
            agent(1001, &["red"]),
            skill(1001, "french", 3),
            agent(1002, &["red"]),
            skill(1002, "french", 4),
            agent(1003, &["red"]),
            skill(1003, "french", 9),
            skill(1003, "law", 8),
            agent(1004, &["blue"]),
            skill(1004, "french", 10),
            skill(1004, "law", 10),
        ]);
        for number in 1001..=1004 {
            floor.ready(number);
            floor.pass(1);
        }
        let contact = needing(&mut floor, needs);
        assert_eq!(holder(&floor, contact), expected, "{needs:?}");
    }
}

#[test]
fn a_contact_that_nobody_free_can_take_holds_up_nobody_behind_it() {
    let mut floor = floor([agent(1001, &["red"]), agent(1002, &["red"]), skill(1002, "french", 5)]);
    let first = needing(&mut floor, &[("french", 5)]);
    let second = needing(&mut floor, &[]);
    floor.ready(1001);
    assert_eq!((holder(&floor, first), holder(&floor, second)), (None, Some(1001)));
    floor.ready(1002);
    assert_eq!(holder(&floor, first), Some(1002));
}

#[test]
fn the_rule_of_the_queue_says_who_is_next() {
    let hunt = |order: &[u32]| {
        NextAgent::HuntOrder(order.iter().map(|number| AgentNumber(*number)).collect())
    };
    // The agents become ready in the order 1003, 1002, 1001.
    let cases = [
        (NextAgent::LongestIdle, 1003, AgentChoice::LongestIdle),
        (hunt(&[1002, 1001]), 1002, AgentChoice::HuntOrder),
        (hunt(&[1009, 1003, 1002]), 1003, AgentChoice::HuntOrder),
        (hunt(&[]), 1001, AgentChoice::HuntOrder),
        // 1001 and 1002 serve the queue as well; 1002 knows more French.
        (NextAgent::BestSkill, 1002, AgentChoice::BestSkill),
    ];
    for (next, expected, choice) in cases {
        let mut floor = floor([
            agent(1001, &["red"]),
            level(1001, "red", 8),
            skill(1001, "french", 4),
            agent(1002, &["red"]),
            level(1002, "red", 8),
            skill(1002, "french", 6),
            agent(1003, &["red"]),
            skill(1003, "french", 10),
            rule("red", QueueRule::NextAgent(next.clone())),
        ]);
        for number in [1003, 1002, 1001] {
            floor.ready(number);
            floor.pass(1);
        }
        let contact = needing(&mut floor, &[("french", 2)]);
        assert_eq!(holder(&floor, contact), Some(expected), "{next:?}");
        let explained: Vec<Fact> = floor.log.iter().map(|event| event.fact.clone()).collect();
        assert_eq!(choices(&explained), [(expected, choice)], "{next:?}");
    }
}

#[test]
fn among_equals_who_has_been_idle_longest_is_best() {
    let best = rule("red", QueueRule::NextAgent(NextAgent::BestSkill));
    let mut floor = floor([agent(1001, &["red"]), agent(1002, &["red"]), best]);
    floor.ready(1002);
    floor.pass(1);
    floor.ready(1001);
    let contact = needing(&mut floor, &[]);
    assert_eq!(holder(&floor, contact), Some(1002));
}

#[test]
fn what_waits_for_one_agent_competes_with_the_queues_by_priority_and_wait() {
    let mut floor = floor([agent(1001, &["red"])]);
    let waiting = floor.arrive("red", 5);
    floor.pass(1);
    let own = direct(&mut floor, 1001, 5);
    let urgent = direct(&mut floor, 1001, 6);
    let mut served = Vec::new();
    floor.ready(1001);
    for _ in 0..3 {
        served.extend(floor.hot.agents.get(AgentNumber(1001)).unwrap().held.first().copied());
        floor.release(1001);
    }
    assert_eq!(served, [urgent, waiting, own]);
}

#[test]
fn of_contacts_that_wait_as_long_the_line_served_best_comes_first() {
    let mut floor = floor([agent(1001, &["red", "blue"]), level(1001, "blue", 6)]);
    let red = floor.arrive("red", 5);
    let blue = floor.arrive("blue", 5);
    floor.ready(1001);
    assert_eq!((holder(&floor, red), holder(&floor, blue)), (None, Some(1001)));
}

/// Agents 1001 and 1002 of a queue that prefers the last agent for five minutes; 1001 handled a
/// contact and is at lunch, and its thread goes on.
fn preferring() -> (Floor, ContactId) {
    let prefer = QueueRule::PreferLastAgent { wait_ms: 5 * MINUTE };
    let mut floor = floor([agent(1001, &["red"]), agent(1002, &["red"]), rule("red", prefer)]);
    floor.ready(1001);
    let first = needing(&mut floor, &[]);
    floor.not_ready(1001);
    floor.release(1001);
    floor.ready(1002);
    let second = following(&mut floor, first);
    assert_eq!(holder(&floor, second), None);
    (floor, second)
}

#[test]
fn a_customers_answer_waits_for_who_handled_its_thread_and_blocks_nobody() {
    let (mut floor, contact) = preferring();
    let other = needing(&mut floor, &[]);
    assert_eq!(holder(&floor, other), Some(1002));
    floor.release(1002);
    assert_eq!(holder(&floor, contact), None);
    assert_eq!(choices(&floor.ready(1001)), [(1001, AgentChoice::LastAgent)]);
    assert_eq!(holder(&floor, contact), Some(1001));
}

#[test]
fn a_contact_is_anybodys_once_its_agent_let_it_wait_or_left() {
    let endings: [Ending; 3] = [
        ("too long", |floor| floor.pass(5 * MINUTE)),
        ("signed out", |floor| floor.set(1001, AgentState::SignedOut)),
        ("gone", |floor| {
            floor.load(queues(&["red"]).into_iter().chain([agent(1002, &["red"])]).collect())
        }),
    ];
    for (name, ending) in endings {
        let (mut floor, contact) = preferring();
        floor.pass(5 * MINUTE - 1);
        assert_eq!(holder(&floor, contact), None, "{name}");
        ending(&mut floor);
        assert_eq!(holder(&floor, contact), Some(1002), "{name}");
    }
}

#[test]
fn an_agent_who_comes_back_is_not_waited_for_again() {
    for gone in [true, false] {
        let (mut floor, contact) = preferring();
        floor.not_ready(1002);
        floor.set(1001, AgentState::SignedOut);
        if gone {
            let all = floor.hot.directory.entries().0.to_vec();
            let others = |entry: &DirectoryEntry| {
                !matches!(entry, DirectoryEntry::Agent { number: AgentNumber(1001), .. })
            };
            floor.load(all.iter().filter(|entry| others(entry)).cloned().collect());
            floor.load(all);
        }
        floor.not_ready(1001);
        let reason = PriorityReason::Person;
        floor.note([PriorityChanged { contact, priority: 6, reason }.into()]);
        floor.ready(1002);
        assert_eq!(holder(&floor, contact), Some(1002));
    }
}

#[test]
fn of_contacts_for_one_agent_that_wait_as_long_their_own_line_comes_first() {
    let (mut floor, following) = preferring();
    let own = direct(&mut floor, 1001, 5);
    floor.ready(1001);
    assert_eq!((holder(&floor, following), holder(&floor, own)), (None, Some(1001)));
}

#[test]
fn nobody_is_preferred_who_is_away_or_cannot_take_it_or_passed_it_on() {
    let (mut floor, contact) = preferring();
    floor.ready(1001);
    let transfer = Transfer {
        agent: Some(AgentNumber(1001)),
        contact: None,
        to: Destination::Queue("red".parse().unwrap()),
        note: None,
    };
    floor.not_ready(1001);
    floor.give(Command::Transfer(transfer));
    assert_eq!(holder(&floor, contact), Some(1002), "passed on");

    let cases: [Ending; 3] = [
        ("away", |floor| floor.set(1001, AgentState::SignedOut)),
        ("elsewhere", |floor| {
            let entries = [agent(1001, &["blue"]), agent(1002, &["red"])];
            floor.load(queues(&["red", "blue"]).into_iter().chain(entries).collect())
        }),
        ("without the rule", |floor| {
            let entries = [agent(1001, &["red"]), agent(1002, &["red"])];
            floor.load(queues(&["red", "blue"]).into_iter().chain(entries).collect())
        }),
    ];
    for (name, change) in cases {
        let (mut floor, waits) = preferring();
        change(&mut floor);
        floor.release(1002);
        let next = following(&mut floor, waits);
        assert_eq!(floor.hot.queues.preferred(next), None, "{name}");
    }
}

#[test]
fn an_assignment_says_how_it_came_about() {
    let mut floor = floor([
        agent(1001, &["red"]),
        level(1001, "red", 7),
        skill(1001, "law", 5),
        agent(1002, &["red"]),
        skill(1002, "law", 5),
        agent(1003, &["red"]),
        agent(1004, &["blue"]),
    ]);
    let explained = |facts: &[Fact]| match facts {
        [.., Fact::Service(ServiceFact::AssignmentExplained(explained))] => {
            let numbers = [explained.waiting, explained.free, explained.level.into()];
            (explained.agent.0, numbers, explained.choice)
        }
        other => panic!("{other:?}"),
    };
    let lawful = needing(&mut floor, &[("law", 2)]);
    let plain = needing(&mut floor, &[]);
    let facts = floor.pull(plain, 1004);
    assert_eq!(explained(&facts), (1004, [1, 1, 0], AgentChoice::Pulled), "who is not even there");
    let pulled = floor.pull(lawful, 1001);
    assert_eq!(explained(&pulled), (1001, [0, 1, 7], AgentChoice::Pulled));
    floor.release(1001);
    for number in [1001, 1002, 1003] {
        floor.ready(number);
        floor.pass(1);
    }
    needing(&mut floor, &[("law", 2)]);
    let facts: Vec<Fact> = floor.log.iter().map(|event| event.fact.clone()).collect();
    assert_eq!(explained(&facts), (1001, [0, 2, 7], AgentChoice::LongestIdle));
    let facts = floor.enqueue(plain, queue("red"), 5, Vec::new());
    assert_eq!(World::names(&facts), ["ContactQueued", "ContactAssigned", "AssignmentExplained"]);
    assert_eq!(explained(&facts), (1002, [0, 2, 5], AgentChoice::LongestIdle));
}

#[test]
fn it_is_known_how_many_wait_and_who_is_there() {
    let mut floor = floor([agent(1001, &["red", "blue"]), agent(1002, &["red"])]);
    let numbers = |floor: &Floor, name: &str| {
        let queue = name.parse().unwrap();
        let (agents, line) = (&floor.hot.agents, Line::Queue(name.parse().unwrap()));
        let queues = &floor.hot.queues;
        let people = (agents.free_len(&queue), agents.signed_in_len(&queue));
        (people, queues.len(&line), queues.longest(&line))
    };
    let began = floor.now;
    let first = floor.arrive("red", 5);
    floor.pass(MINUTE);
    let second = floor.now;
    floor.arrive("red", 5);
    floor.pass(MINUTE);
    floor.arrive("red", 9);
    assert_eq!(numbers(&floor, "red"), ((0, 0), 3, Some(began)));
    floor.not_ready(1002);
    assert_eq!(numbers(&floor, "red"), ((0, 1), 3, Some(began)));
    floor.pull(first, 1002);
    assert_eq!(numbers(&floor, "red"), ((0, 1), 2, Some(second)));
    floor.ready(1001);
    assert_eq!(numbers(&floor, "red"), ((0, 2), 1, Some(second)), "the urgent one went first");
    assert_eq!(numbers(&floor, "blue"), ((0, 1), 0, None));
    floor.release(1002);
    floor.ready(1002);
    floor.release(1002);
    assert_eq!(numbers(&floor, "red"), ((1, 2), 0, None));
    floor.set(1002, AgentState::SignedOut);
    assert_eq!(numbers(&floor, "red"), ((0, 1), 0, None));
}
