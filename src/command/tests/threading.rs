//! Which mails belong together, and in which order they are served.

use std::collections::BTreeSet;

use event::AgentNumber;

use super::world::World;

#[test]
fn case_043_two_hundred_answers_to_a_newsletter_are_two_hundred_threads() {
    let mut world = World::new();
    // Our mailbox has the newsletter, too.
    world.arrive(1, "news@business.test");
    let mut threads = BTreeSet::new();
    for number in 2..202 {
        let contact = world.arrive_with(number, &format!("reader{number}@customer.test"), |mail| {
            mail.parsed.subject = "Re: mail 1".to_owned();
            mail.parsed.in_reply_to = vec!["1@test".to_owned()];
            mail.parsed.references = vec!["0@test".to_owned(), "1@test".to_owned()];
        });
        threads.insert(world.state.archive().contact(contact).unwrap().unwrap().thread);
    }
    assert_eq!(threads.len(), 200);
}

#[test]
fn case_110_who_becomes_ready_last_gets_the_oldest() {
    let mut world = World::new();
    world.ready(1001);
    world.not_ready(1001);
    let contacts = [1, 2, 3].map(|number| world.arrive(number, "jo@customer.test"));
    world.ready(1001);
    assert_eq!(world.state.hot().agents.holder(contacts[0]), Some(AgentNumber(1001)));
    assert_eq!(
        contacts.map(|contact| world.state.hot().agents.holder(contact)).map(|h| h.is_some()),
        [true, false, false]
    );
}
