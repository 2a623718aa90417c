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
    /// Larger than the account allows; only its header was wanted.
    Oversize {
        /// Its size in bytes, as the server says.
        size: u64,
        /// How many the account allows.
        size_max: u64,
        /// Its header; empty where it did not come.
        header: Bytes,
    },
    /// The server lists it, but it does not come however often it is asked for.
    Withheld {
        /// What happens instead.
        reason: QuarantineReason,
    },
}

/// A longer header of a message that is too large is not kept.
const HEADER_BYTES_MAX: usize = 256 << 10;
/// So much of such a message is fetched at most.
pub(crate) const BEGINNING_BYTES: u32 = (256 << 10) + 1;

impl Body {
    /// A message of `size` bytes where the account allows `size_max`; `beginning` is what came of it.
    pub(crate) fn oversize(size: u64, size_max: u64, beginning: &[u8]) -> Self {
        let header = mail::header(beginning);
        let is_kept = header.len() <= HEADER_BYTES_MAX;
        let header = Bytes::copy_from_slice(if is_kept { header } else { &[] });
        Self::Oversize { size, size_max, header }
    }

    /// What came of the message and is to be kept.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Raw(bytes) => Some(bytes),
            Self::Oversize { header, .. } => Some(header).filter(|header| !header.is_empty()),
            Self::Withheld { .. } => None,
        }
    }

    /// The bytes held in memory.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.bytes().map_or(0, |bytes| bytes.len() as u64)
    }
}
