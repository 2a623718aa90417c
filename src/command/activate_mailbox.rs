//! Opening a mailbox for the first time.

use event::{Fact, Source};

use crate::{Decision, View};

/// What the mailbox holds up to the mark is history and makes no contact.
#[derive(Clone, Debug)]
pub struct ActivateMailbox {
    /// The mailbox and the last message that is history.
    pub source: Source,
}

impl ActivateMailbox {
    /// A mailbox that has a cursor in this numbering is active already.
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        if view.is_settled(&self.source) {
            return Decision::unchanged();
        }
        Decision::record([Fact::MailboxActivated { source: self.source.clone() }])
    }
}
