//! A supervisor has a waiting contact served sooner or later.

use event::{Actor, ContactId, Fact, PriorityChanged, PriorityReason, Timestamp};
use projections::Place;

use crate::contact_command::open;
use crate::line_rules::awaited_from;
use crate::rights::{Act, check};
use crate::{Decision, NewEvent, Rejection, View};

/// A supervisor has a waiting contact served sooner or later.
#[derive(Clone, Debug)]
pub struct Prioritise {
    /// The contact.
    pub contact: ContactId,
    /// Higher is served first.
    pub priority: u8,
}

impl Prioritise {
    /// The rules of its queue go on from there.
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let Self { contact, priority } = *self;
        check(view, actor, Act::Supervise, contact)?;
        let Place::Waiting { priority: before, .. } = open(view, contact)?.place else {
            return Err(Rejection::NotWaiting(contact));
        };
        let mut events: Vec<NewEvent> = Vec::new();
        if before != priority {
            let reason = PriorityReason::Person;
            events.push(Fact::from(PriorityChanged { contact, priority, reason }).into());
            events.extend(awaited_from(view, contact, priority, now));
        }
        Ok(Decision::about(contact, events))
    }
}
