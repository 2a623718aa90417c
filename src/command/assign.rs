//! A supervisor gives a contact to an agent.

use event::{Actor, AgentChoice, AgentNumber, ContactId, Timestamp};
use projections::Place;

use crate::contact_command::{check_room, open};
use crate::rights::{Act, check};
use crate::routing::assign_to;
use crate::{Decision, Rejection, View};

/// A supervisor gives a waiting or parked contact to an agent, whatever queues they serve.
#[derive(Clone, Debug)]
pub struct Assign {
    /// The contact.
    pub contact: ContactId,
    /// The agent.
    pub agent: AgentNumber,
}

impl Assign {
    /// Only to an agent who is at work and holds less than they may.
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let Self { contact, agent: number } = *self;
        check(view, actor, Act::Supervise, contact)?;
        match open(view, contact)?.place {
            Place::Waiting { .. } | Place::Parked { .. } => {}
            Place::Held { agent, .. } if agent == number => {
                return Err(Rejection::SameAgent(number, contact));
            }
            Place::Held { agent, .. } => {
                return Err(Rejection::HeldByAnother(agent, contact, number));
            }
            Place::Application | Place::Leaving { .. } | Place::Forwarded { .. } => {
                return Err(Rejection::NotToMove(contact));
            }
        }
        check_room(view, number)?;
        Ok(Decision::about(contact, assign_to(view, contact, number, AgentChoice::Assigned, now)))
    }
}
