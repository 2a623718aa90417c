//! A contact ends.

use event::{Actor, AgentNumber, ContactId, Fact, ReleaseReason};
use projections::Place;

use crate::contact_command::{meant, missing_code, open};
use crate::{Decision, Rejection, View};

/// A contact ends.
#[derive(Clone, Debug)]
pub struct Release {
    /// Whose contact, where none is named.
    pub agent: Option<AgentNumber>,
    /// The contact.
    pub contact: Option<ContactId>,
}

impl Release {
    /// Refused where its queue needs a disposition code and there is none.
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let contact = meant(view, actor, self.agent, self.contact)?;
        let open = open(view, contact)?;
        if let Some(codes) = missing_code(view, open) {
            return Err(Rejection::NoDisposition(contact, codes.to_vec()));
        }
        let agent = match open.place {
            Place::Held { agent, .. } | Place::Parked { agent, .. } => Some(agent),
            Place::Application
            | Place::Waiting { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. } => None,
        };
        let is_supervised = matches!(actor, Actor::User(_)) && self.agent.is_none();
        let reason = if is_supervised { ReleaseReason::Supervisor } else { ReleaseReason::Agent };
        Ok(Decision::about(contact, [Fact::ContactReleased { contact, agent, reason }]))
    }
}
