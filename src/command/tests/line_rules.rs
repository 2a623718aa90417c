//! What becomes of contacts that wait long, told as short stories.

use event::{
    AgentNumber, AgentState, ContactId, Fact, Line, QueueReason, QueueRule, RequeueReason, Setting,
    Timer, Timestamp,
};
use projections::Place;

use super::floor::{
    Floor, MINUTE, agent, direct, floor, holder, need, needing, queue, queues, rule,
};
use super::world::{APPLICATION, World};
use crate::{Command, Destination, Fire, LoadSettings, Prioritise, Transfer};

fn raise(every_ms: u64, by: u8, to: u8) -> QueueRule {
    QueueRule::RaisePriority { every_ms, by, to }
}

fn overflow(after_ms: u64, to: &str) -> QueueRule {
    QueueRule::Overflow { after_ms, to: to.parse().unwrap() }
}

/// When the next rule applies to a contact.
fn awaited(floor: &Floor, contact: ContactId) -> Option<Timestamp> {
    floor.hot.timers.due(Timer::RuleDue(contact))
}

fn place(floor: &Floor, contact: ContactId) -> (Line, u8, Timestamp) {
    match &floor.hot.contacts.get(contact).unwrap().place {
        Place::Waiting { line, priority, entered } => (line.clone(), *priority, *entered),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_does_not_accept_in_time_loses_the_contact_and_gets_no_other() {
    let accept = QueueRule::AcceptWithin { ms: MINUTE };
    let mut floor = floor([agent(1001, &["red"]), agent(1002, &["red"]), rule("red", accept)]);
    let contact = needing(&mut floor, &[]);
    let behind = needing(&mut floor, &[]);
    let facts = floor.ready(1001);
    assert_eq!(
        World::names(&facts)[1..],
        ["ContactAssigned", "AssignmentExplained", "AcceptanceAwaited"]
    );
    floor.pass(MINUTE - 1);
    assert_eq!(holder(&floor, contact), Some(1001));
    let facts = floor.pass(1);
    assert_eq!(World::names(&facts), ["TimerFired", "ContactRequeued", "AgentStateChanged"]);
    let [_, Fact::ContactRequeued { reason: RequeueReason::NotAccepted, .. }, state] = &facts[..]
    else {
        panic!("{facts:?}")
    };
    let Fact::AgentStateChanged { state: AgentState::NotReady { reason }, .. } = state else {
        panic!("{state:?}")
    };
    assert_eq!(reason.as_str(), "not accepted");
    floor.ready(1002);
    assert_eq!((holder(&floor, contact), holder(&floor, behind)), (Some(1002), None), "the head");
}

#[test]
fn who_accepted_or_took_it_themselves_keeps_the_contact() {
    let accept = QueueRule::AcceptWithin { ms: MINUTE };
    let mut floor = floor([agent(1001, &["red"]), agent(1002, &["red"]), rule("red", accept)]);
    floor.ready(1001);
    let contact = needing(&mut floor, &[]);
    floor.note([Fact::from(event::ContactAccepted { contact, agent: AgentNumber(1001) })]);
    let pulled = needing(&mut floor, &[]);
    floor.pull(pulled, 1002);
    assert_eq!(floor.pass(10 * MINUTE), []);
    assert_eq!((holder(&floor, contact), holder(&floor, pulled)), (Some(1001), Some(1002)));
}

#[test]
fn a_long_wait_raises_the_priority() {
    let mut floor = floor([rule("red", raise(10 * MINUTE, 2, 8))]);
    let began = floor.now;
    let contact = floor.arrive("red", 3);
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push((
            place(&floor, contact).1,
            awaited(&floor, contact).map(|due| due.ms_since(began)),
        ));
        floor.pass(10 * MINUTE);
    }
    let minutes = |count| Some(count * MINUTE);
    let expected = [(3, minutes(10)), (5, minutes(20)), (7, minutes(30)), (8, None), (8, None)];
    assert_eq!(seen, expected);
    assert_eq!(place(&floor, contact).2, began, "the wait goes on");
}

#[test]
fn whoever_is_lowered_by_hand_rises_again() {
    let mut floor = floor([rule("red", raise(10 * MINUTE, 2, 8))]);
    let contact = floor.arrive("red", 7);
    let began = floor.now;
    floor.pass(10 * MINUTE);
    assert_eq!((place(&floor, contact).1, awaited(&floor, contact)), (8, None), "at the top");
    floor.pass(5 * MINUTE);
    let prioritise = Prioritise { contact, priority: 3 };
    let facts = floor.give(Command::Prioritise(prioritise));
    assert_eq!(World::names(&facts), ["PriorityChanged", "RuleAwaited"]);
    assert_eq!(awaited(&floor, contact).map(|due| due.ms_since(began)), Some(20 * MINUTE));
    floor.pass(5 * MINUTE);
    assert_eq!(place(&floor, contact).1, 5);
}

#[test]
fn time_in_which_nothing_ran_counts_as_waiting() {
    let rules = [rule("red", raise(10 * MINUTE, 1, 9)), rule("red", overflow(65 * MINUTE, "blue"))];
    for (stood_still, line, priority) in [(35, "red", 6), (65, "blue", 9), (500, "blue", 9)] {
        let mut floor = floor(rules.clone());
        let contact = floor.arrive("red", 3);
        let entered = floor.now;
        floor.now = floor.now.plus_ms(stood_still * MINUTE);
        floor.pass(0);
        assert_eq!(place(&floor, contact), (queue(line), priority, entered), "{stood_still}");
    }
}

#[test]
fn whoever_is_raised_is_served_while_urgent_contacts_keep_coming() {
    for (rules, expected) in [(vec![rule("red", raise(MINUTE, 1, 9))], Some(1001)), (vec![], None)]
    {
        let mut floor = floor([agent(1001, &["red"])].into_iter().chain(rules));
        floor.ready(1001);
        floor.arrive("red", 8);
        let patient = floor.arrive("red", 0);
        for _ in 0..20 {
            if holder(&floor, patient).is_none() {
                floor.arrive("red", 8);
                floor.release(1001);
                floor.pass(MINUTE);
            }
        }
        assert_eq!(holder(&floor, patient), expected);
    }
}

#[test]
fn who_waits_too_long_goes_to_another_queue_and_keeps_the_wait() {
    let rules = [
        rule("red", overflow(10 * MINUTE, "blue")),
        rule("blue", overflow(20 * MINUTE, "red")),
        rule("blue", raise(15 * MINUTE, 1, 9)),
    ];
    let mut floor = floor(rules);
    let began = floor.now;
    let contact = needing(&mut floor, &[("law", 3)]);
    let facts = floor.pass(10 * MINUTE);
    assert_eq!(World::names(&facts), ["TimerFired", "ContactQueued", "RuleAwaited"]);
    let [_, Fact::ContactQueued { reason, .. }, _] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(*reason, QueueReason::Overflow);
    assert_eq!(place(&floor, contact), (queue("blue"), 5, began));
    floor.pass(15 * MINUTE);
    assert_eq!(place(&floor, contact), (queue("blue"), 6, began), "its rules count anew");
    floor.pass(5 * MINUTE);
    assert_eq!(place(&floor, contact), (queue("red"), 6, began), "round and round");
    assert_eq!(floor.hot.contacts.get(contact).unwrap().skills, [need("law", 3)]);
}

#[test]
fn other_rules_apply_to_those_who_wait_already() {
    // When the rules change the contact has waited 25 minutes.
    let cases: [(&[QueueRule], &[QueueRule], Option<u64>); 7] = [
        (&[], &[], None),
        (&[], &[raise(10 * MINUTE, 1, 9)], Some(30)),
        (&[], &[overflow(20 * MINUTE, "blue")], Some(20)),
        (&[], &[overflow(40 * MINUTE, "blue"), raise(10 * MINUTE, 1, 9)], Some(30)),
        (&[raise(10 * MINUTE, 1, 9)], &[raise(10 * MINUTE, 1, 9)], Some(30)),
        (&[raise(10 * MINUTE, 1, 9)], &[raise(10 * MINUTE, 1, 6)], Some(30)),
        (&[overflow(40 * MINUTE, "blue")], &[overflow(50 * MINUTE, "blue")], Some(50)),
    ];
    for (before, after, expected) in cases {
        let with = |rules: &[QueueRule]| rules.iter().map(|of| rule("red", of.clone())).collect();
        let before: Vec<_> = with(before);
        let mut floor = floor(before.clone());
        let began = floor.now;
        let contact = floor.arrive("red", 5);
        floor.pass(25 * MINUTE);
        floor.load(queues(&["red", "blue"]).into_iter().chain(with(after)).collect());
        let due = awaited(&floor, contact).map(|due| due.ms_since(began) / MINUTE);
        assert_eq!(due, expected, "{before:?} {after:?}");
    }
}

#[test]
fn a_rule_that_is_gone_and_one_that_leads_nowhere_do_nothing() {
    let mut floor = floor([rule("red", overflow(10 * MINUTE, "blue"))]);
    let contact = floor.arrive("red", 5);
    floor.load(queues(&["red", "blue"]));
    assert_eq!(World::names(&floor.pass(10 * MINUTE)), ["TimerFired"]);
    floor.load(queues(&["red"]).into_iter().chain([rule("red", overflow(1, "blue"))]).collect());
    assert_eq!(floor.pass(10 * MINUTE), []);
    assert_eq!(place(&floor, contact).0, queue("red"));
}

#[test]
fn what_comes_back_waits_on_by_its_rules() {
    let rules = [rule("red", raise(10 * MINUTE, 1, 9)), rule("red", overflow(40 * MINUTE, "blue"))];
    let mut floor = floor([agent(1001, &["red"])].into_iter().chain(rules));
    let began = floor.now;
    let contact = floor.arrive("red", 5);
    floor.pass(15 * MINUTE);
    floor.ready(1001);
    floor.pass(10 * MINUTE);
    let facts = floor.set(1001, AgentState::SignedOut);
    assert_eq!(World::names(&facts), ["AgentStateChanged", "ContactRequeued", "RuleAwaited"]);
    floor.pass(0);
    assert_eq!(place(&floor, contact), (queue("red"), 7, began), "the customer waited all along");
    floor.pass(15 * MINUTE);
    assert_eq!(place(&floor, contact).0, queue("blue"));
}

#[test]
fn what_waited_for_an_agent_who_signs_out_goes_back_to_its_queue() {
    let (mut world, contact) = waiting_for_one(Vec::new());
    world.ready(1002);
    assert_eq!(world.holder(contact), Some(1002));
    world.set(1002, AgentState::SignedOut);
    assert_eq!(world.holder(contact), Some(1001), "who serves that");
}

/// A contact of the queue `support` that 1001 passed on to 1002, who is signed out.
fn waiting_for_one(settings: Vec<Setting>) -> (World, ContactId) {
    let mut world = World::with(APPLICATION, settings);
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.ready(1002);
    let to = Destination::Agent(AgentNumber(1002));
    world.set(1002, AgentState::SignedOut);
    world.give(Command::Transfer(Transfer {
        agent: Some(AgentNumber(1001)),
        contact: None,
        to,
        note: None,
    }));
    (world, contact)
}

/// Time passes; gives what the timers that are due by then lead to.
fn pass(world: &mut World, ms: u64) -> Vec<Fact> {
    world.now = world.now.plus_ms(ms);
    let mut facts = Vec::new();
    while let Some((due, timer)) = world.state.hot().timers.next() {
        if due > world.now {
            break;
        }
        facts.extend(world.give(Command::Fire(Fire { timer })));
    }
    facts
}

#[test]
fn case_111_a_contact_whose_agent_signed_out_falls_to_its_queue_after_the_limit() {
    let (mut world, contact) = waiting_for_one(vec![Setting::AgentWaitMs(30 * MINUTE)]);
    let entered = world.state.hot().contacts.get(contact).unwrap().lined_up;
    assert_eq!(pass(&mut world, 29 * MINUTE), [], "the agent may come back");
    let facts = pass(&mut world, MINUTE);
    let [_, Fact::ContactQueued { line, entered: since, reason, .. }, assigned, ..] = &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert_eq!((line.to_string().as_str(), *since), ("support", entered));
    assert_eq!(*reason, QueueReason::AgentWaitOver);
    assert_eq!(assigned.name(), "ContactAssigned");
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1001)));
}

