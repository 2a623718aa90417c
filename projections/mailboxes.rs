//! Mailboxes: how far each has been read.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{Event, Fact, MailboxName, Mark, Timestamp};

/// Servers tell the time of receipt in whole seconds.
const RECEIVED_ROUNDING_MS: u64 = 1000;

/// How far an IMAP mailbox has been read (RFC 3501 section 2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ImapCursor {
    /// The numbering the UID belongs to.
    pub uid_validity: u32,
    /// The highest UID accounted for.
    pub uid: u32,
}

/// How far an IMAP mailbox has been read, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reached {
    /// How far.
    pub cursor: ImapCursor,
    /// When the mail there was recorded; whatever the server received later is not it.
    pub time: Timestamp,
}

/// The first activation of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Activation {
    /// When it was.
    pub time: Timestamp,
    /// The last message that is history, and its numbering.
    pub last: ImapCursor,
}

impl Activation {
    /// Whether a message lay in the mailbox before that was first opened. Such mail is offered when
    /// everything is read again: the server has begun a new numbering, or its folder was put back.
    pub fn is_history(&self, mark: &Mark, received: Timestamp) -> bool {
        match mark {
            Mark::Imap { uid_validity, uid } => {
                (*uid_validity != self.last.uid_validity || *uid <= self.last.uid)
                    && received.plus_ms(RECEIVED_ROUNDING_MS) < self.time
            }
            Mark::Maildir { .. } | Mark::Pop3 { .. } => false,
        }
    }
}

/// The cursors of all mailboxes that have one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Mailboxes {
    cursors: BTreeMap<MailboxName, Reached>,
    activations: BTreeMap<MailboxName, Activation>,
}

impl Mailboxes {
    /// How far the mailbox has been read; `None` before its first activation.
    pub fn cursor(&self, mailbox: &MailboxName) -> Option<ImapCursor> {
        self.reached(mailbox).map(|reached| reached.cursor)
    }

    /// How far the mailbox has been read, and since when; `None` before its first activation.
    pub fn reached(&self, mailbox: &MailboxName) -> Option<Reached> {
        self.cursors.get(mailbox).copied()
    }

    /// The first activation of the mailbox; `None` where its history was wanted, too.
    pub fn activation(&self, mailbox: &MailboxName) -> Option<Activation> {
        self.activations.get(mailbox).copied()
    }

    /// Takes in one event: every fact that accounts for a mail moves its mailbox's cursor.
    pub fn apply(&mut self, event: &Event) {
        let Some(source) = event.fact.source() else {
            return;
        };
        let Mark::Imap { uid_validity, uid } = source.mark else {
            return;
        };
        let seen = ImapCursor { uid_validity, uid };
        if let Fact::MailboxActivated { .. } = &event.fact {
            let activation = Activation { time: event.time, last: seen };
            self.activations.entry(source.mailbox.clone()).or_insert(activation);
        }
        let is_further = self
            .cursor(&source.mailbox)
            .is_none_or(|known| known.uid_validity != uid_validity || known.uid < uid);
        if is_further {
            let reached = Reached { cursor: seen, time: event.time };
            self.cursors.insert(source.mailbox.clone(), reached);
        }
    }
}
