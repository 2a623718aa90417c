//! A parked contact goes on.

use event::{
    Actor, AgentNumber, ContactId, ContactUnparked, Fact, Line, QueueReason, Timestamp,
    UnparkReason,
};
use projections::{Agent, OpenContact, Place, ShelfError};

use crate::contact_command::meant;
use crate::queueing::{Entry, enqueue};
use crate::rights::acting;
use crate::{Decision, NewEvent, Rejection, View};

/// An agent takes a contact back that they put aside.
#[derive(Clone, Debug)]
pub struct Unpark {
    /// The agent.
    pub agent: AgentNumber,
    /// The contact; else the only one they have parked.
    pub contact: Option<ContactId>,
}

impl Unpark {
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let agent = acting(actor, Some(self.agent)).unwrap_or(self.agent);
        let contact = match self.contact {
            Some(contact) => contact,
            None => only_parked(view, agent)?,
        };
        let contact = meant(view, actor, Some(agent), Some(contact))?;
        Ok(Decision::about(contact, unpark(view, contact, UnparkReason::Person, now)?))
    }
}

/// Has a parked contact go on: it waits for its agent, where they are signed in, else in the queue
/// it came from, as if it had waited all the time. Nothing where it is not parked.
pub(crate) fn unpark(
    view: &View<'_>,
    contact: ContactId,
    reason: UnparkReason,
    now: Timestamp,
) -> Result<Vec<NewEvent>, ShelfError> {
    let Some(open) = view.hot.contacts.get(contact) else { return Ok(Vec::new()) };
    let Place::Parked { agent, priority, entered, .. } = open.place else { return Ok(Vec::new()) };
    let (line, skills) = (way_on(view, open, agent), open.skills.clone());
    let entry = Entry { line, priority, entered, reason: QueueReason::Unparked, skills };
    let unparked = Fact::from(ContactUnparked { contact, reason });
    let queued = enqueue(view, contact, entry, now)?;
    Ok(std::iter::once(unparked.into()).chain(queued).collect())
}

fn way_on(view: &View<'_>, open: &OpenContact, number: AgentNumber) -> Line {
    let is_in = view.hot.agents.get(number).is_some_and(Agent::is_signed_in);
    match &open.home {
        Some(home) if !is_in => Line::Queue(home.clone()),
        Some(_) | None => Line::Agent(number),
    }
}

fn only_parked(view: &View<'_>, number: AgentNumber) -> Result<ContactId, Rejection> {
    let mut parked = parked_by(view, number);
    match (parked.next(), parked.count()) {
        (Some(contact), 0) => Ok(contact),
        (Some(_), more) => Err(Rejection::ParkedSeveral(number, more + 1)),
        (None, _) => Err(Rejection::ParkedNothing(number)),
    }
}

/// What an agent has parked.
pub(crate) fn parked_by(view: &View<'_>, number: AgentNumber) -> impl Iterator<Item = ContactId> {
    view.hot.contacts.iter().filter_map(move |(contact, open)| {
        matches!(open.place, Place::Parked { agent, .. } if agent == number).then_some(contact)
    })
}
