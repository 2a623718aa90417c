//! Contacts that an agent puts aside.

use event::{
    Actor, AgentNumber, AgentState, ContactId, ContactParked, Fact, HeldContacts, LateReason, Line,
    QueueReason, ServiceFact, Setting, ThreadId, Timer, Timestamp, UnparkReason,
};
use projections::Place;

use super::desk::{
    ADA, park, release, transfer, unpark, with_contact, with_contact_and, with_parked,
};
use super::world::{SENT, World, directory, start};
use crate::{Command, Destination, Fire, Park, Rejection, Unpark};

#[test]
fn an_agent_who_parks_a_contact_is_free_for_others_and_gets_it_back() {
    let (mut world, first) = with_contact();
    let second = world.arrive(2, "ann@customer.test");
    let facts = world.act(1001, park(None, false)).unwrap();
    assert_eq!(World::names(&facts)[..2], ["ContactParked", "ContactAssigned"]);
    assert_eq!(world.holder(second), Some(1001));
    let Place::Parked { entered, .. } = world.place(first) else { panic!("it is parked") };

    let facts = world.act(1001, unpark(None)).unwrap();
    let [
        Fact::Service(ServiceFact::ContactUnparked(unparked)),
        Fact::ContactQueued { line, entered: since, reason: QueueReason::Unparked, .. },
        ..,
    ] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(unparked.reason, UnparkReason::Person);
    assert_eq!((line, *since), (&Line::Agent(ADA), entered), "it waits for Ada, as of old");
    world.ready(1002);
    assert_eq!(world.holder(first), None, "for nobody else");
    world.act(1001, release(None)).unwrap();
    assert_eq!(world.holder(first), Some(1001));
}

#[test]
fn what_is_parked_goes_on_in_its_queue_where_its_agent_is_away() {
    let (mut world, contact) = with_parked(None, false);
    world.set(1001, AgentState::SignedOut);
    assert!(matches!(world.place(contact), Place::Parked { .. }), "signing out changes nothing");
    world.ready(1002);
    world.act(1001, unpark(Some(contact))).unwrap();
    assert_eq!(world.holder(contact), Some(1002));
}

#[test]
fn what_is_parked_goes_on_when_the_time_has_come() {
    let due = Timestamp(9_000_000);
    let (mut world, contact) = with_parked(Some(due), false);
    let timer = Timer::ParkOver(contact);
    assert_eq!(world.give(Command::Fire(Fire { timer })), [], "not yet");
    world.now = due;
    let facts = world.give(Command::Fire(Fire { timer }));
    let expected = ["TimerFired", "ContactUnparked", "ContactQueued"];
    assert_eq!(World::names(&facts)[..3], expected);
    assert_eq!(world.holder(contact), Some(1001));
    assert_eq!(world.give(Command::Fire(Fire { timer })), []);
}

#[test]
fn what_is_parked_goes_on_when_the_customer_writes_where_that_was_asked_for() {
    for (until_answer, other_thread) in [(true, false), (true, true), (false, false)] {
        let (mut world, contact) = with_parked(None, until_answer);
        world.arrive_with(2, "jo@customer.test", |mail| {
            mail.answers = (!other_thread).then_some(ThreadId(contact));
        });
        let unparked = world.log.iter().find_map(|event| match &event.fact {
            Fact::Service(ServiceFact::ContactUnparked(unparked)) => Some(unparked.reason),
            _ => None,
        });
        let expected = until_answer && !other_thread;
        assert_eq!(unparked, expected.then_some(UnparkReason::CustomerAnswered));
        assert_eq!(matches!(world.place(contact), Place::Parked { .. }), !expected);
    }
}

#[test]
fn an_unparked_contact_has_no_timer_any_more() {
    let queue = || Destination::Queue("sales".parse().unwrap());
    let ways: [fn(ContactId) -> Command; 3] = [
        |contact| unpark(Some(contact)),
        |contact| release(Some(contact)),
        |contact| transfer(Destination::Agent(AgentNumber(1002)), Some(contact)),
    ];
    for way in ways {
        let (mut world, contact) = with_parked(Some(Timestamp(9_000_000)), true);
        world.act(1001, way(contact)).unwrap();
        assert_eq!(world.state.hot().timers.due(Timer::ParkOver(contact)), None);
        assert_eq!(world.state.hot().contacts.parked(ThreadId(contact)).count(), 0);
    }
    let (mut world, contact) = with_parked(None, false);
    world.not_ready(1001);
    world.act(1001, transfer(queue(), Some(contact))).unwrap();
    assert!(matches!(world.place(contact), Place::Waiting { .. }));
}

