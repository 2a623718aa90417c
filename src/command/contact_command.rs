//! What commands about one contact share: which contact is meant, its rules, and the way back to
//! its queue.

use event::{
    Actor, AgentNumber, ContactAccepted, ContactId, DispositionCode, Fact, Line, QueueName,
    RequeueReason, Target,
};
use projections::{Agent, OpenContact, Place, QueueRules, Waited};

use crate::line_rules::{LineRules, awaited_in};
use crate::rights::{Act, acting, check, has};
use crate::{NewEvent, Rejection, View};

/// The contact a person means to work on: the named one, else the only one the agent holds.
///
/// For an agent only what they hold or have parked may be named.
pub(crate) fn meant(
    view: &View<'_>,
    actor: &Actor,
    agent: Option<AgentNumber>,
    contact: Option<ContactId>,
) -> Result<ContactId, Rejection> {
    let contact = match (acting(actor, agent), contact) {
        (Some(number), named) => {
            let agent = view.hot.agents.get(number).ok_or(Rejection::UnknownAgent(number))?;
            match named {
                Some(contact) if has(view, number, contact) => contact,
                Some(contact) => {
                    open(view, contact)?;
                    return Err(Rejection::NotHeld(number, contact));
                }
                None if agent.held.len() > 1 => {
                    return Err(Rejection::HoldsSeveral(number, agent.held.len()));
                }
                None => agent.held.first().copied().ok_or(Rejection::HoldsNothing(number))?,
            }
        }
        (None, Some(contact)) => contact,
        (None, None) => return Err(Rejection::NothingNamed),
    };
    check(view, actor, Act::Work, contact)?;
    Ok(contact)
}

/// The contact a person means to write something down about: the named one, open or not, else the
/// only one the agent holds.
pub(crate) fn remarked(
    view: &View<'_>,
    actor: &Actor,
    agent: Option<AgentNumber>,
    contact: Option<ContactId>,
) -> Result<ContactId, Rejection> {
    let Some(contact) = contact else { return meant(view, actor, agent, None) };
    check(view, actor, Act::Remark, contact)?;
    if view.hot.contacts.get(contact).is_none() {
        view.archive.contact(contact)?.ok_or(Rejection::UnknownContact(contact))?;
    }
    Ok(contact)
}

/// A contact that is not released.
pub(crate) fn open<'a>(view: &View<'a>, contact: ContactId) -> Result<&'a OpenContact, Rejection> {
    match view.hot.contacts.get(contact) {
        Some(open) => Ok(open),
        None if view.archive.contact(contact)?.is_some() => Err(Rejection::NotOpen(contact)),
        None => Err(Rejection::UnknownContact(contact)),
    }
}

/// That the agent who has to accept a contact does so, where they act now.
pub(crate) fn accepted(
    view: &View<'_>,
    contact: ContactId,
    acting: Option<AgentNumber>,
) -> Option<NewEvent> {
    match view.hot.contacts.get(contact)?.place {
        Place::Held { agent, accept_until: Some(_), .. } if acting == Some(agent) => {
            Some(Fact::from(ContactAccepted { contact, agent }).into())
        }
        Place::Held { .. }
        | Place::Application
        | Place::Waiting { .. }
        | Place::Parked { .. }
        | Place::Leaving { .. }
        | Place::Forwarded { .. } => None,
    }
}

/// An agent of the directory.
pub(crate) fn listed<'a>(view: &View<'a>, number: AgentNumber) -> Result<&'a Agent, Rejection> {
    let agent = view.hot.agents.get(number).filter(|agent| agent.listed);
    agent.ok_or(Rejection::UnknownAgent(number))
}

/// The line of an agent of the directory, for what is passed on to them.
pub(crate) fn line_of_agent(
    view: &View<'_>,
    number: AgentNumber,
) -> Result<(Line, Target), Rejection> {
    listed(view, number)?;
    Ok((Line::Agent(number), Target::Agent(number)))
}

/// The line of a queue of the directory, for what is passed on to it.
pub(crate) fn line_of_queue(
    view: &View<'_>,
    queue: &QueueName,
) -> Result<(Line, Target), Rejection> {
    if !view.hot.directory.queues.contains_key(queue) {
        return Err(Rejection::UnknownQueue(queue.clone()));
    }
    Ok((Line::Queue(queue.clone()), Target::Queue(queue.clone())))
}

