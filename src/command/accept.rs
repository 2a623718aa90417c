//! An agent takes on a contact that was given to them.

use event::{Actor, AgentNumber, ContactId};

use crate::contact_command::{accepted, meant};
use crate::rights::acting;
use crate::{Decision, Rejection, View};

/// An agent takes on a contact that was given to them.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The agent.
    pub agent: AgentNumber,
    /// The contact; else the only one they hold.
    pub contact: Option<ContactId>,
}

impl Accept {
    /// Where nobody waits for that there is nothing to do.
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let agent = Some(self.agent);
        let contact = meant(view, actor, agent, self.contact)?;
        Ok(Decision::about(contact, accepted(view, contact, acting(actor, agent))))
    }
}
