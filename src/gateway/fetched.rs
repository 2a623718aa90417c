//! A message as it comes out of a mailbox.

use bytes::Bytes;
use event::{Mark, QuarantineReason, Timestamp};

/// One message with its place in the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its place.
    pub mark: Mark,
    /// When the server received it: INTERNALDATE, or the time of the file; `None` where the
    /// server does not say.
    pub received: Option<Timestamp>,
    /// The message itself.
    pub body: Body,
}

/// The bytes of a message, where they can and may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The message as it lies on the server.
    Raw(Bytes),
    /// Larger than the account allows; nothing was fetched.
    Oversize {
        /// Its size in bytes, as the server says.
        size: u64,
    },
    /// The server lists it, but it does not come however often it is asked for.
    Withheld {
        /// What happens instead.
        reason: QuarantineReason,
    },
}

impl Body {
    /// The bytes held in memory.
    pub(crate) fn held_bytes(&self) -> u64 {
        match self {
            Self::Raw(bytes) => bytes.len() as u64,
            Self::Oversize { .. } | Self::Withheld { .. } => 0,
        }
    }
}
