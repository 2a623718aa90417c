//! The chain of chunks: a batch is cut into linked chunks, and read chunks must link.

use event::{Event, Position};

use crate::AppendError;
use crate::chunk::{self, BODY_LEN_MAX, Chunk, ChunkHash, EVENTS_MAX, Header};

/// An event may not be larger than this.
const EVENT_LEN_MAX: usize = 64 << 20;

/// The end of the chain so far: what the next chunk links to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// The last event.
    pub(crate) position: Position,
    /// The hash of the last chunk.
    pub(crate) hash: ChunkHash,
}

/// What is kept under one position: one chunk, or several that belong to small commits.
#[derive(Clone)]
pub struct Sealed {
    /// The position of its first event.
    pub(crate) first: Position,
    /// The bytes of its chunks, one after another.
    pub(crate) bytes: Vec<u8>,
}

/// Where a log ends, and what the next commit can join.
#[derive(Default)]
pub(crate) struct End {
    /// The end of the chain.
    pub(crate) tip: Tip,
    /// What is kept last.
    pub(crate) last: Option<Sealed>,
}

/// What is kept under one position does not grow beyond this.
pub(crate) const SEALED_LEN_MAX: usize = 8 * 1024;

/// Joins a commit of one chunk to what is kept last, while that is small.
///
/// A log of small commits would otherwise be a log of small values, which takes twice the space
/// and is read at a fraction of the speed. A value is replaced as a whole or not at all, so the
/// commits that were in it are as safe as before.
pub(crate) fn join(last: Option<&Sealed>, mut chunks: Vec<Sealed>) -> Vec<Sealed> {
    if let (Some(last), [chunk]) = (last, chunks.as_mut_slice())
        && last.bytes.len() + chunk.bytes.len() <= SEALED_LEN_MAX
    {
        *chunk = Sealed { first: last.first, bytes: [&*last.bytes, &*chunk.bytes].concat() };
    }
    chunks
}

/// Cuts a batch into chunks behind `tip`; gives them and the new tip.
pub(crate) fn seal(batch: &[Event], mut tip: Tip) -> Result<(Vec<Sealed>, Tip), AppendError> {
    let mut chunks = Vec::with_capacity(batch.len() / EVENTS_MAX + 1);
    let (mut before, mut left) = (0u32, batch.len());
    let (mut event, mut body, mut count) = (Vec::new(), Vec::with_capacity(BODY_LEN_MAX), 0u16);
    let mut close = |body: &mut Vec<u8>, count: &mut u16, left: usize| {
        let header = Header {
            first: tip.position.next(),
            count: *count,
            before,
            after: u32::try_from(left).unwrap_or(u32::MAX),
            previous: tip.hash,
        };
        let (bytes, hash) = chunk::build(&header, body);
        chunks.push(Sealed { first: header.first, bytes });
        before += u32::from(*count);
        tip = Tip { position: header.last(), hash };
        body.clear();
        *count = 0;
    };
    for fact in batch {
        event.clear();
        event::encode(fact, &mut event)?;
        if event.len() > EVENT_LEN_MAX {
            return Err(AppendError::TooLarge { bytes: event.len(), bytes_max: EVENT_LEN_MAX });
        }
        let full = usize::from(count) == EVENTS_MAX || body.len() + event.len() > BODY_LEN_MAX;
        if full && count > 0 {
            close(&mut body, &mut count, left);
        }
        chunk::push_event(&mut body, &event);
        count += 1;
        left -= 1;
    }
    if count > 0 {
        close(&mut body, &mut count, left);
    }
    Ok((chunks, tip))
}

/// Checks, chunk after chunk, that each links to the one before it and that commits are whole.
#[derive(Default)]
pub(crate) struct Links {
    last: Option<(Header, ChunkHash)>,
}

impl Links {
    /// Takes the next chunk; the first one may be anywhere in the log. Says what is wrong.
    pub(crate) fn accept(&mut self, chunk: &Chunk<'_>) -> Result<(), &'static str> {
        let next = &chunk.header;
        if next.count == 0 {
            return Err("a chunk is empty");
        }
        let (position, hash, expected) = match self.last {
            Some((last, hash)) => (last.last(), hash, Some(last)),
            None if next.first == Position(1) => (Position(0), ChunkHash::default(), None),
            None => {
                self.last = Some((*next, chunk.hash));
                return Ok(());
            }
        };
        if next.first != position.next() {
            return Err("events are missing");
        }
        if next.previous != hash {
            return Err("the chain of hashes is broken");
        }
        let whole = match expected {
            Some(last) if last.after > 0 => {
                next.commit_first() == last.commit_first()
                    && next.commit_last() == last.commit_last()
            }
            Some(_) | None => next.before == 0,
        };
        if !whole {
            return Err("a commit is not whole");
        }
        self.last = Some((*next, chunk.hash));
        Ok(())
    }

    /// The end of what was accepted; none before the first chunk.
    pub(crate) fn tip(&self) -> Option<Tip> {
        self.last.map(|(header, hash)| Tip { position: header.last(), hash })
    }

    /// Whether the last chunk ends its commit.
    pub(crate) fn is_whole(&self) -> bool {
        self.last.is_none_or(|(header, _)| header.after == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{sample, samples};

    #[test]
    fn small_commits_share_a_value_until_it_is_full() {
        let (mut tip, mut last, mut values) = (Tip::default(), None, 0);
        for number in 1..=200 {
            let (chunks, after) = seal(&[sample(number, 50)], tip).unwrap();
            tip = after;
            let value = join(last.as_ref(), chunks).pop().unwrap();
            assert!(value.bytes.len() <= SEALED_LEN_MAX);
            values += usize::from(value.first == Position(number));
            let mut links = Links::default();
            for chunk in Chunk::parse_all(&value.bytes) {
                links.accept(&chunk.unwrap()).unwrap();
            }
            assert_eq!(links.tip(), Some(tip), "the value ends with the newest commit");
            last = Some(value);
        }
        assert!((2..10).contains(&values), "{values} values for 200 commits");
    }

    #[test]
    fn a_commit_of_several_chunks_stands_alone() {
        let (last, tip) = seal(&[sample(1, 50)], Tip::default()).unwrap();
        let (chunks, _) = seal(&samples(2, 100), tip).unwrap();
        let count = chunks.len();
        let values = join(last.last(), chunks);
        assert_eq!((values.len(), values[0].first), (count, Position(2)));
    }

    #[test]
    fn a_chunk_out_of_place_is_refused() {
        let (first, tip) = seal(&samples(1, 3), Tip::default()).unwrap();
        let (second, tip) = seal(&samples(4, 3), tip).unwrap();
        let (third, _) = seal(&samples(7, 3), tip).unwrap();
        let (other, _) = seal(&samples(4, 4)[1..], first_tip(&first)).unwrap();
        let accept = |order: [&[Sealed]; 2]| {
            let mut links = Links::default();
            order.map(|value| links.accept(&Chunk::parse(&value[0].bytes).unwrap().0))
        };
        assert_eq!(accept([&first, &second]), [Ok(()), Ok(())]);
        assert_eq!(accept([&first, &third])[1], Err("events are missing"));
        assert_eq!(accept([&second, &second])[1], Err("events are missing"));
        assert_eq!(accept([&other, &third])[1], Err("the chain of hashes is broken"));
    }

    fn first_tip(values: &[Sealed]) -> Tip {
        let chunk = Chunk::parse(&values[0].bytes).unwrap().0;
        Tip { position: chunk.header.last(), hash: chunk.hash }
    }
}
