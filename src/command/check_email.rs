//! The condition of `check e-mail`: what must have been found out about the sender of a mail.

use event::{Check, Verification};

/// For each check the results that match; whatever was found matches where none is named. All
/// three must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderCondition {
    /// Of DMARC.
    pub dmarc: Option<Vec<Check>>,
    /// Of DKIM.
    pub dkim: Option<Vec<Check>>,
    /// Of SPF.
    pub spf: Option<Vec<Check>>,
}

impl SenderCondition {
    /// The exit of a mail about whose sender this was found out.
    pub(crate) fn exit(&self, found: &Verification) -> &'static str {
        let is_met = [(&self.dmarc, found.dmarc), (&self.dkim, found.dkim), (&self.spf, found.spf)]
            .into_iter()
            .all(|(wanted, found)| wanted.as_ref().is_none_or(|wanted| wanted.contains(&found)));
        if is_met { "match" } else { "otherwise" }
    }
}
