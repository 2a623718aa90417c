//! What commands about one contact share: which contact is meant, and the way back to its queue.

use event::{Actor, AgentNumber, ContactId, Fact, RequeueReason};
use projections::Place;

use crate::line_rules::{LineRules, awaited};
use crate::{NewEvent, Rejection, View};

/// The contact a person means: the named one, else the only one the agent holds.
///
/// An agent may only name a contact they hold; other people may name any.
pub(crate) fn meant(
    view: &View<'_>,
    actor: &Actor,
    agent: Option<AgentNumber>,
    contact: Option<ContactId>,
) -> Result<ContactId, Rejection> {
    let agent = match actor {
        Actor::Agent(number) => Some(*number),
        Actor::Engine | Actor::Mailbox(_) | Actor::Sender | Actor::User(_) => agent,
    };
    match (agent, contact) {
        (Some(number), named) => {
            let agent = view.hot.agents.get(number).ok_or(Rejection::UnknownAgent(number))?;
            match named {
                Some(contact) if agent.held.contains(&contact) => Ok(contact),
                Some(contact) => Err(Rejection::NotHeld(number, contact)),
                None if agent.held.len() > 1 => {
                    Err(Rejection::HoldsSeveral(number, agent.held.len()))
                }
                None => agent.held.first().copied().ok_or(Rejection::HoldsNothing(number)),
            }
        }
        (None, Some(contact)) => Ok(contact),
        (None, None) => Err(Rejection::HoldsNothing(AgentNumber(0))),
    }
}

/// Puts a held contact back at the head of the line it came from, its waiting time kept.
pub(crate) fn requeue(view: &View<'_>, contact: ContactId, reason: RequeueReason) -> Vec<NewEvent> {
    requeue_under(view, LineRules::in_force(view), contact, reason)
}

/// Puts held contacts back, in the order they arrived in: those that began to wait in the same
/// millisecond keep their order. They wait on by `rules`.
pub(crate) fn requeue_all<'a>(
    view: &View<'_>,
    rules: LineRules<'_>,
    held: impl Iterator<Item = &'a ContactId>,
    reason: RequeueReason,
) -> impl Iterator<Item = NewEvent> {
    let arrival = |contact: &&ContactId| view.hot.contacts.get(**contact).map(|open| open.arrival);
    let mut held: Vec<&ContactId> = held.collect();
    held.sort_by_key(arrival);
    held.into_iter().flat_map(move |&contact| requeue_under(view, rules, contact, reason))
}

fn requeue_under(
    view: &View<'_>,
    rules: LineRules<'_>,
    contact: ContactId,
    reason: RequeueReason,
) -> Vec<NewEvent> {
    let Some(
        Place::Held { line, priority, entered, .. }
        | Place::Leaving { line, priority, entered, .. },
    ) = view.hot.contacts.get(contact).map(|open| &open.place)
    else {
        return Vec::new();
    };
    let (line, priority, entered) = (line.clone(), *priority, *entered);
    let requeued = Fact::ContactRequeued { contact, line, priority, entered, reason };
    let awaited = awaited(view, rules, contact, view.hot.time);
    std::iter::once(requeued.into()).chain(awaited).collect()
}
