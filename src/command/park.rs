//! An agent puts a contact aside and is free for others.

use event::{Actor, AgentNumber, ContactId, ContactParked, Fact, Timestamp};
use projections::Place;

use crate::contact_command::{accepted, meant, open};
use crate::{Decision, NewEvent, Rejection, View};

/// An agent puts a contact aside and is free for others.
#[derive(Clone, Debug)]
pub struct Park {
    /// The agent.
    pub agent: AgentNumber,
    /// The contact; else the only one they hold.
    pub contact: Option<ContactId>,
    /// When it goes on, at the latest.
    pub until: Option<Timestamp>,
    /// Whether it goes on once the customer writes in the thread.
    pub until_answer: bool,
}

impl Park {
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let contact = meant(view, actor, Some(self.agent), self.contact)?;
        let Place::Held { agent, .. } = open(view, contact)?.place else {
            return Err(Rejection::Parked(self.agent, contact));
        };
        if self.until.is_some_and(|until| until <= now) {
            return Err(Rejection::TimePast);
        }
        let (until, until_answer) = (self.until, self.until_answer);
        let parked = Fact::from(ContactParked { contact, agent, until, until_answer });
        let accepted = accepted(view, contact, Some(agent));
        Ok(Decision::about(contact, accepted.into_iter().chain([NewEvent::from(parked)])))
    }
}
