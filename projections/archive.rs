//! The archive: the views that grow with history, kept in tables on a shelf.

use std::sync::Arc;

use event::{ContactId, Event, MailboxName, MessageDigest, OutgoingId, Position, Source, ThreadId};

use crate::receipts::Receipts;
use crate::{
    ContactRecord, Content, Journal, MessageRecord, Shelf, ShelfError, ThreadRecord, Threads,
};

/// Beyond this many fresh records they are written to the shelf, so that memory stays bounded.
const FRESH_MAX: usize = 60_000;

/// Threads, journal and receipts over one shelf.
///
/// `apply` has no result: a shelf that fails is remembered as [`Archive::failure`], the archive
/// takes nothing in any more, and its owner must stop.
pub struct Archive {
    shelf: Arc<dyn Shelf>,
    threads: Threads,
    journal: Journal,
    receipts: Receipts,
    position: Position,
    failure: Option<ShelfError>,
}

impl Archive {
    /// The archive as the shelf's last checkpoint left it.
    pub fn open(shelf: Arc<dyn Shelf>) -> Result<Self, ShelfError> {
        let position = shelf.checkpoint()?;
        Ok(Self {
            shelf,
            threads: Threads::default(),
            journal: Journal::default(),
            receipts: Receipts::default(),
            position,
            failure: None,
        })
    }

    /// The last event taken in.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Why the archive cannot be used any more.
    pub fn failure(&self) -> Option<&ShelfError> {
        self.failure.as_ref()
    }

    /// A thread.
    pub fn thread(&self, id: ThreadId) -> Result<Option<ThreadRecord>, ShelfError> {
        self.threads.thread(&*self.shelf, id)
    }

    /// A contact, open or not.
    pub fn contact(&self, id: ContactId) -> Result<Option<ContactRecord>, ShelfError> {
        self.threads.contact(&*self.shelf, id)
    }

    /// The reply with this Message-ID, or with these bytes where it has none.
    pub fn reply(
        &self,
        message_id: Option<&str>,
        digest: &MessageDigest,
    ) -> Result<Option<MessageRecord>, ShelfError> {
        self.threads.reply(&*self.shelf, message_id, digest)
    }

    /// Whether a mail system reported that an outgoing mail did not arrive.
    pub fn has_failed(&self, outgoing: OutgoingId) -> Result<bool, ShelfError> {
        self.threads.has_failed(&*self.shelf, outgoing)
    }

    /// The contact that last arrived in a mailbox under a Message-ID (without angle brackets).
    pub fn message(
        &self,
        mailbox: &MailboxName,
        message_id: &str,
    ) -> Result<Option<MessageRecord>, ShelfError> {
        self.threads.message(&*self.shelf, mailbox, message_id)
    }

    /// Whether an event accounts for an IMAP mail with this content under this number; contacts have
    /// no receipt.
    pub fn has_receipt(&self, source: &Source, content: Content) -> Result<bool, ShelfError> {
        self.receipts.has(&*self.shelf, source, content)
    }

    /// The positions of a contact's events, oldest first.
    pub fn journal(&self, contact: ContactId) -> Result<Vec<Position>, ShelfError> {
        self.journal.positions(&*self.shelf, contact)
    }

    /// Takes in the event at `at`; one that it has taken in already is passed over.
    pub fn apply(&mut self, at: Position, event: &Event) {
        if at <= self.position || self.failure.is_some() {
            return;
        }
        let done = self
            .threads
            .apply(&*self.shelf, at, event)
            .and_then(|()| self.journal.apply(&*self.shelf, at, event));
        match done {
            Ok(()) => {
                self.receipts.apply(event);
                self.position = at;
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Whether so much is fresh that it should be written.
    pub fn is_full(&self) -> bool {
        self.threads.fresh_len() + self.journal.fresh_len() + self.receipts.fresh_len() >= FRESH_MAX
    }

    /// Writes everything fresh to the shelf, with the position as checkpoint.
    ///
    /// Only events that are durable in the log may have been taken in by then.
    pub fn flush(&mut self) -> Result<(), ShelfError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let mut pairs = Vec::new();
        self.threads.collect(&mut pairs)?;
        self.journal.collect(&mut pairs)?;
        self.receipts.collect(&mut pairs)?;
        self.shelf.write(pairs, self.position)?;
        self.threads.clear();
        self.journal.clear();
        self.receipts.clear();
        Ok(())
    }

    /// One number for everything in the archive; flushes first.
    pub fn state_hash(&mut self) -> Result<[u8; 32], ShelfError> {
        self.flush()?;
        let mut hasher = blake3::Hasher::new();
        self.shelf.each(&mut |key, value| {
            for part in [key, value] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        })?;
        Ok(*hasher.finalize().as_bytes())
    }
}
