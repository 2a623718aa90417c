//! Putting a mail aside that cannot be read.

use event::{Fact, MessageRef, QuarantineReason, Source, Timestamp};

use projections::Content;

use crate::{Decision, Rejection, View};

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
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let digest = self.message.map(|message| message.digest);
        let content = digest.map_or(Content::Withheld, Content::Bytes);
        if view.hot.quarantine.holds(&self.source, digest)
            || view.is_settled(&self.source, content)?
        {
            return Ok(Decision::unchanged());
        }
        Ok(Decision::record([Fact::MailSetAside {
            source: self.source.clone(),
            message: self.message,
            reason: self.reason,
            received: self.received.min(now),
        }]))
    }
}
