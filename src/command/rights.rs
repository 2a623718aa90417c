//! Who may do what: the one place where a command asks whether its actor may give it.

use event::{Actor, AgentNumber, ContactId};
use projections::Place;

use crate::{Rejection, View};

/// What a command does to a contact, as far as rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// What the agent does who has it.
    Work,
    /// What somebody else decides about it.
    Supervise,
    /// What is written down about it, by anybody who works here.
    Remark,
}

/// Whether the actor may do that to a contact.
pub(crate) fn check(
    view: &View<'_>,
    actor: &Actor,
    act: Act,
    contact: ContactId,
) -> Result<(), Rejection> {
    let Actor::Agent(number) = *actor else { return Ok(()) };
    match act {
        Act::Work if has(view, number, contact) => Ok(()),
        Act::Work => Err(Rejection::NotHeld(number, contact)),
        Act::Supervise => Err(Rejection::ForSupervisors(number)),
        Act::Remark => Ok(()),
    }
}

/// The agent for whom a command acts: an agent for nobody but themselves, other people for the
/// one they name.
pub(crate) fn acting(actor: &Actor, named: Option<AgentNumber>) -> Option<AgentNumber> {
    match actor {
        Actor::Agent(number) => Some(*number),
        Actor::Engine | Actor::Mailbox(_) | Actor::Sender | Actor::User(_) => named,
    }
}

/// Whether an agent holds a contact, or has parked it.
pub(crate) fn has(view: &View<'_>, number: AgentNumber, contact: ContactId) -> bool {
    match view.hot.contacts.get(contact).map(|open| &open.place) {
        Some(Place::Held { agent, .. } | Place::Parked { agent, .. }) => *agent == number,
        Some(
            Place::Application
            | Place::Waiting { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. },
        )
        | None => false,
    }
}
