//! Who is told of a mail that is too large, and who is not.

use event::{AutomaticKind, Fact, MailRefusal, Mark, Position, Setting, Timestamp, WithheldReason};

use super::world::{APPLICATION, SENT, World, agent_address, incoming, start};
use crate::{ActivateMailbox, Command, RefuseOversize, SendOutcome};

const DAY_MS: u64 = 86_400_000;

/// Mail number `number` from `from`, which arrives now.
fn oversize(world: &World, number: u32, from: &str) -> RefuseOversize {
    let mail = incoming(number, from);
    RefuseOversize {
        source: mail.source,
        size: 30_000_000,
        size_max: 25_000_000,
        header: mail.message,
        parsed: mail.parsed,
        digest: mail.digest,
        received: world.now,
    }
}

fn refuse(world: &mut World, mail: &RefuseOversize) -> Vec<Fact> {
    world.give(Command::RefuseOversize(Box::new(mail.clone())))
}

/// A mail is refused, and its writer is told, or is not for this reason.
#[track_caller]
fn check(world: &mut World, mail: &RefuseOversize, expected: Option<WithheldReason>) {
    let at = Position(world.log.len() as u64 + 1);
    let facts = refuse(world, mail);
    let [Fact::MailRefused { reason, .. }, Fact::OversizeHeaderKept { refusal, withheld, .. }] =
        &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert_eq!((*reason, *refusal, *withheld), (MailRefusal::Oversize, at, expected));
}

#[test]
fn case_081_the_writer_of_a_mail_that_is_too_large_is_told_once() {
    let mut world = World::new();
    let mail = oversize(&world, 1, "jo@customer.test");
    check(&mut world, &mail, None);
    let written = world.log.last().unwrap().written().unwrap().clone();
    assert_eq!(written.to.as_str(), "jo@customer.test");
    assert!(written.text.contains("it has 30 MB"), "{}", written.text);
    assert_eq!(refuse(&mut world, &mail), [], "it still lies there");
    // Somebody copied it, or the server counts anew.
    let mut copy = mail.clone();
    copy.source = incoming(2, "jo@customer.test").source;
    assert_eq!(World::names(&refuse(&mut world, &copy)), ["MailRefused"]);

    let names = ["SendStarted", "SendUncertain"];
    assert_eq!(World::names(&world.send_all(&SendOutcome::Uncertain)), names);
    world.give(start());
    assert_eq!(world.send_all(&SENT), [], "only a person sends it again");

    let mail = oversize(&world, 3, "ann@customer.test");
    check(&mut world, &mail, None);
    assert_eq!(World::names(&world.send_all(&SENT)), ["SendStarted", "NoticeSent"]);
    assert_eq!(world.state.hot().contacts.len(), 0);
}

#[test]
fn case_081_nobody_is_told_who_would_answer_it_again() {
    let mut world = World::new();
    let mut mail = oversize(&world, 1, "jo@customer.test");
    mail.parsed.automatic = Some(AutomaticKind::Bounce);
    check(&mut world, &mail, Some(WithheldReason::Automatic(AutomaticKind::Bounce)));
    let mut mail = oversize(&world, 2, "jo@customer.test");
    mail.parsed.from = None;
    check(&mut world, &mail, Some(WithheldReason::NoAddress));
    let mail = oversize(&world, 3, "support@desk.test");
    check(&mut world, &mail, Some(WithheldReason::OwnAddress));
    let mail = oversize(&world, 4, &agent_address(1001));
    check(&mut world, &mail, Some(WithheldReason::OwnAddress));
    assert_eq!(world.state.hot().outbox.iter().count(), 0);
}

#[test]
fn case_081_an_agent_is_told_that_an_answer_was_too_large() {
    let mut world = World::new();
    let internal = |world: &World, number, from: &str| {
        let mut mail = oversize(world, number, from);
        mail.source.mailbox = "internal".parse().unwrap();
        mail
    };
    let mail = internal(&world, 1, &agent_address(1001));
    check(&mut world, &mail, None);
    // As some companies' servers mark all mail.
    let mut mail = internal(&world, 2, &agent_address(1002));
    mail.parsed.automatic = Some(AutomaticKind::List);
    check(&mut world, &mail, None);
    let mut mail = internal(&world, 3, &agent_address(1003));
    mail.parsed.automatic = Some(AutomaticKind::Answer);
    check(&mut world, &mail, Some(WithheldReason::Automatic(AutomaticKind::Answer)));
    // Somebody to whom an agent passed a copy on, or who forges one.
    let mail = internal(&world, 4, "jo@customer.test");
    check(&mut world, &mail, Some(WithheldReason::Stranger));
}

#[test]
fn case_081_nobody_is_told_of_what_came_long_ago() {
    let mut world = World::new();
    world.now = Timestamp(10 * DAY_MS);
    let mut mail = oversize(&world, 1, "jo@customer.test");
    mail.received = Timestamp(2 * DAY_MS);
    check(&mut world, &mail, Some(WithheldReason::Old));
    mail = oversize(&world, 2, "jo@customer.test");
    mail.received = Timestamp(4 * DAY_MS);
    check(&mut world, &mail, None);
}

#[test]
fn case_081_what_lay_there_before_is_history_under_another_number_too() {
    let mut world = World::new();
    let source = incoming(0, "jo@customer.test").source;
    let received = world.now;
    world.now = received.plus_ms(DAY_MS);
    world.give(Command::ActivateMailbox(ActivateMailbox { source }));
    let mut mail = RefuseOversize { received, ..oversize(&world, 3, "jo@customer.test") };
    mail.source.mark = Mark::Imap { uid_validity: 2, uid: 1 };
    let facts = refuse(&mut world, &mail);
    let [Fact::MailRefused { reason: MailRefusal::History, .. }] = &facts[..] else {
        panic!("{facts:?}")
    };
}

#[test]
fn case_081_notices_count_as_automatic_answers() {
    let limit = Setting::AutomaticRepliesPerAddressDay(2);
    let mut world = World::with(APPLICATION, vec![limit]);
    for number in [1, 2] {
        let mail = oversize(&world, number, "jo@customer.test");
        check(&mut world, &mail, None);
    }
    let mail = oversize(&world, 3, "jo@customer.test");
    check(&mut world, &mail, Some(WithheldReason::Address));
}
