//! What agents do with the contacts they have.

use event::{
    AcceptanceAwaited, AgentState, ContactId, Fact, Line, ReleaseReason, RequeueReason, Setting,
    Timer,
};
use projections::Place;

use super::desk::{
    ADA, accept, codes, decline, label, load_codes, note, park, release, unpark, with_contact,
    with_contact_and,
};
use super::world::{SENT, World, agent_address, reply};
use crate::{
    AddNote, AddTag, Command, Destination, Finding, NoteText, Rejection, Release, SetDisposition,
    Transfer,
};

/// Ada has a minute to accept the contact.
fn await_acceptance(world: &mut World, contact: ContactId) {
    let until = world.now.plus_ms(60_000);
    world.happen(AcceptanceAwaited { contact, agent: ADA, until });
    assert!(world.state.hot().timers.due(Timer::AcceptOver(contact)).is_some());
}

#[test]
fn an_agent_who_has_to_accept_does_so_by_saying_it_or_by_working() {
    let cases: [(Command, &[&str]); 4] = [
        (accept(), &["ContactAccepted"]),
        (note(None), &["ContactAccepted", "ContactNoted"]),
        (label("solved", None), &["ContactAccepted", "DispositionSet"]),
        (park(None, true), &["ContactAccepted", "ContactParked"]),
    ];
    for (command, expected) in cases {
        let (mut world, contact) = with_contact();
        await_acceptance(&mut world, contact);
        assert_eq!(World::names(&world.act(1001, command.clone()).unwrap()), expected);
        assert_eq!(world.state.hot().timers.due(Timer::AcceptOver(contact)), None);
        let (mut world, _) = with_contact();
        let facts = world.act(1001, command).unwrap();
        assert_eq!(World::names(&facts), expected[1..], "where nobody waits for it");
    }
}

#[test]
fn an_answer_accepts_what_it_answers() {
    let (mut world, contact) = with_contact();
    await_acceptance(&mut world, contact);
    let finding = Finding::Delivery(world.delivery(contact, 1001));
    let mut reply = reply(9, &agent_address(1001), finding);
    reply.screening.elsewhere = 1;
    let facts = world.give(Command::ReceiveReply(Box::new(reply)));
    assert_eq!(World::names(&facts), ["ContactAccepted", "ReplyReceived", "ReplyScreened"]);
    let Some(Fact::ReplyScreened { reply, .. }) = facts.last() else { panic!("{facts:?}") };
    let named = &world.log[usize::try_from(reply.0.0).unwrap() - 1].fact;
    assert_eq!(named.name(), "ReplyReceived", "what was found is about the answer");
}

#[test]
fn what_others_do_accepts_nothing() {
    let (mut world, contact) = with_contact();
    await_acceptance(&mut world, contact);
    let text = NoteText::new("He is a regular.").unwrap();
    let supervisors = AddNote { agent: None, contact: Some(contact), text };
    let facts = world.supervise(Command::AddNote(supervisors)).unwrap();
    assert_eq!(World::names(&facts), ["ContactNoted"]);
    let facts = world.act(1002, note(Some(contact))).unwrap();
    assert_eq!(World::names(&facts), ["ContactNoted"]);
    let code = "solved".parse().unwrap();
    let label = SetDisposition { agent: None, contact: Some(contact), code };
    let facts = world.supervise(Command::SetDisposition(label)).unwrap();
    assert_eq!(World::names(&facts), ["DispositionSet"]);
    assert!(world.act(1001, decline(None)).is_ok());
}

#[test]
fn a_declined_contact_is_first_in_its_queue_and_its_agent_is_not_ready() {
    for (awaited, reason, expected) in [(true, None, "declined"), (false, Some("lunch"), "lunch")] {
        let (mut world, contact) = with_contact();
        let entered = world.state.hot().contacts.get(contact).unwrap().lined_up;
        if awaited {
            await_acceptance(&mut world, contact);
        }
        world.arrive(2, "ann@customer.test");
        let facts = world.act(1001, decline(reason)).unwrap();
        let [
            Fact::ContactRequeued { reason: RequeueReason::Declined, entered: since, .. },
            Fact::AgentStateChanged { state: AgentState::NotReady { reason }, .. },
        ] = facts.as_slice()
        else {
            panic!("{facts:?}")
        };
        assert_eq!((*since, reason.as_str()), (entered, expected));
        world.ready(1002);
        assert_eq!(world.holder(contact), Some(1002));
    }
}

#[test]
fn an_agent_who_is_not_ready_already_declines_for_the_reason_given_then() {
    let (mut world, _) = with_contact();
    world.not_ready(1001);
    let facts = world.act(1001, decline(None)).unwrap();
    assert_eq!(World::names(&facts), ["ContactRequeued"]);
}

