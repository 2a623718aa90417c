//! Somebody gives a contact a word by which it is found again.

use event::{Actor, AgentNumber, ContactId, ContactTagged, Fact, Tag};

use crate::contact_command::remarked;
use crate::{Decision, Rejection, View};

/// Somebody gives a contact a word by which it is found again.
#[derive(Clone, Debug)]
pub struct AddTag {
    /// Who gives it, where an agent does.
    pub agent: Option<AgentNumber>,
    /// The contact, which may be released already; else the only one the agent holds.
    pub contact: Option<ContactId>,
    /// The word.
    pub tag: Tag,
}

impl AddTag {
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let contact = remarked(view, actor, self.agent, self.contact)?;
        let open = view.hot.contacts.get(contact);
        let is_new = open.is_none_or(|open| !open.tags.contains(&self.tag));
        let tagged = || Fact::from(ContactTagged { contact, tag: self.tag.clone() });
        Ok(Decision::about(contact, is_new.then(tagged)))
    }
}
