//! An interaction is labelled, or its label corrected.

use event::{Actor, AgentNumber, ContactId, DispositionCode, Fact};

use crate::contact_command::{accepted, meant, remarked, rules};
use crate::rights::acting;
use crate::{Decision, NewEvent, Rejection, View};

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
    /// The code is one of those of its queue, where that names any, else of the directory, where
    /// that names any. After the release nobody knows the queue, and those of the directory count.
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let is_open = |contact| view.hot.contacts.get(contact).is_some();
        let contact = match self.contact {
            // A correction comes after the release, when nobody holds the contact any more.
            Some(contact) if !is_open(contact) => remarked(view, actor, self.agent, Some(contact))?,
            named => meant(view, actor, self.agent, named)?,
        };
        let allowed = allowed(view, contact);
        if !allowed.is_empty() && !allowed.contains(&self.code) {
            return Err(Rejection::UnknownDisposition(self.code.clone(), allowed));
        }
        let code = self.code.clone();
        let set = NewEvent::from(Fact::DispositionSet { contact, code });
        let accepted = accepted(view, contact, acting(actor, self.agent));
        Ok(Decision::about(contact, accepted.into_iter().chain([set])))
    }
}

/// The codes a contact may have; any where there are none.
fn allowed(view: &View<'_>, contact: ContactId) -> Vec<DispositionCode> {
    let rules = view.hot.contacts.get(contact).and_then(|open| rules(view, open));
    match rules {
        Some(rules) if !rules.dispositions.is_empty() => rules.dispositions.clone(),
        Some(_) | None => view.hot.directory.dispositions.iter().cloned().collect(),
    }
}
