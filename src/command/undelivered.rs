//! A copy did not reach its handler: the contact goes back, and whoever must know is told.

use event::{
    Address, AgentState, ContactId, Fact, ForwardFailed, Handler, OutgoingId, Position, Private,
    RequeueReason, TeamReason, ThreadId,
};
use projections::{OpenContact, Place};

use crate::contact_command::requeue;
use crate::{NewEvent, View};

/// What a notice is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// The contact.
    pub contact: ContactId,
    /// Its thread.
    pub thread: ThreadId,
    /// The position of its arrival.
    pub arrival: Position,
}

/// The contact goes back to the head of its queue and its agent is not ready, where it still is
/// with whoever this copy was for. One that its application forwarded returns to its application,
/// and to the line where it waited before.
pub(crate) fn take_back(
    view: &View<'_>,
    contact: ContactId,
    copy: OutgoingId,
    handler: Handler,
    reason: RequeueReason,
) -> Vec<NewEvent> {
    if !is_current_copy(view, contact, copy) {
        return Vec::new();
    }
    let forwarded = view.hot.contacts.get(contact).is_some_and(OpenContact::is_forwarded);
    let mut events = requeue(view, contact, reason);
    if forwarded {
        events.insert(0, Fact::from(ForwardFailed { contact, outgoing: copy }).into());
        return events;
    }
    // Without this the next contact would go the same way.
    if let Handler::Agent(agent) = handler
        && let Ok(reason) = TeamReason::new("delivery failed")
    {
        let state = AgentState::NotReady { reason };
        events.push(Fact::AgentStateChanged { agent, state }.into());
    }
    events
}

/// A smaller copy for the handler, where the contact is still with whoever this copy was for.
pub(crate) fn reduce(
    view: &View<'_>,
    subject: Subject,
    copy: OutgoingId,
    handler: Handler,
    to: &Address,
) -> Option<NewEvent> {
    let Subject { contact, thread, arrival } = subject;
    let fact = Fact::ReducedCopyRequested { contact, thread, arrival, handler, copy };
    is_current_copy(view, contact, copy).then(|| NewEvent::with(fact, Private::Address(to.clone())))
}

/// Has an agent told of the event at `about`; nobody where they have no mailbox any more, or the
/// contact was with a plain address.
pub(crate) fn tell(
    view: &View<'_>,
    handler: Option<Handler>,
    subject: Subject,
    about: Position,
) -> Option<NewEvent> {
    let Some(Handler::Agent(number)) = handler else { return None };
    let address = view.hot.directory.agents.get(&number)?.address.clone()?;
    Some(notice(address, subject, about))
}

/// A notice to an address.
pub(crate) fn notice(address: Address, subject: Subject, about: Position) -> NewEvent {
    let Subject { contact, thread, arrival } = subject;
    let fact = Fact::NoticeRequested { contact, thread, arrival, about };
    NewEvent::with(fact, Private::Address(address))
}

/// Whether the contact is with whoever this copy was for.
fn is_current_copy(view: &View<'_>, contact: ContactId, copy: OutgoingId) -> bool {
    match view.hot.contacts.get(contact).map(|open| &open.place) {
        Some(
            Place::Held { outgoing, .. }
            | Place::Leaving { outgoing, .. }
            | Place::Forwarded { outgoing, .. },
        ) => *outgoing == copy,
        Some(Place::Application | Place::Waiting { .. } | Place::Parked { .. }) | None => false,
    }
}
