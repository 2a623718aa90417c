//! Turning a mail away that is larger than its mailbox allows, and telling whoever wrote it.

use event::{
    Address, AutomaticKind, Fact, MailRefusal, MessageRef, Private, Source, Timestamp,
    WithheldReason, Written,
};
use mail::Parsed;
use projections::Content;

use crate::compose_reply::within_limits;
use crate::{Decision, NewEvent, Rejection, View};

/// Of such a mail only the header was fetched, which is in the message store already.
#[derive(Clone, Debug)]
pub struct RefuseOversize {
    /// Where it was found.
    pub source: Source,
    /// Its size in bytes.
    pub size: u64,
    /// How many bytes its mailbox allows.
    pub size_max: u64,
    /// Its header as received.
    pub header: MessageRef,
    /// Its header, read.
    pub parsed: Parsed,
    /// The fingerprint of the header.
    pub digest: [u8; 32],
    /// When the mail server received it.
    pub received: Timestamp,
}

/// Nobody waits any more to hear of a mail that is older, such as one from before the mailbox was
/// opened.
const AGE_MS_MAX: u64 = 7 * 24 * 3_600_000;

impl RefuseOversize {
    /// The writer is told once, however often the same mail turns up in the mailbox.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        if view.is_settled(&self.source, Content::Size(self.size))? {
            return Ok(Decision::unchanged());
        }
        let is_history = view.is_history(&self.source, self.received);
        let reason = if is_history { MailRefusal::History } else { MailRefusal::Oversize };
        let (source, size) = (self.source.clone(), self.size);
        let refused = Fact::MailRefused { source, size, reason };
        let contact = mail::contact_id(&self.source.mailbox, &self.digest, 0);
        if is_history || !view.archive.journal(contact)?.is_empty() {
            return Ok(Decision::record([refused]));
        }
        let told = self.writer(view, now);
        let kept = Fact::OversizeHeaderKept {
            contact,
            refusal: view.hot.position.next(),
            header: self.header,
            withheld: told.err(),
        };
        let private = match told {
            Ok(to) => Private::Written(Box::new(self.notice(to))),
            Err(_) => Private::Mail(Box::new(mail::details(&self.parsed, Vec::new()))),
        };
        Ok(Decision::record([refused.into(), NewEvent::with(kept, private)]))
    }

    /// Whom to tell.
    fn writer(&self, view: &View<'_>, now: Timestamp) -> Result<&Address, WithheldReason> {
        let directory = &view.hot.directory;
        let to = if directory.internal.as_ref() == Some(&self.source.mailbox) {
            self.agent(view)?
        } else {
            let own = |address: &Address| directory.is_inside(address);
            mail::may_answer(self.parsed.automatic, self.parsed.answer_to(), own)?
        };
        if now.ms_since(self.received) > AGE_MS_MAX {
            return Err(WithheldReason::Old);
        }
        within_limits(view, to)
    }

    /// The agent who wrote it to the internal mailbox, and has to know that it was not relayed.
    /// Whoever else wrote there gets no answer: what is forged must not make us write to strangers.
    fn agent(&self, view: &View<'_>) -> Result<&Address, WithheldReason> {
        let from = self.parsed.from.as_ref().map(|from| &from.address);
        let is_agent = |address: &&Address| view.hot.directory.is_agent(address);
        let from = from.filter(is_agent).ok_or(WithheldReason::Stranger)?;
        // Some companies' servers mark what people write as bulk mail.
        let automatic = self.parsed.automatic.filter(|kind| *kind != AutomaticKind::List);
        mail::may_answer(automatic, Some(from), |_| false)
    }

    fn notice(&self, to: &Address) -> Written {
        mail::oversize_notice(to, &self.parsed.subject, self.size, self.size_max)
    }
}
