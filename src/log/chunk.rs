//! The bytes of one chunk: a part of a commit, hashed and chained to the chunk before it.
//!
//! Integers are big-endian:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 1 | format version, 1 |
//! | 1 | 2 | count of events in this chunk |
//! | 3 | 4 | events of the same commit in chunks before this one |
//! | 7 | 4 | events of the same commit in chunks after this one |
//! | 11 | 8 | position of the first event |
//! | 19 | 4 | length of the events |
//! | 23 | 32 | hash of the chunk before, zeros for the first |
//! | 55 | 32 | BLAKE3 of bytes 0 to 54 and of the events |
//! | 87 | | the events, each with its length before it as LEB128 |

use std::fmt;

use event::Position;

/// The hash of a chunk: BLAKE3 over its header, which holds the hash before, and its events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ChunkHash(pub [u8; 32]);

impl fmt::Display for ChunkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChunkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The newest format this program reads and the one it writes.
pub(crate) const FORMAT: u8 = 1;
/// A chunk holds no more events than this.
pub(crate) const EVENTS_MAX: usize = 64;
/// A chunk is closed before its events exceed this, unless it is one event.
pub(crate) const BODY_LEN_MAX: usize = 8 * 1024;

const HASHED_LEN: usize = 55;
const HEADER_LEN: usize = HASHED_LEN + 32;

/// What a chunk says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The position of its first event.
    pub(crate) first: Position,
    /// How many events it holds.
    pub(crate) count: u16,
    /// How many events of its commit are in chunks before it.
    pub(crate) before: u32,
    /// How many events of its commit are in chunks after it.
    pub(crate) after: u32,
    /// The hash of the chunk before it.
    pub(crate) previous: ChunkHash,
}

impl Header {
    /// The position of its last event.
    pub(crate) fn last(&self) -> Position {
        Position((self.first.0 + u64::from(self.count)).saturating_sub(1))
    }

    /// The position of the first event of its commit.
    pub(crate) fn commit_first(&self) -> Position {
        Position(self.first.0.saturating_sub(u64::from(self.before)))
    }

    /// The position of the last event of its commit.
    pub(crate) fn commit_last(&self) -> Position {
        self.last().plus(u64::from(self.after))
    }
}

/// A chunk as read, its hash found right.
pub(crate) struct Chunk<'a> {
    /// What it says of itself.
    pub(crate) header: Header,
    /// Its own hash.
    pub(crate) hash: ChunkHash,
    body: &'a [u8],
}

/// Why bytes are no chunk.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChunkError {
    /// The end is missing, as after a power cut in the middle of an append.
    #[error("a chunk ends too early")]
    Short,
    /// A later version of Postbook wrote it.
    #[error("a chunk has format {0}, and this version knows formats up to {FORMAT}")]
    Newer(u8),
    /// The bytes are not those that were hashed.
    #[error("a hash does not match")]
    Hash,
    /// The bytes were hashed and make no sense all the same.
    #[error("a chunk contradicts itself")]
    Nonsense,
}

impl<'a> Chunk<'a> {
    /// Reads the first chunk of `bytes` and checks its hash; gives the bytes behind it, too.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), ChunkError> {
        let (header, body_len) = parse_header(bytes)?;
        let (hashed, rest) = bytes.split_at_checked(HASHED_LEN).ok_or(ChunkError::Short)?;
        let (hash, rest) = rest.split_first_chunk().ok_or(ChunkError::Short)?;
        let (body, rest) = rest.split_at_checked(body_len).ok_or(ChunkError::Short)?;
        if hash_of(hashed, body).0 != *hash {
            return Err(ChunkError::Hash);
        }
        Ok((Self { header, hash: ChunkHash(*hash), body }, rest))
    }

    /// Reads all chunks of `bytes`; ends with the first error.
    pub(crate) fn parse_all(bytes: &'a [u8]) -> impl Iterator<Item = Result<Self, ChunkError>> {
        let mut rest = bytes;
        std::iter::from_fn(move || {
            let bytes = std::mem::take(&mut rest);
            let parsed = (!bytes.is_empty()).then(|| Self::parse(bytes))?;
            Some(parsed.map(|(chunk, after)| {
                rest = after;
                chunk
            }))
        })
    }

    /// The bytes of its events with their positions.
    pub(crate) fn events(&self) -> impl Iterator<Item = Result<(Position, &'a [u8]), ChunkError>> {
        let (mut rest, mut position) = (self.body, self.header.first);
        let mut left = self.header.count;
        std::iter::from_fn(move || {
            if left == 0 {
                return (!std::mem::take(&mut rest).is_empty())
                    .then_some(Err(ChunkError::Nonsense));
            }
            left -= 1;
            let Some(event) = take_event(&mut rest) else {
                (left, rest) = (0, &[]);
                return Some(Err(ChunkError::Nonsense));
            };
            let found = (position, event);
            position = position.next();
            Some(Ok(found))
        })
    }
}

/// What the first chunk of `bytes` says of itself; no hash is checked.
pub(crate) fn first_header(bytes: &[u8]) -> Result<Header, ChunkError> {
    parse_header(bytes).map(|(header, _)| header)
}

