//! The end of a log after a crash: an append that is only partly there is cut off.

use std::ops::ControlFlow;

use event::Position;

use crate::Healed;
use crate::chain::{Links, Tip};
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
    Whole(Tip),
    Torn { first: Position, last: Position },
}

/// Finds the end of the chain; where the last commit is not whole, removes and reports it.
pub(crate) fn mend_tail(
    store: &impl ChunkStore,
    healed: &mut Vec<Healed>,
) -> Result<Tip, TailError> {
    let (first, last) = match find_tail(store)? {
        Tail::Whole(tip) => return Ok(tip),
        Tail::Torn { first, last } => (first, last),
    };
    store.cut(first)?;
    healed.push(Healed::TailCut { first, last });
    match find_tail(store)? {
        Tail::Whole(tip) => Ok(tip),
        // A commit begins when the one before it is durable, so only one can be torn.
        Tail::Torn { .. } => Err(damaged("two appends are not whole")),
    }
}

/// Reads the last commit, from the chunk before it on, and says whether all of it is there.
fn find_tail(store: &impl ChunkStore) -> Result<Tail, TailError> {
    let Some((kept_under, bytes)) = store.last()? else {
        return Ok(Tail::Whole(Tip::default()));
    };
    let (end, _) = chunk::parse_header(&bytes).map_err(chunk_fault)?;
    if end.first != kept_under || end.count == 0 {
        return Err(damaged("the last chunk contradicts itself"));
    }
    let first = end.commit_first();
    let from = Position(first.0.saturating_sub(1)).max(Position(1));
    let (mut links, mut short) = (Links::default(), false);
    let mut fault = None;
    store.visit(from, &mut |bytes| {
        let step = match Chunk::parse(bytes) {
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
        fault = step.err();
        if fault.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
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
    Ok(Tail::Whole(tip))
}

/// The end of the chunk that ends at `position`; `None` where no sound chunk does.
pub(crate) fn tip_at(
    store: &impl ChunkStore,
    position: Position,
) -> Result<Option<Tip>, StoreError> {
    let mut found = None;
    store.visit(position, &mut |bytes| {
        let chunk = Chunk::parse(bytes).ok().filter(|chunk| chunk.header.last() == position);
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
