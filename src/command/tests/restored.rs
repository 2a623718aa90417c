//! IMAP folders that were put back to an earlier state and give UIDs a second time.

use event::{AutomaticKind, Fact, MailRefusal, ReplyRefusal};

use super::world::{SENT, World, agent_address, incoming, reply};
use crate::{Command, Finding, QuarantineMail, ReceiveMail, ReceiveReply, RefuseMail};

fn receive(world: &mut World, mail: &ReceiveMail) -> Vec<Fact> {
    world.give(Command::ReceiveMail(Box::new(mail.clone())))
}

fn take(world: &mut World, reply: &ReceiveReply) -> Vec<Fact> {
    world.give(Command::ReceiveReply(Box::new(reply.clone())))
}

#[test]
fn a_new_reply_under_a_used_uid_is_relayed_and_old_mail_is_not_recorded_again() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.send_all(&SENT);
    let delivery = Finding::Delivery(world.delivery(contact, 1001));
    let agent = agent_address(1001);
    let first = reply(10, &agent, delivery.clone());
    let stray = reply(11, "eve@x.test", Finding::NoToken);
    let last = reply(20, "eve@x.test", Finding::NoToken);
    for (mail, name) in
        [(&first, "ReplyReceived"), (&stray, "ReplyRefused"), (&last, "ReplyRefused")]
    {
        assert_eq!(take(&mut world, mail)[0].name(), name);
    }
    // All of it is offered again.
    for mail in [&first, &stray, &last] {
        assert_eq!(take(&mut world, mail), []);
    }
    // Mail 10 and what followed are lost on the server, and another reply has got its number.
    let mut second = reply(30, &agent, delivery);
    second.source = first.source.clone();
    assert_eq!(take(&mut world, &second)[0].name(), "ReplyReceived");
    assert_eq!(take(&mut world, &second), []);
    let mut other = reply(31, "eve@x.test", Finding::NoToken);
    other.source = stray.source.clone();
    let facts = take(&mut world, &other);
    assert!(matches!(facts[..], [Fact::ReplyRefused { reason: ReplyRefusal::NoToken, .. }]));
    // The first comes once more, by another way.
    let mut copy = first.clone();
    copy.source = last.source.clone();
    assert_eq!(take(&mut world, &copy)[0].name(), "MailDuplicated");
    assert_eq!(take(&mut world, &copy), []);
}

#[test]
fn mail_without_a_contact_is_told_by_its_content_too() {
    let mut world = World::new();
    world.arrive(1, "jo@customer.test");
    let mut vacation = incoming(2, "jo@customer.test");
    vacation.parsed.in_reply_to = vec!["1@test".to_owned()];
    vacation.parsed.automatic = Some(AutomaticKind::Answer);
    assert_eq!(World::names(&receive(&mut world, &vacation)), ["MailFiled"]);
    assert_eq!(receive(&mut world, &vacation), []);
    let mut another = vacation.clone();
    (another.message, another.digest) = (incoming(3, "x@y.test").message, [7; 32]);
    assert_eq!(World::names(&receive(&mut world, &another)), ["MailFiled"]);

    let source = incoming(5, "x@y.test").source;
    let reason = MailRefusal::Oversize;
    let refuse = |size| Command::RefuseMail(RefuseMail { source: source.clone(), size, reason });
    assert_eq!(world.give(refuse(1000)).len(), 1);
    assert_eq!(world.give(refuse(1000)), []);
    assert_eq!(world.give(refuse(1001)).len(), 1);

    let mail = incoming(6, "x@y.test");
    let quarantine = |message| {
        let (source, received) = (mail.source.clone(), mail.received);
        let reason = event::QuarantineReason::Withheld;
        Command::QuarantineMail(QuarantineMail { source, message, reason, received })
    };
    assert_eq!(world.give(quarantine(None)).len(), 1);
    assert_eq!(world.give(quarantine(None)), []);
    // It came when it was asked for once more, and could not be read.
    assert_eq!(world.give(quarantine(Some(mail.message))).len(), 1);
    assert_eq!(world.state.hot().quarantine.iter().count(), 1);
    assert_eq!(receive(&mut world, &mail)[0].name(), "ContactArrived");
    assert_eq!(world.state.hot().quarantine.iter().count(), 0);
    assert_eq!(world.give(quarantine(None)), [], "it is a contact by now");
}

#[test]
fn a_copy_of_a_known_mail_is_put_down_once_under_each_number() {
    let mut world = World::new();
    world.arrive(1, "jo@customer.test");
    world.arrive(9, "ann@customer.test");
    let mut copy = incoming(1, "jo@customer.test");
    copy.source = incoming(9, "ann@customer.test").source;
    assert_eq!(receive(&mut world, &copy)[0].name(), "MailDuplicated");
    assert_eq!(receive(&mut world, &copy), []);
}
