//! What a decision reads.

use std::collections::BTreeMap;

use event::{
    ApplicationRef, ContactId, Fact, MailboxName, Mark, MessageDigest, MessageRef, Source,
    Timestamp,
};
use mail::Parsed;
use projections::{Accounted, Archive, Content, Hot};

use application::Application;

use crate::{Answer, Decision, Rejection};

/// The views a decision reads.
pub(crate) struct View<'a> {
    /// What is open.
    pub hot: &'a Hot,
    /// What has been.
    pub archive: &'a Archive,
    /// The published applications, ready to run.
    pub applications: &'a Applications,
}

impl View<'_> {
    /// Whether an earlier event accounts for the mail, so that there is nothing to record. Servers
    /// may give a number a second time, so `content` tells one mail from another.
    ///
    /// A mail in quarantine is not settled: it may be read again.
    pub(crate) fn is_settled(&self, source: &Source, content: Content) -> Result<bool, Rejection> {
        if self.hot.quarantine.may_hold(source, digest(content)) {
            return Ok(false);
        }
        Ok(match &source.mark {
            Mark::Imap { .. } => {
                self.is_reached(source) && self.archive.has_receipt(source, content)?
            }
            Mark::Pop3 { uidl } => match self.hot.maildrops.accounted(&source.mailbox, uidl) {
                Some(Accounted::Recorded(known)) => known == digest(content),
                Some(Accounted::History | Accounted::Oversize) => digest(content).is_none(),
                None => false,
            },
            Mark::Maildir { .. } => false,
        })
    }

    /// What comes of a mail to the internal address that was recorded before, here or under another
    /// mark; `None` where it is new. `contact` is the one it is about, where that is known beforehand.
    pub(crate) fn repeated(
        &self,
        source: &Source,
        parsed: &Parsed,
        message: &MessageRef,
        contact: Option<ContactId>,
    ) -> Result<Option<Decision>, Rejection> {
        if self.is_settled(source, Content::Bytes(message.digest))? {
            return Ok(Some(Decision::unchanged()));
        }
        let Some(seen) = self.archive.reply(parsed.message_id.as_deref(), &message.digest)? else {
            return Ok(None);
        };
        let contact = contact.unwrap_or(seen.contact);
        if self.is_settled(source, Content::CopyOf(contact))? {
            return Ok(Some(Decision::unchanged()));
        }
        let events = vec![Fact::MailDuplicated { source: source.clone(), contact }.into()];
        Ok(Some(Decision { events, answer: Answer::Contact(contact) }))
    }

    /// Whether the mailbox has been read up to this number or further.
    pub(crate) fn is_reached(&self, source: &Source) -> bool {
        let Mark::Imap { uid_validity, uid } = source.mark else { return false };
        let cursor = self.hot.mailboxes.cursor(&source.mailbox);
        cursor.is_some_and(|cursor| cursor.uid_validity == uid_validity && uid <= cursor.uid)
    }

    /// Whether a mail that its server received then lay there before the mailbox was opened for the
    /// first time.
    pub(crate) fn is_history(&self, source: &Source, received: Timestamp) -> bool {
        let Source { mailbox, mark } = source;
        match mark {
            Mark::Imap { .. } => {
                let activation = self.hot.mailboxes.activation(mailbox);
                activation.is_some_and(|known| known.is_history(mark, received))
            }
            Mark::Pop3 { .. } => {
                let maildrop = self.hot.maildrops.get(mailbox);
                maildrop.is_some_and(|known| known.is_history(received))
            }
            Mark::Maildir { .. } => false,
        }
    }

    /// The newest application of a mailbox.
    pub(crate) fn application_of(&self, mailbox: &MailboxName) -> Option<ApplicationRef> {
        let entry = self.hot.directory.mailboxes.get(mailbox)?;
        let (application, _) = self.hot.directory.newest(entry.application.as_ref()?)?;
        Some(application)
    }
}

/// The bytes, where there are any.
fn digest(content: Content) -> Option<MessageDigest> {
    match content {
        Content::Bytes(digest) => Some(digest),
        Content::Size(_) | Content::CopyOf(_) | Content::Withheld => None,
    }
}

/// The published applications, parsed once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applications {
    parsed: BTreeMap<ApplicationRef, Application>,
}

impl Applications {
    /// Adds a published version.
    pub(crate) fn add(&mut self, reference: ApplicationRef, application: Application) {
        self.parsed.insert(reference, application);
    }

    /// One version of an application.
    pub(crate) fn get(&self, reference: &ApplicationRef) -> Option<&Application> {
        self.parsed.get(reference)
    }
}