/// An agent who is at work and holds less than they may.
pub(crate) fn check_room<'a>(view: &View<'a>, number: AgentNumber) -> Result<&'a Agent, Rejection> {
    let agent = listed(view, number)?;
    if !agent.is_signed_in() {
        return Err(Rejection::SignedOut(number));
    }
    if agent.held.len() >= usize::from(agent.capacity) {
        return Err(Rejection::AtCapacity(number, agent.held.len()));
    }
    Ok(agent)
}

/// The rules of the queue a contact is in, or was in last; `None` where it never was in one.
pub(crate) fn rules<'a>(view: &View<'a>, open: &OpenContact) -> Option<&'a QueueRules> {
    view.hot.directory.queues.get(open.home.as_ref()?)
}

/// The disposition codes of which a contact must have one before it is released, where it has
/// none; those that may be set otherwise, where that is empty, are any.
pub(crate) fn missing_code<'a>(
    view: &View<'a>,
    open: &OpenContact,
) -> Option<&'a [DispositionCode]> {
    let rules = rules(view, open)?;
    (rules.disposition_required && open.disposition.is_none()).then_some(&rules.dispositions)
}

/// Puts a contact that an agent has, or that did not get to its address, back at the head of the
/// line it came from, its waiting time kept.
pub(crate) fn requeue(view: &View<'_>, contact: ContactId, reason: RequeueReason) -> Vec<NewEvent> {
    requeue_under(view, LineRules::in_force(view), contact, reason)
}

/// Puts contacts back, in the order they arrived in: those that began to wait in the same
/// millisecond keep their order. They wait on by `rules`.
pub(crate) fn requeue_all(
    view: &View<'_>,
    rules: LineRules<'_>,
    contacts: impl Iterator<Item = ContactId>,
    reason: RequeueReason,
) -> impl Iterator<Item = NewEvent> {
    let arrival = |contact: &ContactId| view.hot.contacts.get(*contact).map(|open| open.arrival);
    let mut contacts: Vec<ContactId> = contacts.collect();
    contacts.sort_by_key(arrival);
    contacts.into_iter().flat_map(move |contact| requeue_under(view, rules, contact, reason))
}

fn requeue_under(
    view: &View<'_>,
    rules: LineRules<'_>,
    contact: ContactId,
    reason: RequeueReason,
) -> Vec<NewEvent> {
    let Some(open) = view.hot.contacts.get(contact) else { return Vec::new() };
    let (line, priority, entered) = match &open.place {
        Place::Held { line, priority, entered, .. }
        | Place::Parked { line, priority, entered, .. }
        | Place::Leaving { line, priority, entered, .. } => (line, *priority, *entered),
        Place::Forwarded { waited: Some(Waited { line, priority, entered }), .. } => {
            (line, *priority, *entered)
        }
        Place::Application | Place::Waiting { .. } | Place::Forwarded { .. } => return Vec::new(),
    };
    let line = way_back(view, open, line, reason);
    let awaited = awaited_in(view, rules, contact, &line);
    let requeued = Fact::ContactRequeued { contact, line, priority, entered, reason };
    std::iter::once(requeued.into()).chain(awaited).collect()
}

/// The line a contact goes back to. What waited for one agent who does not take it goes to the
/// queue it was in before, where there was one.
fn way_back(view: &View<'_>, open: &OpenContact, line: &Line, reason: RequeueReason) -> Line {
    let is_taken = match reason {
        RequeueReason::DeliveryFailed | RequeueReason::Bounced => true,
        RequeueReason::SignedOut
        | RequeueReason::AgentRemoved
        | RequeueReason::NotAccepted
        | RequeueReason::Declined => false,
    };
    let waits_for = |agent| view.hot.agents.get(agent).is_some_and(|agent| agent.listed);
    match (line, &open.home) {
        (Line::Agent(agent), Some(home)) if !is_taken || !waits_for(*agent) => {
            Line::Queue(home.clone())
        }
        (Line::Agent(_) | Line::Queue(_), _) => line.clone(),
    }
}
