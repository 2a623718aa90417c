//! Ids: of contacts, threads, messages, commands, and positions in the log.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Serialize, Serializer};

/// The place of an event in the log: 1 for the first, no gaps. 0 stands for "before the first".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize,
)]
pub struct Position(pub u64);

impl Position {
    /// The position `count` places further on.
    pub fn plus(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// The position after this one.
    pub fn next(self) -> Self {
        self.plus(1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one contact for ever.
///
/// 50 bits of a digest over the mailbox and the mail itself, so that the same mail fetched twice
/// from one mailbox gives the same id. Written as ten characters of Crockford's base 32
/// (no I, L, O, U) in two groups, which is short enough to say on the phone: `7KQ2M-4XT9P`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ContactId(u64);

/// Names one conversation; it is the id of the thread's first contact, written with a `T`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ThreadId(pub ContactId);

/// An id as typed by a person that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: ten letters and digits such as 7KQ2M-4XT9P are expected")]
pub struct IdError(pub String);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS: u32 = 50;

impl ContactId {
    /// Takes the leading 50 bits of a digest.
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *digest;
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> (64 - BITS))
    }

    /// The id as eight bytes, big-endian, for ordered keys.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The inverse of [`ContactId::to_bytes`]; bits beyond the fiftieth are dropped.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes) & ((1 << BITS) - 1))
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..10u32).rev() {
            let digit = (self.0 >> (place * 5)) & 31;
            let letter = ALPHABET.get(digit as usize).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(letter))?;
            if place == 5 {
                f.write_str("-")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContactId {
    type Err = IdError;

    /// Reads an id as people write it: any case, with or without the hyphen, O for 0, I or L for 1.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError(text.to_owned());
        let (mut value, mut count) = (0u64, 0);
        for letter in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|&a| char::from(a) == letter).ok_or_else(wrong)?;
            value = (value << 5) | digit as u64;
            count += 1;
            if count > 10 {
                return Err(wrong());
            }
        }
        if count == 10 { Ok(Self(value)) } else { Err(wrong()) }
    }
}

impl Serialize for ContactId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ThreadId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let rest = text.strip_prefix(['T', 't']).ok_or_else(|| IdError(text.to_owned()))?;
        rest.parse().map(Self)
    }
}

impl Serialize for ThreadId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The BLAKE3 digest of a message's bytes; its name in the message store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct MessageDigest(pub [u8; 32]);

impl fmt::Display for MessageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MessageDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for MessageDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Names one outgoing mail: the position of the event that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct OutgoingId(pub Position);

impl fmt::Display for OutgoingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one command, so that its events can be found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct CommandId(pub u64);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_ids_are_read_as_people_write_them() {
        let id = ContactId::from_digest(&[0xA7; 32]);
        let text = id.to_string();
        assert_eq!(text.len(), 11);
        assert_eq!(text.parse::<ContactId>().unwrap(), id);
        assert_eq!(text.replace('-', "").to_lowercase().parse::<ContactId>().unwrap(), id);
        assert_eq!("OIL00-00000".parse::<ContactId>(), "01100-00000".parse());
        for wrong in ["", "7KQ2M-4XT9", "7KQ2M-4XT9PP", "7KQ2M-4XT9U", "é"] {
            assert!(wrong.parse::<ContactId>().is_err(), "{wrong}");
        }
        let thread = ThreadId(id);
        assert_eq!(thread.to_string().parse::<ThreadId>().unwrap(), thread);
        assert_eq!(ContactId::from_bytes(id.to_bytes()), id);
    }
}
