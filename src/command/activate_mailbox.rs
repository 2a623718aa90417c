//! Opening a mailbox for the first time.

use event::{Fact, Mark, Source};

use crate::{Decision, View};

/// What the mailbox holds up to the mark is history and makes no contact.
#[derive(Clone, Debug)]
pub struct ActivateMailbox {
    /// The mailbox and the last message that is history.
    pub source: Source,
}

impl ActivateMailbox {
    /// A mailbox that has a cursor in this numbering is active already, and so is a POP3 mailbox
    /// that was activated once.
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        let is_active = match &self.source.mark {
            Mark::Pop3 { .. } => view.hot.maildrops.get(&self.source.mailbox).is_some(),
            Mark::Imap { .. } | Mark::Maildir { .. } => view.is_reached(&self.source),
        };
        if is_active {
            return Decision::unchanged();
        }
        Decision::record([Fact::MailboxActivated { source: self.source.clone() }])
    }
}
