//! Tests of the language as its users meet it.

mod broken;
mod check;
mod diff;
mod drawings;
mod examples;
mod expressions;
mod manual;
mod read;
mod schedules;
mod schema;
mod tables;
mod templates;

use crate::{QueueValues, ScheduleValues, Values, Variables};

/// An application that uses every kind of action.
const OFFICE: &str = include_str!("office.toml");

/// What is known of an example.
fn variables() -> Variables {
    let mut values = Values::default();
    values.contact.id = "C7".to_owned();
    values.contact.subject = "Offer & <b>more</b> {{ now }}".to_owned();
    values.contact.sender = "jo@example.org".to_owned();
    values.contact.language = "fr".to_owned();
    values.contact.size = 2_048;
    values.contact.attachments = vec!["invoice.pdf".to_owned(), "photo.jpg".to_owned()];
    values.contact.tags = vec!["vip".to_owned()];
    values.verification.dmarc = "pass".to_owned();
    values.mailbox.name = "support".to_owned();
    values.mailbox.display_name = "Support desk".to_owned();
    values.thread.last_handling_agent = "1001:a1@ct.com".to_owned();
    values.thread.last_handling_agent_number = "1001".to_owned();
    values.agents.ready = 2;
    values.parameters.insert("wf.level".parse().unwrap(), "gold".to_owned());
    values.parameters.insert("wf.account number".parse().unwrap(), "77".to_owned());
    let open = ScheduleValues { open: true, ..ScheduleValues::default() };
    values.schedules.insert("desk".parse().unwrap(), open);
    let queue = QueueValues { waiting: 3, longest_wait_s: 90, free_agents: 1, signed_in_agents: 4 };
    values.queues.insert("first line".parse().unwrap(), queue);
    values.now = event::Timestamp(1_790_000_000_000);
    Variables::from(&values)
}
