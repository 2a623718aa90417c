//! The rules of an event log, whatever keeps it.

use std::io;
use std::ops::ControlFlow;

use event::{CodecError, Event, Position, Recorded};

use crate::ChunkHash;

/// A log of events that only grows.
///
/// The rules, which one suite checks on every implementation:
///
/// 1. Positions start at 1 and have no gaps; an event keeps its position for ever.
/// 2. A batch is atomic: all of it is in the log, in order, or nothing of it.
/// 3. `append` answers `Ok` only when the batch would survive a power cut at that moment.
/// 4. Readers see durable events only. An event that was seen is there for ever.
/// 5. `append` names the head it builds on. Where another head is found, nothing is appended.
/// 6. There is one writer. Whoever was the writer before learns that by `Fenced`.
/// 7. When it is unknown whether a batch became durable, the answer is `Unknown`, and from then
///    on every append answers `Poisoned` until the log is opened anew, which finds out.
/// 8. A batch that was never acknowledged may be there after opening anew, but then whole.
/// 9. Stored bytes that do not say what was written give an error, never another event.
pub trait EventLog: Send + Sync {
    /// The position of the last durable event; `Position(0)` while the log is empty.
    fn head(&self) -> Position;

    /// Appends `batch` behind `expected_head` and gives the new head once all of it is durable.
    /// An empty batch appends nothing and gives the head.
    fn append(&self, expected_head: Position, batch: &[Event]) -> Result<Position, AppendError>;

    /// Up to `count_max` events from `from` on, in order; none where `from` is beyond the head.
    fn read(&self, from: Position, count_max: usize) -> Result<Vec<Recorded>, ReadError>;

    /// Hands every event from `from` up to the present head to `visit`, in order, until `visit`
    /// breaks. Holds no more in memory than a small part of the log.
    fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), ReadError>;

    /// Reads the whole log and checks that it has no gap, that every event can be decoded and
    /// that every hash is right. `progress` is told the position reached now and then.
    fn verify(&self, progress: &mut dyn FnMut(Position)) -> Result<Verified, ReadError>;
}

/// What a check of the whole log found; there is none of these where the log is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last event checked.
    pub head: Position,
    /// How many events there are.
    pub events: u64,
    /// How many chunks hold them.
    pub chunks: u64,
    /// How many appends wrote them.
    pub commits: u64,
    /// The hash of the last chunk; by the chain it stands for the whole log.
    pub head_hash: ChunkHash,
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was appended. The caller decides anew on what has been appended since.
    #[error("the log has moved on to event {head}: read what is new and decide again")]
    Conflict {
        /// The head that was found.
        head: Position,
    },
    /// Nothing was appended, nor will be. The caller stops.
    #[error("another writer has taken over the log: stop this one")]
    Fenced,
    /// Nothing was appended, nor will be until the log is opened anew.
    #[error("an earlier append failed half-way: open the log again to find out what is durable")]
    Poisoned,
    /// Nothing was appended. The caller can try again once there is space.
    #[error("nothing was appended, the disk is full: {0}; free some space, then try again")]
    Full(String),
    /// Nobody knows whether the batch is durable. The caller opens the log anew and looks.
    #[error("it is unknown whether the events are durable ({0}): open the log again to find out")]
    Unknown(String),
    /// Nothing was appended. The caller has made an event that cannot be written.
    #[error("nothing was appended: {0}")]
    Encode(#[from] CodecError),
    /// Nothing was appended. The caller has made an event beyond the limit.
    #[error("nothing was appended: an event of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// The size of the event.
        bytes: usize,
        /// The largest size that is accepted.
        bytes_max: usize,
    },
}

/// Why events cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes on disk are not those that were written.
    #[error(
        "{place} is damaged near event {position} ({reason}): stop Postbook, keep a copy of it, \
         and restore it from a backup"
    )]
    Corrupt {
        /// Which log, with its folder.
        place: String,
        /// The first event in doubt.
        position: Position,
        /// What was found.
        reason: String,
    },
    /// The disk did not answer.
    #[error("{place} cannot be read: {source}; check the disk and the permissions")]
    Io {
        /// Which log, with its folder.
        place: String,
        /// What the system said.
        source: io::Error,
    },
}
