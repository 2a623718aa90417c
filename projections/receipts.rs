//! Receipts: which mail of which number is accounted for, beside contacts, which know it themselves.
//!
//! A mail server whose folder was put back to an earlier state gives the numbers of mail that is
//! lost to other mail, so that the number alone tells nothing.

use bincode::{Decode, Encode};
use event::{ContactId, Event, Fact, Mark, MessageDigest, Source};

use crate::maildrops::received;
use crate::shelf::Pair;
use crate::table::{MessageKey, Table};
use crate::{Shelf, ShelfError};

/// What is known of a mail besides its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its bytes.
    Bytes(MessageDigest),
    /// Its size alone, in bytes.
    Size(u64),
    /// That it is a copy of the mail of this contact.
    CopyOf(ContactId),
    /// Nothing: its server did not send it.
    Withheld,
}

impl Content {
    /// What a fact that accounts for a mail knows of it.
    pub(crate) fn of(fact: &Fact) -> Option<Self> {
        if let Fact::MailRefused { size, .. } = fact {
            return Some(Self::Size(*size));
        }
        if let Fact::MailDuplicated { contact, .. } = fact {
            return Some(Self::CopyOf(*contact));
        }
        if let Fact::MailSetAside { message: None, .. } = fact {
            return Some(Self::Withheld);
        }
        received(fact).map(|message| Self::Bytes(message.digest))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Receipt;

/// The receipts of all IMAP mail there ever was that is no contact of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receipts {
    receipts: Table<MessageKey, Receipt, b'r'>,
}

impl Receipts {
    /// Whether an event accounts for a mail with this content under this number.
    pub(crate) fn has(
        &self,
        shelf: &dyn Shelf,
        source: &Source,
        content: Content,
    ) -> Result<bool, ShelfError> {
        Ok(self.receipts.get(shelf, key(source, content))?.is_some())
    }

    /// Takes in one event.
    pub(crate) fn apply(&mut self, event: &Event) {
        if let Fact::ContactArrived { .. } = &event.fact {
            return;
        }
        if let Some(source) = event.fact.source()
            && let Mark::Imap { .. } = source.mark
            && let Some(content) = Content::of(&event.fact)
        {
            self.receipts.put(key(source, content), Receipt);
        }
    }

    /// How many records wait to be written to the shelf.
    pub(crate) fn fresh_len(&self) -> usize {
        self.receipts.fresh_len()
    }

    pub(crate) fn collect(&self, pairs: &mut Vec<Pair>) -> Result<(), ShelfError> {
        self.receipts.collect(pairs)
    }

    pub(crate) fn clear(&mut self) {
        self.receipts.clear();
    }
}

fn key(source: &Source, content: Content) -> MessageKey {
    let content = match content {
        Content::Bytes(digest) => digest.to_string(),
        Content::Size(size) => format!("{size} bytes"),
        Content::CopyOf(contact) => format!("contact {contact}"),
        Content::Withheld => "withheld".to_owned(),
    };
    MessageKey::of(&format!("{}\n{}\n{content}", source.mailbox, source.mark))
}
