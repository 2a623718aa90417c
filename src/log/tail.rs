//! The end of a log after a crash: an append that is only partly there is cut off.

use std::ops::ControlFlow;

use event::Position;

use crate::Healed;
use crate::chain::{End, Links, Tip};
use crate::chunk::{self, Chunk, ChunkError};
use crate::store::{ChunkStore, StoreError};

/// Why the end of a log cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TailError {
    /// A later version of Postbook wrote it.
    #[error("format {0} is not known")]
    Newer(u8),
    /// The end is not one that a crash leaves.
    #[error("{0}")]
    Damaged(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

enum Tail {
    Whole(End),
    Torn { first: Position, last: Position },
}

/// Finds the end of the chain; where the last commit is not whole, removes and reports it.
pub(crate) fn mend_tail(
    store: &impl ChunkStore,
    healed: &mut Vec<Healed>,
) -> Result<End, TailError> {
    let (first, last) = match find_tail(store)? {
        Tail::Whole(end) => return Ok(end),
        Tail::Torn { first, last } => (first, last),
    };
    store.cut(first)?;
    healed.push(Healed::TailCut { first, last });
    match find_tail(store)? {
        Tail::Whole(end) => Ok(end),
        // A commit begins when the one before it is durable, so only one can be torn.
        Tail::Torn { .. } => Err(damaged("two appends are not whole")),
    }
}

/// Reads the last commit, from the chunk before it on, and says whether all of it is there.
fn find_tail(store: &impl ChunkStore) -> Result<Tail, TailError> {
    let Some(last) = store.last()? else {
        return Ok(Tail::Whole(End::default()));
    };
    let end = chunk::last_header(&last.bytes).map_err(chunk_fault)?;
    if end.first < last.first || end.count == 0 {
        return Err(damaged("the last chunk contradicts itself"));
    }
    let first = end.commit_first();
    let from = Position(first.0.saturating_sub(1)).max(Position(1));
    let (mut links, mut short, mut fault) = (Links::default(), false, None);
    store.visit(from, &mut |bytes| {
        for chunk in Chunk::parse_all(bytes) {
            let step = match chunk {
                Err(ChunkError::Short) => {
                    short = true;
                    return ControlFlow::Break(());
                }
                Err(error) => Err(chunk_fault(error)),
                Ok(chunk) if links.tip().is_none() && chunk.header.first > from => {
                    Err(damaged("events are missing"))
                }
                Ok(chunk) => links.accept(&chunk).map_err(damaged),
            };
            if let Err(error) = step {
                fault = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(fault) = fault {
        return Err(fault);
    }
    let tip = links.tip().unwrap_or_default();
    let reached = if short { Position(end.first.0.saturating_sub(1)) } else { end.last() };
    if tip.position != reached {
        return Err(damaged("events are missing"));
    }
    if short || !links.is_whole() {
        return Ok(Tail::Torn { first, last: end.last() });
    }
    Ok(Tail::Whole(End { tip, last: Some(last) }))
}

/// The end of the chunk that ends at `position`; `None` where no sound chunk does.
pub(crate) fn tip_at(
    store: &impl ChunkStore,
    position: Position,
) -> Result<Option<Tip>, StoreError> {
    let mut found = None;
    store.visit(position, &mut |bytes| {
        let mut chunks = Chunk::parse_all(bytes).filter_map(Result::ok);
        let chunk = chunks.find(|chunk| chunk.header.last() == position);
        found = chunk.map(|chunk| Tip { position, hash: chunk.hash });
        ControlFlow::Break(())
    })?;
    Ok(found)
}

fn damaged(reason: &str) -> TailError {
    TailError::Damaged(reason.to_owned())
}

fn chunk_fault(error: ChunkError) -> TailError {
    match error {
        ChunkError::Newer(found) => TailError::Newer(found),
        ChunkError::Short | ChunkError::Hash | ChunkError::Nonsense => damaged(&error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Sealed, seal};
    use crate::conformance::{sample, samples};
    use crate::memory::MemoryStore;

    /// A log with one commit of 70 events, and the chunks of a second one of `count`.
    fn store_and_chunks(count: u64) -> (MemoryStore, Tip, Vec<Sealed>) {
        let store = MemoryStore::default();
        let (first, tip) = seal(&samples(1, 70), Tip::default()).unwrap();
        store.put(&first).unwrap();
        let (second, _) = seal(&samples(71, count), tip).unwrap();
        (store, tip, second)
    }

    #[test]
    fn a_commit_that_is_partly_there_is_cut_off_wherever_it_ends() {
        let (_, _, chunks) = store_and_chunks(1000);
        assert!(chunks.len() > 15);
        for kept in 1..chunks.len() {
            let (store, tip, chunks) = store_and_chunks(1000);
            store.put(&chunks[..kept]).unwrap();
            let last = Position(chunks[kept].first.0 - 1);
            let mut healed = Vec::new();
            assert_eq!(mend_tail(&store, &mut healed).unwrap().tip, tip, "{kept} chunks kept");
            assert_eq!(healed, [Healed::TailCut { first: Position(71), last }]);
            assert!(store.last().unwrap().unwrap().first < Position(71));
            // The place is free for another commit.
            let (again, again_tip) = seal(&[sample(71, 5)], tip).unwrap();
            store.put(&again).unwrap();
            assert_eq!(mend_tail(&store, &mut Vec::new()).unwrap().tip, again_tip);
        }
    }

    #[test]
    fn a_chunk_that_ends_too_early_is_cut_off_with_its_commit() {
        let (store, tip, mut chunks) = store_and_chunks(100);
        let end = chunks.last_mut().unwrap();
        end.bytes.truncate(end.bytes.len() - 1);
        store.put(&chunks).unwrap();
        let mut healed = Vec::new();
        assert_eq!(mend_tail(&store, &mut healed).unwrap().tip, tip);
        assert_eq!(healed, [Healed::TailCut { first: Position(71), last: Position(170) }]);
    }

    #[test]
    fn a_first_commit_that_is_partly_there_leaves_an_empty_log() {
        let store = MemoryStore::default();
        let (chunks, _) = seal(&samples(1, 100), Tip::default()).unwrap();
        store.put(&chunks[..1]).unwrap();
        assert_eq!(mend_tail(&store, &mut Vec::new()).unwrap().tip, Tip::default());
        assert!(store.last().unwrap().is_none());
    }

    #[test]
    fn damage_is_not_taken_for_a_torn_tail() {
        type Damage = fn(&mut Vec<Sealed>);
        let damages: [Damage; 5] = [
            |chunks| drop(chunks.remove(3)),
            |chunks| drop(chunks.remove(0)),
            |chunks| chunks[3].bytes.truncate(90),
            |chunks| chunks[3].bytes[100] ^= 1,
            |chunks| chunks.last_mut().unwrap().bytes[100] ^= 1,
        ];
        for (index, damage) in damages.iter().enumerate() {
            let (store, _, mut chunks) = store_and_chunks(1000);
            damage(&mut chunks);
            store.put(&chunks).unwrap();
            let found = mend_tail(&store, &mut Vec::new());
            assert!(matches!(found, Err(TailError::Damaged(_))), "damage {index}");
        }
    }

    #[test]
    fn a_newer_chunk_is_told_apart() {
        let (store, _, mut chunks) = store_and_chunks(1);
        chunks[0].bytes[0] = 9;
        store.put(&chunks).unwrap();
        assert!(matches!(mend_tail(&store, &mut Vec::new()), Err(TailError::Newer(9))));
    }
}
