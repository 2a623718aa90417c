//! Mails with a great many people on them, and threads that quote everything again and again.

use event::{Address, Fact, Private};

use super::world::{SENT, World, agent_address, reply};
use crate::{Command, Finding};

#[test]
fn case_035_five_hundred_in_cc_are_one_contact_and_fifty_copies() {
    let mut world = World::new();
    let crowd: Vec<Address> =
        (0..500).map(|number| format!("p{number}@crowd.test").parse().unwrap()).collect();
    let contact = world.arrive_with(1, "jo@customer.test", |mail| mail.parsed.cc = crowd.clone());
    let arrivals = world.log.iter().filter(|event| event.fact.name() == "ContactArrived");
    let [arrived] = arrivals.collect::<Vec<_>>()[..] else { panic!("one contact") };
    let mail = arrived.mail().unwrap();
    assert_eq!(
        (&mail.others, mail.answer_to.as_ref().unwrap().as_str()),
        (&crowd, "jo@customer.test")
    );
    world.ready(1001);
    world.send_all(&SENT);

    let mut delivery = world.delivery(contact, 1001);
    delivery.external = crowd.clone();
    let reply = reply(1, &agent_address(1001), Finding::Delivery(delivery));
    let facts = world.give(Command::ReceiveReply(Box::new(reply)));
    let is_copy = |fact: &&Fact| matches!(fact, Fact::ReplyCopyRequested { .. });
    assert_eq!(facts.iter().filter(is_copy).count(), 50);
    let letters = world.log.iter().filter_map(|event| match &event.private {
        Some(Private::Letter(letter)) => Some(letter),
        _ => None,
    });
    let [letter] = letters.collect::<Vec<_>>()[..] else { panic!("one reply") };
    assert_eq!(letter.cc, crowd[..50], "the customer sees whom the answer goes to");
    assert_eq!(letter.left_out, 450);
}

/// Twenty mails of one thread, each of which quotes all before it twice.
#[test]
fn case_089_views_and_events_do_not_grow_with_quoted_text() {
    let state = |quotes: bool| {
        let mut world = World::new();
        let mut text = "Where is my parcel?\r\n".to_owned();
        for number in 1..=20 {
            if quotes {
                text = format!("And now?\r\n> {text}\r\n> {text}");
                text.truncate(1 << 20);
            }
            let raw = format!("From: jo@customer.test\r\nSubject: parcel\r\n\r\n{text}");
            let read = mail::parse(raw.as_bytes()).unwrap();
            world.arrive_with(number, "jo@customer.test", |mail| {
                mail.parsed.text = read.text;
                mail.parsed.in_reply_to = vec!["1@test".to_owned()];
            });
        }
        assert_eq!(quotes, text.len() > 500_000);
        (world.state.hot().to_bytes().unwrap(), world.log)
    };
    let (plain, quoted) = (state(false), state(true));
    assert_eq!(quoted.0.len(), plain.0.len());
    assert_eq!(quoted.1, plain.1);
}
