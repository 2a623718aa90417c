//! A supervisor has a waiting contact served sooner or later.

use event::{Actor, ContactId, Fact, PriorityChanged, PriorityReason};
use projections::Place;

use crate::contact_command::open;
use crate::rights::{Act, check};
use crate::{Decision, Rejection, View};

/// A supervisor has a waiting contact served sooner or later.
#[derive(Clone, Debug)]
pub struct Prioritise {
    /// The contact.
    pub contact: ContactId,
    /// Higher is served first.
    pub priority: u8,
}

impl Prioritise {
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let Self { contact, priority } = *self;
        check(view, actor, Act::Supervise, contact)?;
        let Place::Waiting { priority: before, .. } = open(view, contact)?.place else {
            return Err(Rejection::NotWaiting(contact));
        };
        let reason = PriorityReason::Person;
        let changed = || Fact::from(PriorityChanged { contact, priority, reason });
        Ok(Decision::about(contact, (before != priority).then(changed)))
    }
}
