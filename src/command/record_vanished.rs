//! Recorded mail is gone from its server.

use event::{Fact, MailboxName, Mark};

use crate::{Decision, View};

/// Marks in one event.
const MARKS_MAX: usize = 100;

/// No mail lies on a POP3 server under these unique ids any more.
#[derive(Clone, Debug)]
pub struct RecordVanished {
    /// The mailbox.
    pub mailbox: MailboxName,
    /// The unique ids.
    pub uidls: Vec<String>,
}

impl RecordVanished {
    /// Ids under which nothing is known are passed over.
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        let is_known = |uidl: &&String| view.hot.maildrops.accounted(&self.mailbox, uidl).is_some();
        let known = self.uidls.iter().filter(is_known);
        let marks: Vec<Mark> = known.map(|uidl| Mark::Pop3 { uidl: uidl.clone() }).collect();
        Decision::record(marks.chunks(MARKS_MAX).map(|marks| Fact::MailVanished {
            mailbox: self.mailbox.clone(),
            marks: marks.to_vec(),
        }))
    }
}