#[test]
fn a_restart_leaves_parked_contacts_parked() {
    for held in [HeldContacts::Release, HeldContacts::Keep] {
        let (mut world, contact) = with_contact_and(vec![Setting::RestartHeldContacts(held)]);
        world.act(1001, park(None, true)).unwrap();
        let before = world.place(contact);
        world.give(start());
        assert_eq!(world.place(contact), before);
    }
}

#[test]
fn the_answer_of_an_agent_who_parked_the_contact_is_not_late() {
    let (mut world, contact) = with_parked(None, true);
    let late = |facts: &[Fact]| match facts {
        [Fact::ReplyReceived { late, .. }] => *late,
        other => panic!("{other:?}"),
    };
    assert_eq!(late(&world.answer(1, contact, 1001)), None);
    world.set(1001, AgentState::SignedOut);
    world.act(1001, unpark(Some(contact))).unwrap();
    assert_eq!(late(&world.answer(2, contact, 1001)), Some(LateReason::Transferred));
}

#[test]
fn parking_is_refused_where_it_means_nothing() {
    let (mut world, contact) = with_contact();
    assert_eq!(world.act(1001, park(Some(Timestamp(1)), false)), Err(Rejection::TimePast));
    assert_eq!(world.act(1001, unpark(None)), Err(Rejection::ParkedNothing(ADA)));
    world.act(1001, park(None, false)).unwrap();
    let twice = Park { agent: ADA, contact: Some(contact), until: None, until_answer: false };
    let refused = world.act(1001, Command::Park(twice));
    assert_eq!(refused, Err(Rejection::Parked(ADA, contact)));
    world.arrive(2, "ann@customer.test");
    world.act(1001, park(None, false)).unwrap();
    assert_eq!(world.act(1001, unpark(None)), Err(Rejection::ParkedSeveral(ADA, 2)));
    let another = Unpark { agent: AgentNumber(1002), contact: Some(contact) };
    let refused = world.act(1002, Command::Unpark(another));
    assert_eq!(refused, Err(Rejection::NotHeld(AgentNumber(1002), contact)));
}

#[test]
fn what_an_agent_has_parked_who_leaves_the_directory_is_back_in_its_queue() {
    let (mut world, parked) = with_parked(Some(Timestamp(9_000_000)), true);
    world.ready(1002);
    let facts = world.give(Command::LoadDirectory(directory(&[1002])));
    let names = ["DirectoryLoaded", "ContactRequeued", "ContactAssigned"];
    assert_eq!(World::names(&facts)[..3], names);
    assert_eq!(world.holder(parked), Some(1002));
    assert_eq!(world.state.hot().timers.due(Timer::ParkOver(parked)), None);
}

#[test]
fn a_parked_contact_is_passed_on_with_a_note() {
    let (mut world, contact) = with_parked(None, true);
    let out = Destination::Address("expert@partner.test".parse().unwrap());
    let facts = world.act(1001, transfer(out, Some(contact))).unwrap();
    assert_eq!(World::names(&facts), ["ContactNoted", "ContactTransferred"]);
    let noted = world.log.iter().rev().nth(1).unwrap();
    assert_eq!(noted.text(), Some("She wants it in French."));
    assert_eq!(noted.actor, Actor::Agent(ADA));
    let facts = world.send_all(&SENT);
    assert_eq!(World::names(&facts), ["SendStarted", "ContactDelivered", "ContactReleased"]);
}

#[test]
fn parked_facts_name_who_parked() {
    let (world, contact) = with_parked(None, true);
    let last = world.log.last().unwrap();
    let expected = ContactParked { contact, agent: ADA, until: None, until_answer: true };
    assert_eq!((&last.actor, &last.fact), (&Actor::Agent(ADA), &expected.into()));
}
