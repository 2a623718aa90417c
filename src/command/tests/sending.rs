//! What comes of mail that is sent, refused, put off or lost on its way.

use event::{Actor, AgentNumber, Fact, UncertainReason};

use super::world::{SENT, World, refused, start};
use crate::{Command, Fire, Rejection, SendAgain, SendOutcome, StartSend};

fn deferred() -> SendOutcome {
    SendOutcome::Deferred { code: 450, text: "later".to_owned() }
}

#[test]
fn a_refused_copy_puts_the_contact_back_and_the_agent_aside() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    let behind = world.arrive(2, "b@customer.test");
    world.ready(1001);
    let facts = world.send_all(&refused(550));
    let names = World::names(&facts);
    assert_eq!(names, ["SendStarted", "SendRefused", "ContactRequeued", "AgentStateChanged"]);
    world.ready(1002);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1002)));
    assert_eq!(world.state.hot().agents.holder(behind), None, "who was first stays first");
}

#[test]
fn a_deferred_mail_is_tried_again_by_its_timer() {
    let mut world = World::new();
    world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&deferred());
    assert_eq!(world.state.hot().outbox.ready().count(), 0);
    let (due, timer) = world.state.hot().timers.next().unwrap();
    assert_eq!(world.give(Command::Fire(Fire { timer })), [], "it is not due yet");
    world.now = due;
    assert_eq!(World::names(&world.give(Command::Fire(Fire { timer }))), ["TimerFired"]);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "ContactDelivered"]);
    assert!(world.state.hot().timers.next().is_none());
}

#[test]
fn a_mail_deferred_for_ever_is_refused_in_the_end() {
    let mut world = World::new();
    world.arrive(1, "jo@customer.test");
    world.ready(1001);
    assert_eq!(attempts(&mut world, &deferred()), 60);
    // A copy whose fate stays unknown goes to the agent again, but not for ever either.
    world.ready(1002);
    assert_eq!(attempts(&mut world, &SendOutcome::Uncertain), 60);
}

/// Has the same thing come of each attempt, until the mail is given up; how often that was.
fn attempts(world: &mut World, outcome: &SendOutcome) -> usize {
    let began = world.now;
    let mut doubled = 5_000;
    for attempt in 1.. {
        let facts = world.send_all(outcome);
        if World::names(&facts).contains(&"SendRefused") {
            let hours = (world.now.0 - began.0) / 3_600_000;
            assert!((50..64).contains(&hours), "{hours}");
            return attempt;
        }
        let (due, timer) = world.state.hot().timers.next().unwrap();
        let pause = due.0 - world.now.0;
        assert!((doubled..=doubled * 5 / 4).contains(&pause), "{attempt}: {pause}");
        doubled = (doubled * 2).min(3_600_000);
        world.now = due;
        world.give(Command::Fire(Fire { timer }));
    }
    unreachable!()
}

#[test]
fn what_is_put_off_together_does_not_come_back_together() {
    let mut world = World::new();
    let pauses = [1, 2].map(|number| {
        world.arrive(number, "jo@customer.test");
        world.ready(1000 + number);
        let facts = world.send_all(&deferred());
        let [Fact::SendStarted { .. }, Fact::SendDeferred { until, .. }] = facts[..] else {
            panic!("{facts:?}");
        };
        until.0 - world.now.0
    });
    assert_ne!(pauses[0], pauses[1]);
}

#[test]
fn only_one_attempt_is_under_way_and_an_uncertain_reply_waits_for_a_person() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    world.answer(1, contact, 1001);
    let outgoing = world.state.hot().outbox.ready().next().unwrap();
    world.give(Command::StartSend(StartSend { outgoing, withheld: Vec::new() }));
    let second = Command::StartSend(StartSend { outgoing, withheld: Vec::new() });
    assert_eq!(world.try_give(Actor::Engine, second), Err(Rejection::NotToSend(outgoing)));
    let facts = world.give(start());
    let [Fact::EngineStarted { .. }, Fact::SendUncertain { reason, .. }, rest @ ..] =
        facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(*reason, UncertainReason::Restart);
    assert_eq!(World::names(rest), ["NoticeRequested", "ContactReleased", "NoticeRequested"]);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "NoticeSent"].repeat(2));
    world.give(Command::SendAgain(SendAgain { outgoing }));
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "ReplyRelayed"]);
}
