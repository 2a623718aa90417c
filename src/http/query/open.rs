//! Open contacts: where they are, since when, and for whom.

use engine::Views;
use event::{AgentNumber, ContactId, Line, QueueName, Timestamp};
use projections::{OpenContact, Place};

use super::state;
use crate::answer::{self, instant};

/// Which open contacts are meant.
#[derive(Clone, Debug, Default)]
pub struct OpenFilter {
    /// Those that are in a queue, or were in it last.
    pub queue: Option<QueueName>,
    /// Those that an agent has, or that wait for them.
    pub agent: Option<AgentNumber>,
}

impl OpenFilter {
    fn takes(&self, open: &OpenContact) -> bool {
        self.queue.as_ref().is_none_or(|queue| open.home.as_ref() == Some(queue))
            && self.agent.is_none_or(|agent| whereabouts(open).agent == Some(agent))
    }
}

/// The open contacts that are meant, in the order they arrived in, at most `count_max`.
pub fn open_contacts(
    views: &Views<'_>,
    filter: &OpenFilter,
    count_max: usize,
) -> Vec<answer::OpenContact> {
    let mut found: Vec<(ContactId, &OpenContact)> =
        views.hot.contacts.iter().filter(|(_, open)| filter.takes(open)).collect();
    found.sort_by_key(|(_, open)| open.arrival);
    found.truncate(count_max);
    found.into_iter().map(|(contact, open)| listed(views, contact, open)).collect()
}

fn listed(views: &Views<'_>, contact: ContactId, open: &OpenContact) -> answer::OpenContact {
    let Whereabouts { agent, since, priority, accept_until, parked_until } = whereabouts(open);
    answer::OpenContact {
        contact: contact.to_string(),
        thread: open.thread.to_string(),
        mailbox: open.mailbox.to_string(),
        arrived: instant(open.received),
        from: open.sender.as_ref().map(|sender| sender.address.to_string()),
        subject: open.subject.clone(),
        state: state(views, contact),
        since: since.map(instant),
        queue: open.home.as_ref().map(ToString::to_string),
        agent: agent.map(|agent| agent.0),
        priority,
        accept_by: accept_until.map(instant),
        parked_until: parked_until.map(instant),
        disposition: open.disposition.as_ref().map(ToString::to_string),
        tags: open.tags.iter().map(ToString::to_string).collect(),
    }
}

/// What a place says.
#[derive(Default)]
struct Whereabouts {
    agent: Option<AgentNumber>,
    since: Option<Timestamp>,
    priority: Option<u8>,
    accept_until: Option<Timestamp>,
    parked_until: Option<Timestamp>,
}

fn whereabouts(open: &OpenContact) -> Whereabouts {
    match &open.place {
        Place::Application => Whereabouts { since: Some(open.received), ..Whereabouts::default() },
        Place::Waiting { line, priority, entered } => Whereabouts {
            agent: match line {
                Line::Agent(agent) => Some(*agent),
                Line::Queue(_) => None,
            },
            since: Some(*entered),
            priority: Some(*priority),
            ..Whereabouts::default()
        },
        Place::Held { agent, priority, since, accept_until, .. } => Whereabouts {
            agent: Some(*agent),
            since: Some(*since),
            priority: Some(*priority),
            accept_until: *accept_until,
            parked_until: None,
        },
        Place::Parked { agent, priority, since, until, .. } => Whereabouts {
            agent: Some(*agent),
            since: Some(*since),
            priority: Some(*priority),
            accept_until: None,
            parked_until: *until,
        },
        Place::Leaving { priority, .. } => {
            Whereabouts { priority: Some(*priority), ..Whereabouts::default() }
        }
        Place::Forwarded { .. } => Whereabouts::default(),
    }
}
