//! What a log needs of whatever keeps its chunks.

use std::io;
use std::ops::ControlFlow;

use event::Position;

use crate::chain::{Sealed, Tip};

/// Keeps chunks, as values in the order of their first positions.
pub trait ChunkStore: Send + Sync {
    /// Which log this is, for messages.
    fn place(&self) -> String;

    /// Keeps values, in order. The first one may be the last one so far, grown at its end; it
    /// grows as a whole or not at all. `Ok` once all would survive a power cut. After a failure other than `Full`
    /// nobody knows which of them are kept.
    fn put(&self, values: &[Sealed]) -> Result<(), StoreError>;

    /// Visits the value that holds `from`, or else the first one behind it, and those after it.
    fn visit(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// The last value.
    fn last(&self) -> Result<Option<Sealed>, StoreError>;

    /// Removes all values whose first position is `first` or later; durable on return.
    fn cut(&self, first: Position) -> Result<(), StoreError>;

    /// Told before the log is closed in good order, its chain ending at `tip`.
    fn close(&self, tip: Tip);
}

/// Why chunks could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is too full to begin; nothing was kept.
    #[error("{0}")]
    Full(String),
    /// The system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is kept is damaged.
    #[error("{0}")]
    Damaged(String),
}
