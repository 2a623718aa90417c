//! What reports of mail systems lead to, told as short stories.

use event::{AgentNumber, DeliveryOutcome, Fact, OutgoingId, RequeueReason};
use projections::{Flag, Place};

use super::world::{SENT, World, agent_address};
use crate::SendOutcome;

fn newest(world: &World) -> OutgoingId {
    world.state.hot().outbox.ready().last().unwrap()
}

#[test]
fn case_064_a_bounced_copy_goes_to_someone_else_and_its_agent_is_not_ready() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let copy = newest(&world);
    world.send_all(&SENT);
    world.ready(1002);
    let facts = world.report(9, copy, DeliveryOutcome::Failed);
    let names = ["DeliveryReported", "ContactRequeued", "AgentStateChanged", "ContactAssigned"];
    assert_eq!(World::names(&facts)[..4], names);
    let Fact::ContactRequeued { reason, .. } = &facts[1] else { panic!("{facts:?}") };
    assert_eq!(*reason, RequeueReason::Bounced);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1002)));
    let undelivered = |world: &World, agent| {
        world.state.hot().agents.get(AgentNumber(agent)).unwrap().undelivered
    };
    assert!(undelivered(&world, 1001) && !undelivered(&world, 1002));
    // A second report on the same copy, and the same report found again.
    let facts = world.report(10, copy, DeliveryOutcome::Failed);
    assert_eq!(World::names(&facts), ["DeliveryReported"]);
    world.ready(1001);
    assert!(!undelivered(&world, 1001), "whoever is ready again has seen to it");
}

#[test]
fn case_061_a_bounced_reply_is_told_once_to_whoever_wrote_it() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    world.answer(1, contact, 1001);
    let reply = newest(&world);
    world.send_all(&SENT);
    let facts = world.report(9, reply, DeliveryOutcome::Failed);
    assert_eq!(World::names(&facts), ["DeliveryReported", "NoticeRequested"]);
    assert_eq!(world.notices(), [agent_address(1001)]);
    let facts = world.report(10, reply, DeliveryOutcome::Failed);
    assert_eq!(World::names(&facts), ["DeliveryReported"]);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1001)));
}

#[test]
fn case_062_a_delay_is_recorded_and_nothing_more() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let copy = newest(&world);
    world.send_all(&SENT);
    for (number, outcome) in (9..).zip([DeliveryOutcome::Delayed, DeliveryOutcome::Delivered]) {
        assert_eq!(World::names(&world.report(number, copy, outcome)), ["DeliveryReported"]);
    }
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1001)));
    let facts = world.report(11, copy, DeliveryOutcome::Failed);
    assert!(World::names(&facts).contains(&"ContactRequeued"), "a delay may end in a failure");
}

#[test]
fn what_a_server_refuses_for_good_is_told_and_a_refused_notice_is_not() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    world.answer(1, contact, 1001);
    let refused = SendOutcome::Refused { code: 550, text: "5.1.1 unknown".to_owned() };
    let names = ["SendStarted", "SendRefused", "NoticeRequested"];
    assert_eq!(World::names(&world.send_all(&refused)), names);
    assert_eq!(world.notices(), [agent_address(1001)]);
    assert_eq!(World::names(&world.send_all(&refused)), ["SendStarted", "SendRefused"]);
    // An uncertain reply is told, too; an uncertain notice is sent again.
    world.answer(2, contact, 1001);
    let names = ["SendStarted", "SendUncertain", "NoticeRequested"];
    assert_eq!(World::names(&world.send_all(&SendOutcome::Uncertain)), names);
    let names = ["SendStarted", "SendDeferred"];
    assert_eq!(World::names(&world.send_all(&SendOutcome::Uncertain)), names);
}

#[test]
fn case_081_a_copy_that_is_too_large_is_made_smaller_and_its_agent_stays_ready() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let too_large = SendOutcome::TooLarge { code: 0, text: "too large".to_owned() };
    let names = ["SendStarted", "SendRefused", "ReducedCopyRequested"];
    assert_eq!(World::names(&world.send_all(&too_large)), names);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1001)));
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "ContactDelivered"]);
    let open = world.state.hot().contacts.get(contact).unwrap();
    assert!(matches!(open.place, Place::Held { delivered: true, .. }), "{:?}", open.place);
    let record = world.state.archive().contact(contact).unwrap().unwrap();
    assert!(record.flags.contains(&Flag::CopyReduced));
}

#[test]
fn case_081_a_copy_that_comes_back_for_its_size_is_made_smaller_once() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let copy = newest(&world);
    world.send_all(&SENT);
    let facts = world.report_status(9, copy, DeliveryOutcome::Failed, "5.3.4");
    assert_eq!(World::names(&facts), ["DeliveryReported", "ReducedCopyRequested"]);
    let smaller = newest(&world);
    world.send_all(&SENT);
    assert_eq!(world.state.hot().agents.holder(contact), Some(AgentNumber(1001)));
    let facts = world.report_status(10, smaller, DeliveryOutcome::Failed, "5.3.4");
    let names = ["DeliveryReported", "ContactRequeued", "AgentStateChanged"];
    assert_eq!(World::names(&facts), names, "nothing smaller can be made");
}
