//! An interaction is labelled, or its label corrected.

use event::{Actor, AgentNumber, ContactId, DispositionCode, Fact};

use crate::contact_command::meant;
use crate::{Answer, Decision, Rejection, View};

/// An interaction is labelled.
#[derive(Clone, Debug)]
pub struct SetDisposition {
    /// Whose contact, where none is named.
    pub agent: Option<AgentNumber>,
    /// The contact; it may be released already.
    pub contact: Option<ContactId>,
    /// The code.
    pub code: DispositionCode,
}

impl SetDisposition {
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let contact = match self.contact {
            // A correction comes after the release, when nobody holds the contact any more.
            Some(contact) if view.hot.contacts.get(contact).is_none() => {
                view.archive.contact(contact)?.ok_or(Rejection::UnknownContact(contact))?;
                contact
            }
            named => meant(view, actor, self.agent, named)?,
        };
        let code = self.code.clone();
        let events = vec![Fact::DispositionSet { contact, code }.into()];
        Ok(Decision { events, answer: Answer::Contact(contact) })
    }
}
