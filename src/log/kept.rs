//! A log over a store of chunks: order, conflicts, poison, and what readers may see.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use event::{Event, Position, Recorded};

use crate::chain::{End, Links, join, seal};
use crate::chunk::Chunk;
use crate::folder::{Folder, Healed, OpenError};
use crate::memory::MemoryStore;
use crate::sled_store::SledStore;
use crate::store::{ChunkStore, StoreError};
use crate::{AppendError, EventLog, ReadError, Verified};

/// The log on disk, kept by sled.
pub type SledLog = KeptLog<SledStore>;

/// The log in memory, for tests: the same bytes and rules, and nothing survives the process.
pub type MemoryLog = KeptLog<MemoryStore>;

/// A log over a store of chunks.
pub struct KeptLog<S: ChunkStore> {
    store: S,
    healed: Vec<Healed>,
    /// The durable head, for readers; only the writer sets it.
    head: AtomicU64,
    writer: Mutex<Writer>,
}

struct Writer {
    end: End,
    poisoned: bool,
}

/// `verify` tells its progress each time it has read this many chunks.
const PROGRESS_CHUNKS: u64 = 1024;

impl KeptLog<SledStore> {
    /// Opens the log in `folder`, or begins one there, and mends what a crash can leave behind.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let Folder { store, healed, end } = Folder::open(folder)?;
        Ok(Self::new(store, end, healed))
    }

    /// Opens a log that **loses acknowledged events** in a power cut, to show that the test for
    /// that can fail.
    #[cfg(feature = "conformance")]
    pub fn open_without_fdatasync(folder: &Path) -> Result<Self, OpenError> {
        let mut log = Self::open(folder)?;
        log.store.leave_out_fdatasync();
        Ok(log)
    }

    /// What was mended at open; each was also said as a warning.
    pub fn healed(&self) -> &[Healed] {
        &self.healed
    }

    /// How many bytes of the disk the folder takes.
    pub fn disk_bytes(&self) -> std::io::Result<u64> {
        self.store.disk_bytes()
    }
}

impl Default for KeptLog<MemoryStore> {
    fn default() -> Self {
        Self::new(MemoryStore::default(), End::default(), Vec::new())
    }
}

