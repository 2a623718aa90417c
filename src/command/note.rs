//! Somebody notes something about a contact, for those who work here.

use event::{Actor, AgentNumber, ContactId, ContactNoted, Fact, Private};

use crate::contact_command::{accepted, remarked};
use crate::rights::acting;
use crate::{Decision, NewEvent, Rejection, View};

/// Somebody notes something about a contact.
#[derive(Clone, Debug)]
pub struct AddNote {
    /// Who notes it, where an agent does.
    pub agent: Option<AgentNumber>,
    /// The contact, which may be released already; else the only one the agent holds.
    pub contact: Option<ContactId>,
    /// What is noted.
    pub text: NoteText,
}

/// What is noted: some text, and not too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteText(String);

/// A text that cannot be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteTextError {
    /// There is none.
    #[error("a note needs a text")]
    Empty,
    /// There is too much.
    #[error("a note of {0} characters is too long; {CHARACTERS_MAX} are allowed")]
    Long(usize),
}

/// So many characters a note may have.
const CHARACTERS_MAX: usize = 10_000;

impl NoteText {
    /// Takes a text of 1 to 10,000 characters, without the blanks around it.
    pub fn new(text: &str) -> Result<Self, NoteTextError> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(NoteTextError::Empty),
            count if count > CHARACTERS_MAX => Err(NoteTextError::Long(count)),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl AddNote {
    pub(crate) fn decide(&self, view: &View<'_>, actor: &Actor) -> Result<Decision, Rejection> {
        let contact = remarked(view, actor, self.agent, self.contact)?;
        let accepted = accepted(view, contact, acting(actor, self.agent));
        Ok(Decision::about(contact, accepted.into_iter().chain([noted(contact, &self.text)])))
    }
}

/// What is recorded of a note.
pub(crate) fn noted(contact: ContactId, text: &NoteText) -> NewEvent {
    NewEvent::with(Fact::from(ContactNoted { contact }), Private::Text(text.0.clone()))
}
