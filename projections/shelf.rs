//! Where the tables of the archive are kept: a trait, and the one in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event::Position;

/// A key and the bytes kept under it.
pub type Pair = (Vec<u8>, Vec<u8>);

/// A shelf that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the archive of views cannot be used: {0}; it can be deleted and is rebuilt at the next start"
)]
pub struct ShelfError(pub String);

/// Keeps the pairs of a view, and how far the view had read when they were written.
///
/// Rules: `write` takes pairs in any order and puts all of them and the checkpoint, or nothing (a
/// crash leaves the older state whole). A shelf holds nothing that a replay does not give again, so
/// it needs no fsync and may be deleted at any time.
pub trait Shelf: Send + Sync {
    /// The bytes under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ShelfError>;

    /// Puts pairs and checkpoint at once.
    fn write(&self, pairs: Vec<Pair>, checkpoint: Position) -> Result<(), ShelfError>;

    /// The last checkpoint written; 0 on an empty shelf.
    fn checkpoint(&self) -> Result<Position, ShelfError>;

    /// Shows every pair in the order of keys.
    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), ShelfError>;
}

/// A shelf in memory.
#[derive(Debug, Default)]
pub struct MemoryShelf {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    checkpoint: Position,
}

impl MemoryShelf {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for MemoryShelf {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ShelfError> {
        Ok(self.content().pairs.get(key).cloned())
    }

    fn write(&self, pairs: Vec<Pair>, checkpoint: Position) -> Result<(), ShelfError> {
        let mut content = self.content();
        content.pairs.extend(pairs);
        content.checkpoint = checkpoint;
        Ok(())
    }

    fn checkpoint(&self) -> Result<Position, ShelfError> {
        Ok(self.content().checkpoint)
    }

    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), ShelfError> {
        self.content().pairs.iter().for_each(|(key, value)| visit(key, value));
        Ok(())
    }
}
