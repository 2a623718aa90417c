//! An agent takes a contact that waits.

use event::{Actor, AgentChoice, AgentNumber, ContactId, Line, Timestamp};
use projections::Place;

use crate::contact_command::{check_room, open};
use crate::rights::acting;
use crate::routing::assign_to;
use crate::{Decision, Rejection, View};

/// An agent takes a contact that waits, whether or not it is next.
#[derive(Clone, Debug)]
pub struct Pull {
    /// The agent.
    pub agent: AgentNumber,
    /// The contact.
    pub contact: ContactId,
}

impl Pull {
    /// Only from a queue they serve, or where it waits for them, and not beyond their capacity.
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let number = acting(actor, Some(self.agent)).unwrap_or(self.agent);
        let contact = self.contact;
        let agent = check_room(view, number)?;
        let Place::Waiting { line, .. } = &open(view, contact)?.place else {
            return Err(Rejection::NotWaiting(contact));
        };
        let is_served = match line {
            Line::Queue(queue) => agent.serves(queue, &[]),
            Line::Agent(only) => *only == number,
        };
        if !is_served {
            return Err(Rejection::NotServed(number, line.clone()));
        }
        Ok(Decision::about(contact, assign_to(view, contact, number, AgentChoice::Pulled, now)))
    }
}
