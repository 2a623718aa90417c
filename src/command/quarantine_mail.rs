//! Putting a mail aside that cannot be read.

use event::{Fact, MessageRef, QuarantineReason, Source, Timestamp};

use crate::{Decision, View};

/// A mail cannot be read; it is kept.
#[derive(Clone, Debug)]
pub struct QuarantineMail {
    /// Where it was found.
    pub source: Source,
    /// The mail as received; `None` where the server did not send it.
    pub message: Option<MessageRef>,
    /// Why.
    pub reason: QuarantineReason,
    /// When the mail server received it.
    pub received: Timestamp,
}

impl QuarantineMail {
    /// A mail that is in quarantine already stays there.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Decision {
        let message = self.message.as_ref();
        if view.is_settled(&self.source, message)
            || view.hot.quarantine.holds(&self.source, message)
        {
            return Decision::unchanged();
        }
        Decision::record([Fact::MailSetAside {
            source: self.source.clone(),
            message: self.message,
            reason: self.reason,
            received: self.received.min(now),
        }])
    }
}
