//! A timer is due.

use event::{
    AgentState, ContactId, Fact, RequeueReason, TeamReason, Timer, Timestamp, UnparkReason,
};
use projections::Place;

use crate::contact_command::requeue;
use crate::line_rules::apply_rules;
use crate::unpark::unpark;
use crate::{Decision, NewEvent, Rejection, View};

/// A timer is due.
#[derive(Clone, Debug)]
pub struct Fire {
    /// Which.
    pub timer: Timer,
}

impl Fire {
    /// A timer that is not set any more, or not due yet, does nothing.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let Some(due) = view.hot.timers.due(self.timer).filter(|due| *due <= now) else {
            return Ok(Decision::unchanged());
        };
        let led_to = match self.timer {
            Timer::SendAgain(_) | Timer::WaitOver(_) | Timer::PreferenceOver(_) => Vec::new(),
            Timer::ParkOver(contact) => unpark(view, contact, UnparkReason::Time, now)?,
            Timer::AcceptOver(contact) => not_accepted(view, contact),
            Timer::RuleDue(contact) => apply_rules(view, contact, due, now)?,
        };
        let fired = NewEvent::from(Fact::TimerFired { timer: self.timer });
        Ok(Decision::record(std::iter::once(fired).chain(led_to)))
    }
}

/// A contact that its agent did not accept goes to somebody else, and the agent gets no other.
fn not_accepted(view: &View<'_>, contact: ContactId) -> Vec<NewEvent> {
    let Some(Place::Held { agent, accept_until: Some(_), .. }) =
        view.hot.contacts.get(contact).map(|open| &open.place)
    else {
        return Vec::new();
    };
    let mut events = requeue(view, contact, RequeueReason::NotAccepted);
    if let Ok(reason) = TeamReason::new("not accepted") {
        let state = AgentState::NotReady { reason };
        events.push(Fact::AgentStateChanged { agent: *agent, state }.into());
    }
    events
}