#[test]
fn an_agent_who_comes_back_within_the_limit_gets_what_waited_for_them() {
    let (mut world, contact) = waiting_for_one(vec![Setting::AgentWaitMs(30 * MINUTE)]);
    pass(&mut world, 29 * MINUTE);
    world.ready(1002);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1002)));
    assert_eq!(pass(&mut world, 30 * MINUTE), []);
}

#[test]
fn the_limit_is_a_setting_that_counts_for_those_who_wait_already() {
    let cases = [(0, None), (10, Some(10)), (60, Some(60)), (90, Some(90))];
    for (minutes, expected) in cases {
        let (mut world, contact) = waiting_for_one(Vec::new());
        let began = world.state.hot().contacts.get(contact).unwrap().lined_up;
        let due = |world: &World| {
            let due = world.state.hot().timers.due(Timer::RuleDue(contact));
            due.map(|due| due.ms_since(began) / MINUTE)
        };
        assert_eq!(due(&world), Some(60), "the default");
        pass(&mut world, 20 * MINUTE);
        let settings = vec![Setting::AgentWaitMs(minutes * MINUTE)];
        world.give(Command::LoadSettings(LoadSettings { settings }));
        if expected.is_some() {
            assert_eq!(due(&world), expected);
        }
        pass(&mut world, 100 * MINUTE);
        let waits = world.state.hot().agents.holder(contact).is_none();
        assert_eq!(waits, expected.is_none(), "for ever where it is 0");
    }
}

#[test]
fn who_never_was_in_a_queue_stays_with_the_agent() {
    let mut floor = floor([agent(1001, &["red"])]);
    let contact = direct(&mut floor, 1001, 5);
    assert_eq!(World::names(&floor.pass(60 * MINUTE)), ["TimerFired"]);
    assert_eq!(place(&floor, contact).0, Line::Agent(AgentNumber(1001)));
    assert_eq!(awaited(&floor, contact), None);
}

#[test]
fn an_application_that_waits_for_an_agent_sets_the_limit_itself() {
    let mut floor = floor([agent(1001, &["red"])]);
    let line = Line::Agent(AgentNumber(1001));
    let contact = floor.pausing(line.clone(), 90 * MINUTE);
    assert_eq!(awaited(&floor, contact), None);
    floor.load(queues(&["red"]).into_iter().chain([agent(1001, &["red"])]).collect());
    assert_eq!(awaited(&floor, contact), None);
    assert_eq!(floor.pass(89 * MINUTE), []);
    assert_eq!(place(&floor, contact).0, line);
}
