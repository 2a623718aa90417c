//! What a decision reads.

use std::collections::BTreeMap;

use event::{ApplicationRef, MailboxName, Mark, MessageRef, Source};
use projections::{Accounted, Archive, Hot};

use crate::Application;

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
    /// Whether an earlier event accounts for the mail, so that there is nothing to record. A POP3
    /// server may give an id of deleted mail to another one, so `message` tells the two apart: the
    /// bytes, where they were fetched.
    ///
    /// A mail in quarantine is not settled: it may be read again.
    pub(crate) fn is_settled(&self, source: &Source, message: Option<&MessageRef>) -> bool {
        if self.hot.quarantine.may_hold(source, message) {
            return false;
        }
        let mailbox = &source.mailbox;
        match &source.mark {
            Mark::Imap { uid_validity, uid } => {
                self.hot.mailboxes.cursor(mailbox).is_some_and(|cursor| {
                    cursor.uid_validity == *uid_validity && *uid <= cursor.uid
                })
            }
            Mark::Pop3 { uidl } => match self.hot.maildrops.accounted(mailbox, uidl) {
                Some(Accounted::Recorded(digest)) => digest == message.map(|found| found.digest),
                Some(Accounted::History | Accounted::Oversize) => message.is_none(),
                None => false,
            },
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
