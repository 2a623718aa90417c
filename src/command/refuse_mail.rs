//! Turning a mail away.

use event::{Fact, MailRefusal, Source};

use projections::Content;

use crate::{Decision, Rejection, View};

/// A mail makes no contact although it could be read.
#[derive(Clone, Debug)]
pub struct RefuseMail {
    /// Where it was found.
    pub source: Source,
    /// Its size in bytes.
    pub size: u64,
    /// Why.
    pub reason: MailRefusal,
}

impl RefuseMail {
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        if view.is_settled(&self.source, Content::Size(self.size))? {
            return Ok(Decision::unchanged());
        }
        Ok(Decision::record([Fact::MailRefused {
            source: self.source.clone(),
            size: self.size,
            reason: self.reason,
        }]))
    }
}