/// What the last chunk of `bytes` says of itself; no hash is checked.
pub(crate) fn last_header(bytes: &[u8]) -> Result<Header, ChunkError> {
    let (header, body_len) = parse_header(bytes)?;
    match bytes.get(HEADER_LEN + body_len..) {
        None | Some([]) => Ok(header),
        Some(rest) => last_header(rest),
    }
}

/// Reads what a chunk says of itself, from its beginning alone, and the length of its events.
fn parse_header(bytes: &[u8]) -> Result<(Header, usize), ChunkError> {
    let mut rest = bytes;
    let [version] = take(&mut rest)?;
    if version > FORMAT {
        return Err(ChunkError::Newer(version));
    }
    let header = Header {
        count: u16::from_be_bytes(take(&mut rest)?),
        before: u32::from_be_bytes(take(&mut rest)?),
        after: u32::from_be_bytes(take(&mut rest)?),
        first: Position(u64::from_be_bytes(take(&mut rest)?)),
        previous: ChunkHash::default(),
    };
    let body_len = u32::from_be_bytes(take(&mut rest)?);
    let header = Header { previous: ChunkHash(take(&mut rest)?), ..header };
    Ok((header, body_len as usize))
}

/// Writes a chunk of `events` (lengths and bytes as [`push_event`] makes them) and gives its
/// hash.
pub(crate) fn build(header: &Header, events: &[u8]) -> (Vec<u8>, ChunkHash) {
    let mut bytes = Vec::with_capacity(HEADER_LEN + events.len());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&header.count.to_be_bytes());
    bytes.extend_from_slice(&header.before.to_be_bytes());
    bytes.extend_from_slice(&header.after.to_be_bytes());
    bytes.extend_from_slice(&header.first.0.to_be_bytes());
    bytes.extend_from_slice(&(u32::try_from(events.len()).unwrap_or(u32::MAX)).to_be_bytes());
    bytes.extend_from_slice(&header.previous.0);
    let hash = hash_of(&bytes, events);
    bytes.extend_from_slice(&hash.0);
    bytes.extend_from_slice(events);
    (bytes, hash)
}

/// Appends the length and the bytes of one event to `body`.
pub(crate) fn push_event(body: &mut Vec<u8>, event: &[u8]) {
    let mut length = event.len();
    while length >= 0x80 {
        body.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    body.push(length as u8);
    body.extend_from_slice(event);
}

fn take_event<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut length, mut shift) = (0usize, 0u32);
    loop {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
        if shift > 28 {
            return None;
        }
    }
    let (event, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(event)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ChunkError> {
    let (taken, after) = rest.split_first_chunk().ok_or(ChunkError::Short)?;
    *rest = after;
    Ok(*taken)
}

fn hash_of(hashed: &[u8], body: &[u8]) -> ChunkHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(hashed);
    hasher.update(body);
    ChunkHash(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut body = Vec::new();
        for event in [&b"one"[..], &[7; 300], b""] {
            push_event(&mut body, event);
        }
        let header = Header {
            first: Position(41),
            count: 3,
            before: 40,
            after: 2,
            previous: ChunkHash([9; 32]),
        };
        let (bytes, hash) = build(&header, &body);
        let (chunk, rest) = Chunk::parse(&bytes).unwrap();
        assert_eq!((chunk.header, chunk.hash, rest.len()), (header, hash, 0));
        bytes
    }

    #[test]
    fn a_chunk_reads_as_written() {
        let bytes = sample();
        let (chunk, _) = Chunk::parse(&bytes).unwrap();
        let events: Vec<_> = chunk.events().map(Result::unwrap).collect();
        assert_eq!(events[0], (Position(41), &b"one"[..]));
        assert_eq!(events[1], (Position(42), &[7; 300][..]));
        assert_eq!(events[2], (Position(43), &b""[..]));
        assert_eq!(chunk.header.last(), Position(43));
        assert_eq!(chunk.header.commit_first(), Position(1));
        assert_eq!(chunk.header.commit_last(), Position(45));
    }

    #[test]
    fn several_chunks_are_read_one_after_another() {
        let bytes = [sample(), sample()].concat();
        assert_eq!(Chunk::parse_all(&bytes).filter(Result::is_ok).count(), 2);
        assert_eq!(last_header(&bytes).unwrap().first, Position(41));
        let errors: Vec<_> =
            Chunk::parse_all(&bytes[..bytes.len() - 1]).map(|found| found.err()).collect();
        assert_eq!(errors, [None, Some(ChunkError::Short)]);
        assert_eq!(Chunk::parse_all(&[]).count(), 0);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let bytes = sample();
        for len in 0..bytes.len() {
            assert_eq!(Chunk::parse(&bytes[..len]).err(), Some(ChunkError::Short), "{len}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(Chunk::parse(&wrong).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_documented_format() {
        let bytes = sample();
        assert_eq!(
            &bytes[..23],
            [1, 0, 3, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 1, 51]
        );
        assert_eq!(&bytes[23..55], [9; 32]);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes[..55]).update(&bytes[87..]);
        assert_eq!(&bytes[55..87], hasher.finalize().as_bytes());
        assert_eq!(&bytes[87..92], [3, b'o', b'n', b'e', 0xac]);
    }

    #[test]
    fn a_newer_format_is_told_apart_from_damage() {
        let mut bytes = sample();
        bytes[0] = 2;
        assert_eq!(Chunk::parse(&bytes).err(), Some(ChunkError::Newer(2)));
    }
}
