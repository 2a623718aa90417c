//! An agent does not take a contact that was given to them.

use event::{Actor, AgentNumber, AgentState, ContactId, Fact, RequeueReason, TeamReason};
use projections::Place;

use crate::contact_command::{meant, open, requeue};
use crate::{Decision, NewEvent, Rejection, View};

/// An agent does not take a contact that was given to them.
#[derive(Clone, Debug)]
pub struct Decline {
    /// The agent.
    pub agent: AgentNumber,
    /// The contact; else the only one they hold.
    pub contact: Option<ContactId>,
    /// Why.
    pub reason: Option<TeamReason>,
}

impl Decline {
    /// It goes back to the head of its queue, and the agent is not ready: else it would come
    /// straight back. What an agent works on already they pass on instead.
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let contact = meant(view, actor, Some(self.agent), self.contact)?;
        let Place::Held { agent, accept_until, begun, .. } = open(view, contact)?.place else {
            return Err(Rejection::Begun(self.agent, contact));
        };
        if begun && accept_until.is_none() {
            return Err(Rejection::Begun(agent, contact));
        }
        let requeued = requeue(view, contact, RequeueReason::Declined);
        Ok(Decision::about(contact, requeued.into_iter().chain(self.pause(view, agent))))
    }

    /// An agent who is not ready already stays so for the reason they gave then.
    fn pause(&self, view: &View<'_>, agent: AgentNumber) -> Option<NewEvent> {
        if view.hot.agents.get(agent)?.state != AgentState::Ready {
            return None;
        }
        let reason = self.reason.clone().or_else(|| TeamReason::new("declined").ok())?;
        let state = AgentState::NotReady { reason };
        Some(Fact::AgentStateChanged { agent, state }.into())
    }
}
