//! Chunks in memory, for tests: nothing survives the process.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError, RwLock};

use event::Position;

use crate::chain::{Sealed, Tip};
use crate::store::{ChunkStore, StoreError};

/// A map from first position to chunk.
#[derive(Default)]
pub struct MemoryStore {
    chunks: RwLock<BTreeMap<Position, Arc<[u8]>>>,
}

impl MemoryStore {
    fn next(&self, from: Position) -> Option<(Position, Arc<[u8]>)> {
        let chunks = self.chunks.read().unwrap_or_else(PoisonError::into_inner);
        chunks.range(from..).next().map(|(&first, bytes)| (first, Arc::clone(bytes)))
    }
}

impl ChunkStore for MemoryStore {
    fn place(&self) -> String {
        "the log in memory".to_owned()
    }

    fn put(&self, values: &[Sealed]) -> Result<(), StoreError> {
        let mut kept = self.chunks.write().unwrap_or_else(PoisonError::into_inner);
        kept.extend(values.iter().map(|value| (value.first, Arc::from(&*value.bytes))));
        Ok(())
    }

    fn visit(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let start = {
            let chunks = self.chunks.read().unwrap_or_else(PoisonError::into_inner);
            chunks.range(..=from).next_back().map_or(from, |(&first, _)| first)
        };
        // The lock is not held while visiting, so that a visitor may append.
        let mut next = self.next(start);
        while let Some((first, bytes)) = next {
            if visit(&bytes).is_break() {
                break;
            }
            next = self.next(first.next());
        }
        Ok(())
    }

    fn last(&self) -> Result<Option<Sealed>, StoreError> {
        let chunks = self.chunks.read().unwrap_or_else(PoisonError::into_inner);
        let last = chunks.last_key_value();
        Ok(last.map(|(&first, bytes)| Sealed { first, bytes: bytes.to_vec() }))
    }

    fn cut(&self, first: Position) -> Result<(), StoreError> {
        let mut chunks = self.chunks.write().unwrap_or_else(PoisonError::into_inner);
        chunks.split_off(&first);
        Ok(())
    }

    fn close(&self, _tip: Tip) {}
}
