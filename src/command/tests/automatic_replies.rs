//! Who gets an automatic answer, and who does not.

use event::{
    ActionTaken, Actor, AutomaticKind, ContactId, Fact, Setting, StepFact, ThreadId,
    UncertainReason, WithheldReason,
};
use projections::{Place, SendState};

use super::world::{SENT, World, incoming, start};
use crate::{
    Command, Fire, LoadSettings, ReceiveMail, Rejection, SendAgain, SendOutcome, StartSend,
};

/// Answers, waits a minute, and queues what was answered for support, the rest for sales.
pub(crate) const APPLICATION: &str = r#"
start = "arrival"
[action.arrival]
do = "wait for e-mail"
exit.mail = "receipt"
[action.receipt]
do = "compose reply"
text = """
We have your mail, number {{ contact }}.
{{ mailbox }}
"""
exit.sent = "pause"
exit.withheld = "aside"
exit.error = "aside"
[action.pause]
do = "wait"
seconds = 60
exit.over = "line up"
[action."line up"]
do = "queue"
queue = "support"
exit.queued = "finish"
[action.aside]
do = "queue"
queue = "sales"
exit.queued = "finish"
[action.finish]
do = "end"
"#;

const DAY_MS: u64 = 86_400_000;

fn world() -> World {
    World::with(APPLICATION, Vec::new())
}

/// Why the newest contact got no answer; `None` where it got one.
fn withheld(world: &World) -> Option<WithheldReason> {
    let decided = world.log.iter().rev().find_map(|event| match &event.fact {
        Fact::AutomaticReplyRequested { .. } => Some(None),
        Fact::AutomaticReplyWithheld { reason, .. } => Some(Some(*reason)),
        _ => None,
    });
    decided.expect("something was decided")
}

fn requested(world: &World) -> usize {
    world
        .log
        .iter()
        .filter(|event| matches!(event.fact, Fact::AutomaticReplyRequested { .. }))
        .count()
}

#[track_caller]
fn check(
    world: &mut World,
    number: u32,
    from: &str,
    expected: Option<WithheldReason>,
) -> ContactId {
    let contact = world.arrive(number, from);
    assert_eq!(withheld(world), expected, "{from}");
    contact
}

#[test]
fn a_person_gets_an_answer_and_the_contact_goes_on() {
    let mut world = world();
    let contact = world.arrive_with(1, "jo@customer.test", |mail| {
        mail.parsed.subject = "Help {{ mailbox }}".to_owned();
        mail.parsed.reply_to = vec!["jane@customer.test".parse().unwrap()];
    });
    let asked = world.log.iter().find_map(event::Event::written).unwrap();
    assert_eq!(asked.to.as_str(), "jane@customer.test");
    assert_eq!(asked.subject, "Auto: Help {{ mailbox }}");
    assert_eq!(asked.text, format!("We have your mail, number {contact}.\nsupport\n"));
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "AutomaticReplySent"]);
    assert_eq!(world.state.hot().outbox.iter().count(), 0);
    let (due, timer) = world.state.hot().timers.next().unwrap();
    world.now = due;
    world.give(Command::Fire(Fire { timer }));
    let open = world.state.hot().contacts.get(contact).unwrap();
    assert!(matches!(&open.place, Place::Waiting { line, .. } if line.to_string() == "support"));
}

#[test]
fn case_050_to_054_what_no_person_wrote_gets_no_answer_and_is_named() {
    let kinds =
        [AutomaticKind::Answer, AutomaticKind::Bounce, AutomaticKind::Receipt, AutomaticKind::List];
    for kind in kinds {
        let mut world = world();
        let contact = world.arrive_with(1, "jo@customer.test", |mail| {
            mail.parsed.automatic = Some(kind);
        });
        let [.., recognised, arrival, reply, left, _, _, _] = world.log.as_slice() else {
            panic!()
        };
        assert_eq!(recognised.fact, Fact::AutomaticMailRecognised { contact, kind });
        assert_eq!(arrival.fact.name(), "ActionTaken");
        let Fact::AutomaticReplyWithheld { reason, .. } = &reply.fact else { panic!("{reply:?}") };
        assert_eq!(*reason, WithheldReason::Automatic(kind));
        assert!(
            matches!(&left.fact, Fact::Step(StepFact::ActionTaken(ActionTaken { exit: Some(exit), .. })) if exit.as_str() == "withheld")
        );
        let open = world.state.hot().contacts.get(contact).unwrap();
        assert!(matches!(&open.place, Place::Waiting { line, .. } if line.to_string() == "sales"));
        assert_eq!(world.state.hot().outbox.iter().count(), 0);
    }
}

#[test]
fn nobody_of_ours_gets_an_answer() {
    let mut world = world();
    let own = Some(WithheldReason::OwnAddress);
    check(&mut world, 1, "Support@desk.test", own);
    check(&mut world, 2, "internal@desk.test", own);
    check(&mut world, 3, "internal+c0123@desk.test", own);
    check(&mut world, 4, "a1001@desk.test", own);
    // Whoever asks for answers to one of us gets them under their own address.
    world.arrive_with(5, "jo@customer.test", |mail| {
        mail.parsed.reply_to = vec!["support@desk.test".parse().unwrap()];
    });
    assert_eq!(withheld(&world), None);
    world.arrive_with(6, "jo@customer.test", |mail| mail.parsed.from = None);
    assert_eq!(withheld(&world), Some(WithheldReason::NoAddress));
}

