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

/// A chunk ready to be kept.
pub struct Sealed {
    /// The position of its first event.
    pub(crate) first: Position,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
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
