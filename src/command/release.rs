//! A contact ends.

use event::{Actor, AgentNumber, ContactId, Fact, ReleaseReason};

use crate::contact_command::meant;
use crate::{Answer, Decision, Rejection, View};

/// A contact ends.
#[derive(Clone, Debug)]
pub struct Release {
    /// Whose contact, where none is named.
    pub agent: Option<AgentNumber>,
    /// The contact.
    pub contact: Option<ContactId>,
}

impl Release {
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let contact = meant(view, actor, self.agent, self.contact)?;
        if view.hot.contacts.get(contact).is_none() {
            let known = view.archive.contact(contact)?.is_some();
            return Err(if known {
                Rejection::NotOpen(contact)
            } else {
                Rejection::UnknownContact(contact)
            });
        }
        let agent = view.hot.agents.holder(contact);
        let fact = Fact::ContactReleased { contact, agent, reason: ReleaseReason::Agent };
        Ok(Decision { events: vec![fact.into()], answer: Answer::Contact(contact) })
    }
}
