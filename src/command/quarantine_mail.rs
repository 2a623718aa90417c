//! Putting a mail aside that cannot be read.

use event::{Fact, MessageRef, QuarantineReason, Source};

use crate::{Decision, View};

/// A mail cannot be read; it is kept.
#[derive(Clone, Debug)]
pub struct QuarantineMail {
    /// Where it was found.
    pub source: Source,
    /// The mail as received.
    pub message: MessageRef,
    /// Why.
    pub reason: QuarantineReason,
}

impl QuarantineMail {
    /// A mail that is in quarantine already stays there.
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        if view.is_settled(&self.source, Some(&self.message))
            || view.hot.quarantine.holds(&self.source, Some(&self.message))
        {
            return Decision::unchanged();
        }
        Decision::record([Fact::MailQuarantined {
            source: self.source.clone(),
            message: self.message,
            reason: self.reason,
        }])
    }
}