#[test]
fn a_thread_gets_one_answer_a_day() {
    let mut world = world();
    let first = check(&mut world, 1, "jo@customer.test", None);
    let answer = |mail: &mut ReceiveMail| mail.answers = Some(ThreadId(first));
    world.arrive_with(2, "jo@customer.test", answer);
    assert_eq!(withheld(&world), Some(WithheldReason::Thread));
    check(&mut world, 3, "jo@customer.test", None);
    world.now = world.now.plus_ms(DAY_MS);
    world.arrive_with(4, "jo@customer.test", answer);
    assert_eq!(withheld(&world), None);
}

#[test]
fn case_056_an_address_that_answers_every_answer_is_stopped() {
    let mut world = world();
    for number in 1..=5 {
        check(&mut world, number, "no-reply@customer.test", None);
    }
    check(&mut world, 6, "No-Reply@customer.test", Some(WithheldReason::Address));
    check(&mut world, 7, "jo@customer.test", None);
    world.now = world.now.plus_ms(DAY_MS);
    check(&mut world, 8, "no-reply@customer.test", None);
}

#[test]
fn a_peer_of_many_addresses_stops_at_the_limit_of_its_domain() {
    let mut world = world();
    let settings = vec![Setting::AutomaticRepliesPerDomainHour(3)];
    world.give(Command::LoadSettings(LoadSettings { settings }));
    for number in 1..=3 {
        check(&mut world, number, &format!("robot-{number}@customer.test"), None);
    }
    check(&mut world, 4, "robot-4@customer.test", Some(WithheldReason::Domain));
    check(&mut world, 5, "jo@other.test", None);
    world.now = world.now.plus_ms(3_600_000);
    check(&mut world, 6, "robot-6@customer.test", None);
}

#[test]
fn a_peer_of_many_domains_stops_at_the_limit_of_all() {
    let mut world = world();
    let settings = vec![Setting::AutomaticRepliesPerHour(3)];
    world.give(Command::LoadSettings(LoadSettings { settings }));
    for number in 1..=3 {
        check(&mut world, number, &format!("robot@{number}.test"), None);
    }
    check(&mut world, 4, "robot@4.test", Some(WithheldReason::Total));
    let settings = vec![Setting::AutomaticRepliesPerHour(0)];
    world.give(Command::LoadSettings(LoadSettings { settings }));
    world.now = world.now.plus_ms(DAY_MS);
    check(&mut world, 5, "jo@customer.test", Some(WithheldReason::Total));
}

#[test]
fn case_057_a_refused_answer_leads_to_nothing_further() {
    let mut world = world();
    world.arrive(1, "jo@customer.test");
    let refused = SendOutcome::Refused { code: 550, text: "no such user".to_owned() };
    assert_eq!(World::names(&world.send_all(&refused)), ["SendStarted", "SendRefused"]);
    assert_eq!(world.state.hot().outbox.iter().count(), 0);
}

#[test]
fn case_108_a_restart_asks_for_no_second_answer() {
    let mut world = world();
    let contact = check(&mut world, 1, "jo@customer.test", None);
    for _ in 0..3 {
        let facts = world.give(start());
        let again = [
            "EngineStarted",
            "ContactRestarted",
            "ActionTaken",
            "ActionTaken",
            "ApplicationPaused",
        ];
        assert_eq!(World::names(&facts), again, "it leaves by the same exit");
        // However long it was down.
        world.now = world.now.plus_ms(2 * DAY_MS);
    }
    assert_eq!(requested(&world), 1);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "AutomaticReplySent"]);
    assert!(world.state.hot().contacts.get(contact).is_some());
}

#[test]
fn an_uncertain_answer_is_sent_again_by_a_person_only() {
    let mut world = world();
    world.arrive(1, "jo@customer.test");
    let outgoing = world.state.hot().outbox.ready().next().unwrap();
    world.give(Command::StartSend(StartSend { outgoing, withheld: Vec::new() }));
    let facts = world.give(start());
    let uncertain = facts.iter().find_map(|fact| match fact {
        Fact::SendUncertain { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(uncertain, Some(UncertainReason::Restart));
    let second = Command::StartSend(StartSend { outgoing, withheld: Vec::new() });
    assert_eq!(world.try_give(Actor::Engine, second), Err(Rejection::NotToSend(outgoing)));
    world.give(Command::SendAgain(SendAgain { outgoing }));
    world.send_all(&SendOutcome::Uncertain);
    let entry = world.state.hot().outbox.get(outgoing).unwrap();
    assert!(matches!(entry.state, SendState::Uncertain { .. }));
    assert_eq!(requested(&world), 1);
}

#[test]
fn automatic_mail_of_the_thread_is_filed_and_starts_no_application() {
    let mut world = world();
    let contact = check(&mut world, 1, "jo@customer.test", None);
    let mut away = incoming(2, "jo@customer.test");
    away.answers = Some(ThreadId(contact));
    away.parsed.automatic = Some(AutomaticKind::Answer);
    let facts = world.give(Command::ReceiveMail(Box::new(away)));
    assert_eq!(World::names(&facts), ["MailFiled"]);
    assert_eq!(requested(&world), 1);
}
