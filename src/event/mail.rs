//! Where mail was found, and what it turned out to be.

use std::fmt;

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{MailboxName, MessageDigest};

/// A message in the message store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct MessageRef {
    /// Its name in the store.
    pub digest: MessageDigest,
    /// Its size in bytes.
    pub size: u64,
}

/// Half of the digest over a mail as its sender wrote it, without what servers alter on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Fingerprint(pub [u8; 16]);

/// One message's place on one mail server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub struct Source {
    /// The polled account.
    pub mailbox: MailboxName,
    /// The message in it.
    pub mark: Mark,
}

/// How a server names a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize)]
pub enum Mark {
    /// RFC 3501 section 2.3.1.1: UIDVALIDITY and UID.
    Imap {
        /// The mailbox's UIDVALIDITY.
        uid_validity: u32,
        /// The message's UID.
        uid: u32,
    },
    /// The unique part of a Maildir file name, before `:2,`.
    Maildir {
        /// The unique name.
        name: String,
    },
    /// RFC 1939 section 7: the unique-id listing.
    Pop3 {
        /// The UIDL of the message.
        uidl: String,
    },
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imap { uid_validity, uid } => write!(f, "uid {uid} of {uid_validity}"),
            Self::Maildir { name } => write!(f, "file {name}"),
            Self::Pop3 { uidl } => write!(f, "uidl {uidl}"),
        }
    }
}

/// Why a mail cannot be read; it is kept and can be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum QuarantineReason {
    /// It has no header field at all.
    NoHeader,
    /// The parser failed on it.
    ParserFailed,
    /// The mail server lists it but does not send it.
    Withheld,
    /// What the mail server sends of it cannot be read.
    Garbled,
    /// The connection broke each time it was fetched.
    Interrupted,
}

/// Why a mail makes no contact although it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum MailRefusal {
    /// Larger than the limit of the settings; only its size is known.
    Oversize,
    /// Our own mail came back.
    OwnMail,
    /// From before the mailbox was opened for the first time.
    History,
}

/// Why a mail to the internal address is not relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum ReplyRefusal {
    /// It carries no reply token.
    NoToken,
    /// Its reply token is not ours.
    ForgedToken,
    /// The token names a delivery the log does not know.
    UnknownDelivery,
    /// The sender is not the one the contact was delivered to.
    WrongSender,
    /// Sent by a robot, such as an out-of-office notice.
    Automatic,
    /// The customer's address is not known any more.
    NoRecipient,
    /// The agent it was delivered to is no longer in the directory.
    NoRights,
    /// It is signed or encrypted, and the signature would show who wrote it.
    Signed,
}

/// Kinds of mail that no person wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum AutomaticKind {
    /// `Auto-Submitted` other than `no`, or an out-of-office notice (RFC 3834).
    Answer,
    /// A delivery status notification or another bounce (RFC 3464).
    Bounce,
    /// A disposition notification (RFC 3798).
    Receipt,
    /// A mailing list or bulk mail (RFC 2369, `Precedence`).
    List,
}
