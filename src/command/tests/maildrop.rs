//! Mail on POP3 servers, whose ids are good only as long as the mail lies there.

use event::{Fact, MailRefusal, Mark, QuarantineReason, ReplyRefusal, Timestamp};
use projections::{Accounted, Maildrop};

use super::world::{World, incoming, reply};
use crate::{
    ActivateMailbox, Command, Finding, QuarantineMail, ReceiveMail, RecordVanished, RefuseMail,
};

fn pop3(uidl: &str) -> Mark {
    Mark::Pop3 { uidl: uidl.to_owned() }
}

/// Mail number `number`, which lies on the server as `uidl`.
fn mail(number: u32, uidl: &str) -> ReceiveMail {
    let mut mail = incoming(number, "jo@customer.test");
    mail.source.mark = pop3(uidl);
    mail
}

fn receive(world: &mut World, mail: &ReceiveMail) -> Vec<&'static str> {
    let facts = world.give(Command::ReceiveMail(Box::new(mail.clone())));
    World::names(&facts).into_iter().take(1).collect()
}

fn vanish(world: &mut World, uidls: &[&str]) -> Vec<Fact> {
    let uidls = uidls.iter().map(|&uidl| uidl.to_owned()).collect();
    world.give(Command::RecordVanished(RecordVanished {
        mailbox: "support".parse().unwrap(),
        uidls,
    }))
}

/// Opens the mailbox, in which these messages lie already.
fn activate(world: &mut World, history: &[&str]) {
    for uidl in history {
        let source = mail(0, uidl).source;
        let refuse = RefuseMail { source, size: 5, reason: MailRefusal::History };
        assert_eq!(world.give(Command::RefuseMail(refuse.clone())).len(), 1);
        assert_eq!(world.give(Command::RefuseMail(refuse)), [], "{uidl} is history already");
    }
    let activate = ActivateMailbox { source: mail(0, "").source };
    assert_eq!(world.give(Command::ActivateMailbox(activate.clone())).len(), 1);
    assert_eq!(world.give(Command::ActivateMailbox(activate)), []);
}

fn known(world: &World) -> &Maildrop {
    world.state.hot().maildrops.get(&"support".parse().unwrap()).unwrap()
}

#[test]
fn an_id_that_is_used_again_names_another_mail() {
    let mut world = World::new();
    activate(&mut world, &[]);
    assert_eq!(receive(&mut world, &mail(1, "1")), ["ContactArrived"]);
    assert_eq!(receive(&mut world, &mail(1, "1")), [""; 0], "it still lies there");
    // The first was deleted, and nobody has looked since.
    assert_eq!(receive(&mut world, &mail(2, "1")), ["ContactArrived"]);
    assert_eq!(world.state.hot().contacts.len(), 2);
}

#[test]
fn mail_under_other_ids_is_recognised_and_put_down_once() {
    let mut world = World::new();
    activate(&mut world, &[]);
    receive(&mut world, &mail(1, "a"));
    assert_eq!(receive(&mut world, &mail(1, "b")), ["MailDuplicated"]);
    assert_eq!(receive(&mut world, &mail(1, "b")), [""; 0]);
    // A server that showed an empty mailbox for a while.
    let facts = vanish(&mut world, &["a", "b", "never heard of"]);
    let [Fact::MailVanished { marks, .. }] = facts.as_slice() else { panic!("{facts:?}") };
    assert_eq!(marks, &[pop3("a"), pop3("b")]);
    assert_eq!(known(&world).uidls().count(), 0);
    assert_eq!(receive(&mut world, &mail(1, "a")), ["MailDuplicated"]);
    assert!(known(&world).get("a").is_some(), "else it would be fetched again and again");
    assert_eq!(vanish(&mut world, &["b"]), []);
    assert_eq!(world.state.hot().contacts.len(), 1);
}

#[test]
fn history_stays_history_when_its_ids_change() {
    let mut world = World::new();
    activate(&mut world, &["a", "b"]);
    let opened = world.now;
    let mut old = mail(1, "c");
    old.received = Timestamp(opened.0 - 60_000);
    // Somebody put an old mail back into a mailbox whose ids are as they were.
    assert_eq!(receive(&mut world, &old), ["ContactArrived"]);
    vanish(&mut world, &["a", "b", "c"]);
    let mut old = mail(2, "d");
    old.received = Timestamp(opened.0 - 60_000);
    let facts = world.give(Command::ReceiveMail(Box::new(old.clone())));
    let [Fact::MailRefused { reason: MailRefusal::History, .. }] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    assert_eq!(known(&world).get("d"), Some(Accounted::History));
    let mut new = mail(3, "e");
    new.received = opened;
    assert_eq!(receive(&mut world, &new), ["ContactArrived"]);
}

#[test]
fn what_was_not_deleted_is_not_recorded_again() {
    let mut world = World::new();
    activate(&mut world, &[]);
    let mut stray = reply(1, "eve@x.test", Finding::NoToken);
    stray.source.mark = pop3("1");
    let give = |world: &mut World, stray: &crate::ReceiveReply| {
        world.give(Command::ReceiveReply(Box::new(stray.clone())))
    };
    let facts = give(&mut world, &stray);
    assert!(matches!(facts[..], [Fact::ReplyRefused { reason: ReplyRefusal::NoToken, .. }]));
    assert_eq!(give(&mut world, &stray), []);
    stray.message.digest.0[0] ^= 1;
    assert_eq!(give(&mut world, &stray).len(), 1, "another mail under the same id");

    let quarantine = |number, uidl: &str| {
        let ReceiveMail { source, message, received, .. } = mail(number, uidl);
        let (message, reason) = (Some(message), QuarantineReason::NoHeader);
        Command::QuarantineMail(QuarantineMail { source, message, reason, received })
    };
    assert_eq!(world.give(quarantine(5, "5")).len(), 1);
    assert_eq!(world.give(quarantine(5, "5")), []);
    assert_eq!(world.give(quarantine(6, "5")).len(), 1, "another mail under the same id");
    assert_eq!(world.state.hot().quarantine.iter().count(), 2);
    // The first can be read after an update; the second stays.
    assert_eq!(receive(&mut world, &mail(5, "5")), ["ContactArrived"]);
    assert_eq!(world.state.hot().quarantine.iter().count(), 1);
}
