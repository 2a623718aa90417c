//! What is to be seen about a contact at once.

use event::{ContactId, Fact};
use mail::Seal;
use projections::Flag;

use super::world::World;
use crate::{Command, ReceiveMail, StartSend};

fn flags(world: &World, contact: ContactId) -> Vec<Flag> {
    let record = world.state.archive().contact(contact).unwrap().unwrap();
    record.flags.into_iter().collect()
}

#[test]
fn case_044_another_subject_in_the_same_thread_is_flagged() {
    let mut world = World::new();
    let mail = |world: &mut World, number: u32, subject: &str| {
        world.arrive_with(number, "jo@customer.test", |mail: &mut ReceiveMail| {
            mail.parsed.subject = subject.to_owned();
            if number > 1 {
                mail.parsed.in_reply_to = vec!["1@test".to_owned()];
            }
        })
    };
    let first = mail(&mut world, 1, "printer");
    assert_eq!(flags(&world, first), []);
    let answer = mail(&mut world, 2, "AW: [desk] Printer");
    assert_eq!(flags(&world, answer), []);
    let other = mail(&mut world, 3, "invoice");
    assert_eq!(flags(&world, other), [Flag::SubjectChanged]);
    for number in 4..6 {
        let known =
            mail(&mut world, number, ["Re: printer", "Re: invoice", ""][number as usize % 3]);
        assert_eq!(flags(&world, known), [], "{number}");
    }
    let threads = [first, answer, other]
        .map(|contact| world.state.archive().contact(contact).unwrap().unwrap().thread);
    assert_eq!(threads, [threads[0]; 3]);
}

#[test]
fn the_subject_of_an_agents_answer_is_no_change() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    world.answer(7, contact, 1001);
    let letter = world.log.last().and_then(|event| event.letter().cloned()).unwrap();
    assert_eq!(letter.mail.subject, "mail 7");
    let answer = world.arrive_with(2, "jo@customer.test", |mail| {
        mail.parsed.subject = "Re: mail 7".to_owned();
        mail.parsed.in_reply_to = vec!["1@test".to_owned()];
    });
    assert_eq!(flags(&world, answer), []);
}

#[test]
fn case_026_a_message_id_with_another_body_is_flagged() {
    let mut world = World::new();
    let first = world.arrive(1, "jo@customer.test");
    let second = world.arrive_with(2, "jo@customer.test", |mail| {
        mail.parsed.message_id = Some("1@test".to_owned());
    });
    assert_ne!(first, second);
    assert_eq!(
        (flags(&world, first), flags(&world, second)),
        (vec![], vec![Flag::MessageIdRepeated])
    );
}

#[test]
fn case_067_encrypted_mail_is_flagged_and_signed_mail_is_not() {
    let mut world = World::new();
    let sealed = |world: &mut World, number: u32, seal: Seal| {
        let contact = world.arrive_with(number, "jo@customer.test", |mail| {
            mail.parsed.seal = Some(seal);
        });
        flags(world, contact)
    };
    assert_eq!(sealed(&mut world, 1, Seal::Encrypted), [Flag::Encrypted]);
    assert_eq!(sealed(&mut world, 2, Seal::Signed), []);
}

#[test]
fn case_085_withheld_attachments_are_recorded_before_the_copy_is_sent() {
    let mut world = World::new();
    let contact = world.arrive(1, "jo@customer.test");
    world.ready(1001);
    let outgoing = world.state.hot().outbox.ready().next().unwrap();
    let withheld = vec!["a.exe".to_owned(), "b.js".to_owned()];
    let facts = world.give(Command::StartSend(StartSend { outgoing, withheld }));
    let [Fact::AttachmentsWithheld { count: 2, .. }, Fact::SendStarted { .. }] = facts.as_slice()
    else {
        panic!("{facts:?}");
    };
    assert!(world.log.iter().any(|event| event.text() == Some("a.exe, b.js")));
    assert_eq!(flags(&world, contact), [Flag::AttachmentsWithheld]);
}