impl<S: ChunkStore> KeptLog<S> {
    /// A log over a store that ends at `end`.
    pub(crate) fn new(store: S, end: End, healed: Vec<Healed>) -> Self {
        Self {
            store,
            healed,
            head: AtomicU64::new(end.tip.position.0),
            writer: Mutex::new(Writer { end, poisoned: false }),
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Visits the chunks from the one that holds `from` to the one that holds the head, each
    /// checked against its hash and against the one before it.
    fn walk(
        &self,
        from: Position,
        head: Position,
        visit: &mut dyn FnMut(&Chunk<'_>) -> Result<ControlFlow<()>, String>,
    ) -> Result<Links, ReadError> {
        let mut links = Links::default();
        if from > head {
            return Ok(links);
        }
        let mut next = from;
        let mut fault = None;
        let mut done = false;
        let visited = self.store.visit(from, &mut |bytes| {
            for chunk in Chunk::parse_all(bytes) {
                let step = chunk.map_err(|error| error.to_string()).and_then(|chunk| {
                    if links.tip().is_none() && chunk.header.first > from {
                        return Err("events are missing".to_owned());
                    }
                    links.accept(&chunk).map_err(str::to_owned)?;
                    let step = visit(&chunk)?;
                    next = chunk.header.last().next();
                    done = step.is_break() || next > head;
                    Ok(())
                });
                fault = step.err();
                if done || fault.is_some() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        let reason = match (visited, fault) {
            (Err(StoreError::Io(source)), _) => {
                return Err(ReadError::Io { place: self.store.place(), source });
            }
            (Err(error), _) => error.to_string(),
            (Ok(()), Some(fault)) => fault,
            (Ok(()), None) if done => return Ok(links),
            (Ok(()), None) => "events are missing".to_owned(),
        };
        Err(ReadError::Corrupt { place: self.store.place(), position: next, reason })
    }
}

impl<S: ChunkStore> Drop for KeptLog<S> {
    fn drop(&mut self) {
        let writer = self.writer();
        if !writer.poisoned {
            self.store.close(writer.end.tip);
        }
    }
}

impl<S: ChunkStore> EventLog for KeptLog<S> {
    fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    fn append(&self, expected_head: Position, batch: &[Event]) -> Result<Position, AppendError> {
        let mut writer = self.writer();
        if writer.poisoned {
            return Err(AppendError::Poisoned);
        }
        let head = writer.end.tip.position;
        if expected_head != head {
            return Err(AppendError::Conflict { head });
        }
        let (chunks, tip) = seal(batch, writer.end.tip)?;
        if chunks.is_empty() {
            return Ok(head);
        }
        let mut values = join(writer.end.last.as_ref(), chunks);
        match self.store.put(&values) {
            Ok(()) => {
                writer.end = End { tip, last: values.pop() };
                self.head.store(tip.position.0, Ordering::Release);
                Ok(tip.position)
            }
            Err(StoreError::Full(reason)) => Err(AppendError::Full(reason)),
            Err(error) => {
                // A later sync could succeed although this one lost data: the kernel reports a
                // failed write-back once. So nothing is appended here any more.
                writer.poisoned = true;
                Err(AppendError::Unknown(error.to_string()))
            }
        }
    }

    fn read(&self, from: Position, count_max: usize) -> Result<Vec<Recorded>, ReadError> {
        let mut found = Vec::new();
        if count_max > 0 {
            self.scan(from, &mut |recorded| {
                found.push(recorded);
                if found.len() < count_max {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
        }
        Ok(found)
    }

    fn scan(
        &self,
        from: Position,
        visit: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let from = from.max(Position(1));
        self.walk(from, self.head(), &mut |chunk| {
            for found in chunk.events() {
                let (position, bytes) = found.map_err(|error| error.to_string())?;
                if position < from {
                    continue;
                }
                let event = event::decode(bytes).map_err(|error| error.to_string())?;
                if visit(Recorded { position, event }).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(())
    }

    fn verify(&self, progress: &mut dyn FnMut(Position)) -> Result<Verified, ReadError> {
        let (mut events, mut chunks, mut commits) = (0, 0, 0);
        let links = self.walk(Position(1), self.head(), &mut |chunk| {
            for found in chunk.events() {
                let (_, bytes) = found.map_err(|error| error.to_string())?;
                event::decode(bytes).map_err(|error| error.to_string())?;
                events += 1;
            }
            chunks += 1;
            commits += u64::from(chunk.header.after == 0);
            if chunks % PROGRESS_CHUNKS == 0 {
                progress(chunk.header.last());
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let tip = links.tip().unwrap_or_default();
        Ok(Verified { head: tip.position, events, chunks, commits, head_hash: tip.hash })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicU8;

    use super::*;
    use crate::chain::{Sealed, Tip};
    use crate::conformance::samples;

    /// A store whose disk can be told to fail.
    #[derive(Default)]
    struct Failing {
        kept: MemoryStore,
        fault: Arc<AtomicU8>,
    }

    const NONE: u8 = 0;
    const FULL: u8 = 1;
    /// The sync fails although the chunks are there.
    const SYNC: u8 = 2;

    impl ChunkStore for Failing {
        fn place(&self) -> String {
            self.kept.place()
        }

        fn put(&self, values: &[Sealed]) -> Result<(), StoreError> {
            match self.fault.load(Ordering::Relaxed) {
                FULL => return Err(StoreError::Full("no space".to_owned())),
                SYNC => {
                    self.kept.put(values)?;
                    return Err(io::Error::other("the disk said no").into());
                }
                _ => {}
            }
            self.kept.put(values)
        }

        fn visit(
            &self,
            from: Position,
            visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
        ) -> Result<(), StoreError> {
            self.kept.visit(from, visit)
        }

        fn last(&self) -> Result<Option<Sealed>, StoreError> {
            self.kept.last()
        }

        fn cut(&self, first: Position) -> Result<(), StoreError> {
            self.kept.cut(first)
        }

        fn close(&self, _tip: Tip) {}
    }

    fn failing_log() -> (KeptLog<Failing>, Arc<AtomicU8>) {
        let store = Failing::default();
        let fault = Arc::clone(&store.fault);
        (KeptLog::new(store, End::default(), Vec::new()), fault)
    }

    #[test]
    fn a_failed_sync_poisons_the_log_and_shows_nothing_to_readers() {
        let (log, fault) = failing_log();
        log.append(Position(0), &samples(1, 3)).unwrap();
        fault.store(SYNC, Ordering::Relaxed);
        let failed = log.append(Position(3), &samples(4, 3));
        assert!(matches!(&failed, Err(AppendError::Unknown(said)) if said.contains("said no")));
        fault.store(NONE, Ordering::Relaxed);
        let after = log.append(Position(3), &samples(4, 3));
        assert!(matches!(after, Err(AppendError::Poisoned)), "{after:?}");
        assert_eq!(log.head(), Position(3));
        assert_eq!(log.read(Position(1), 100).unwrap().len(), 3);
    }

    #[test]
    fn a_full_disk_appends_nothing_and_passes() {
        let (log, fault) = failing_log();
        fault.store(FULL, Ordering::Relaxed);
        assert!(matches!(log.append(Position(0), &samples(1, 3)), Err(AppendError::Full(_))));
        assert_eq!(log.head(), Position(0));
        fault.store(NONE, Ordering::Relaxed);
        assert_eq!(log.append(Position(0), &samples(1, 3)).unwrap(), Position(3));
    }

    #[test]
    fn what_does_not_say_what_was_written_is_an_error_that_names_the_place() {
        let (log, _) = failing_log();
        log.append(Position(0), &samples(1, 200)).unwrap();
        log.append(Position(200), &samples(201, 200)).unwrap();
        let mut chunks = Vec::new();
        log.store
            .visit(Position(1), &mut |bytes| {
                chunks.push(bytes.to_vec());
                ControlFlow::Continue(())
            })
            .unwrap();
        for (index, whole) in chunks.iter().enumerate() {
            let first = Chunk::parse(whole).unwrap().0.header.first;
            for bit in (0..whole.len() * 8).step_by(997) {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                log.store.put(&[Sealed { first, bytes }]).unwrap();
                let error = log.verify(&mut |_| {}).unwrap_err();
                assert!(error.to_string().starts_with("the log in memory is damaged near event"));
                assert!(log.scan(Position(1), &mut |_| ControlFlow::Continue(())).is_err());
                assert!(log.read(first, 1).is_err(), "chunk {index}");
            }
            log.store.put(&[Sealed { first, bytes: whole.clone() }]).unwrap();
        }
        assert_eq!(log.verify(&mut |_| {}).unwrap().events, 400);
        log.store.cut(Position(300)).unwrap();
        assert!(log.verify(&mut |_| {}).is_err(), "a lost end is noticed");
    }
}
