//! An agent signs in or out, or changes readiness.

use event::{AgentNumber, AgentState, Fact, RequeueReason};

use crate::contact_command::{listed, requeue_all};
use crate::line_rules::LineRules;
use crate::{Decision, NewEvent, Rejection, View};

/// An agent signs in or out, or changes readiness.
#[derive(Clone, Debug)]
pub struct SetAgentState {
    /// The agent.
    pub agent: AgentNumber,
    /// The state chosen.
    pub state: AgentState,
}

impl SetAgentState {
    /// What an agent holds who signs out returns to the head of its queue.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let agent = listed(view, self.agent)?;
        if agent.state == self.state {
            return Ok(Decision::unchanged());
        }
        let changed = Fact::AgentStateChanged { agent: self.agent, state: self.state.clone() };
        let mut events: Vec<NewEvent> = vec![changed.into()];
        if self.state == AgentState::SignedOut {
            let (rules, held) = (LineRules::in_force(view), agent.held.iter().copied());
            events.extend(requeue_all(view, rules, held, RequeueReason::SignedOut));
        }
        Ok(Decision::record(events))
    }
}