#[test]
fn what_was_passed_to_an_agent_who_declines_it_goes_to_the_queue_it_came_from() {
    let (mut world, contact) = with_contact();
    world.act(1001, park(None, false)).unwrap();
    world.act(1001, unpark(None)).unwrap();
    assert_eq!(world.holder(contact), Some(1001));
    world.act(1001, decline(None)).unwrap();
    let Place::Waiting { line, .. } = world.place(contact) else { panic!("it waits") };
    assert_eq!(line, Line::Queue("support".parse().unwrap()));
}

#[test]
fn what_an_agent_works_on_is_not_declined() {
    for command in [note(None), label("solved", None)] {
        let (mut world, contact) = with_contact();
        world.act(1001, command).unwrap();
        assert_eq!(world.act(1001, decline(None)), Err(Rejection::Begun(ADA, contact)));
    }
    let (mut world, contact) = with_contact();
    world.answer(5, contact, 1001);
    assert_eq!(world.act(1001, decline(None)), Err(Rejection::Begun(ADA, contact)));
}

#[test]
fn where_a_queue_needs_a_code_nothing_is_released_without_one() {
    let (mut world, contact) = with_contact_and(vec![Setting::ReleaseOnReply(true)]);
    load_codes(&mut world, &[], &["solved", "spam"], true);
    let refused = world.act(1001, release(None)).unwrap_err();
    assert_eq!(refused, Rejection::NoDisposition(contact, codes(&["solved", "spam"])));
    assert!(refused.to_string().contains("solved, spam"), "{refused}");
    world.answer(1, contact, 1001);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "ReplyRelayed"]);
    let named = Command::Release(Release { agent: None, contact: Some(contact) });
    assert!(world.supervise(named).is_err(), "for supervisors neither");
    let away = Command::Transfer(Transfer {
        agent: Some(ADA),
        contact: None,
        to: Destination::Address("expert@other.test".parse().unwrap()),
        note: None,
    });
    assert!(world.act(1001, away).is_err(), "passing it on to an address ends it, too");
    world.act(1001, label("solved", None)).unwrap();
    assert_eq!(world.holder(contact), Some(1001), "the agent ends it");
    world.answer(2, contact, 1001);
    let facts = world.send_all(&SENT);
    let [_, _, Fact::ContactReleased { reason: ReleaseReason::Reply, .. }] = facts.as_slice()
    else {
        panic!("{facts:?}")
    };
}

#[test]
fn codes_are_those_of_the_queue_else_of_the_directory_else_any() {
    let refused = |code: &str, allowed: &[&str]| {
        Err(Rejection::UnknownDisposition(code.parse().unwrap(), codes(allowed)))
    };
    let (all, some, none): (&[&str], &[&str], &[&str]) = (&["late", "solved"], &["solved"], &[]);
    for (listed, queue, open, released) in [
        (all, some, Some(some), Some(all)),
        (all, none, Some(all), Some(all)),
        (none, none, None, None),
    ] {
        let (mut world, contact) = with_contact();
        load_codes(&mut world, listed, queue, false);
        for (is_open, allowed) in [(true, open), (false, released)] {
            if !is_open {
                world.act(1001, release(None)).unwrap();
            }
            let label = |code| label(code, Some(contact));
            for code in ["solved", "late", "odd"] {
                let is_allowed = allowed.is_none_or(|allowed| allowed.contains(&code));
                let outcome = world.act(1001, label(code)).map(|_| ());
                let expected = if is_allowed { Ok(()) } else { refused(code, allowed.unwrap()) };
                assert_eq!(outcome, expected, "{code}, {listed:?}, {queue:?}, open: {is_open}");
            }
        }
    }
}

#[test]
fn notes_and_tags_are_added_to_released_contacts_too() {
    let (mut world, contact) = with_contact();
    let tag = |tag: &str| {
        let tag = tag.parse().unwrap();
        Command::AddTag(AddTag { agent: Some(ADA), contact: Some(contact), tag })
    };
    assert_eq!(World::names(&world.act(1001, tag("invoice")).unwrap()), ["ContactTagged"]);
    assert_eq!(world.act(1001, tag("invoice")), Ok(Vec::new()), "it is so already");
    world.act(1001, note(None)).unwrap();
    world.act(1001, release(None)).unwrap();
    for command in [note(Some(contact)), tag("invoice")] {
        assert_eq!(world.act(1001, command).unwrap().len(), 1);
    }
    assert_eq!(world.act(1001, note(None)), Err(Rejection::HoldsNothing(ADA)));
    let nobody = ContactId::from_bytes([7; 8]);
    assert_eq!(world.act(1001, note(Some(nobody))), Err(Rejection::UnknownContact(nobody)));
    for (text, fits) in
        [("x".repeat(10_000), true), ("x".repeat(10_001), false), (" ".into(), false)]
    {
        assert_eq!(NoteText::new(&text).is_ok(), fits);
    }
}
