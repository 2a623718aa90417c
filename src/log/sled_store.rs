//! Chunks in sled 0.34.7, which is used nowhere else, and what it takes to make them durable.
//!
//! sled's own `flush` hands the bytes to the kernel and does not wait for the disk, so each one
//! is followed by `fdatasync` on its file. sled reuses the space of a moved page once the move
//! was written two segments ago, whether or not the disk has it by then; as long as less than a
//! segment is written between two syncs, it has. So a large append is synced in pieces, and a
//! tail that is only partly there is cut off at the next open.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::thread::sleep;
use std::time::{Duration, Instant};

use event::Position;
use sled::{Config, Db, IVec};

use crate::chain::{Sealed, Tip};
use crate::mark;
use crate::store::{ChunkStore, StoreError};

/// sled's unit of allocation; it cannot be changed for a log that exists.
const SEGMENT_LEN: usize = 8 << 20;
/// Chunks of this length together are written at most between two syncs. sled writes about three
/// times as much, never eight times: pages are rewritten when they fill up or are moved.
const UNSYNCED_LEN_MAX: usize = SEGMENT_LEN / 8;
/// Longer chunks are kept in parts: sled puts pages above a quarter of a segment into files of
/// their own, which it never syncs, and a page holds up to 17 values.
const PART_LEN_MAX: usize = 64 << 10;
/// What sled may keep in memory of pages it has read.
const CACHE_LEN: u64 = 16 << 20;
/// How often each value is asked for again as it passes: 8,000,000 events of 97 bytes were
/// scanned in 67 MB of memory with 3, in 125 MB with 1, and in 668 MB with none.
const TOUCHES: usize = 3;
/// The same for the first value of a scan, which may be its only one.
const TOUCHES_FIRST: usize = 16;
/// sled's threads can hold its lock a little longer than its handle.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// A sled database of chunks, the key being the position of the first event and the part.
pub struct SledStore {
    folder: PathBuf,
    db: Db,
    /// sled's file, for the sync that sled does not do.
    file: File,
    /// The folder of the log and the lock on it, which must outlive the database.
    log_folder: PathBuf,
    _lock: File,
    /// False only in the power-cut test, to show that it can fail.
    fdatasync: bool,
}

impl SledStore {
    /// Opens the database in `folder`, or makes one, for the owner of `lock` on `log_folder`.
    pub(crate) fn open(log_folder: &Path, folder: &Path, lock: File) -> Result<Self, StoreError> {
        quieten_sled();
        let path = folder.join("db");
        if path.exists() {
            // After a kill the file is ahead of the disk, and sled would write a synced snapshot
            // of it, which a power cut could then turn into a snapshot of nothing.
            File::open(&path)?.sync_all()?;
        }
        let config = Config::new()
            .path(folder)
            .segment_size(SEGMENT_LEN)
            .cache_capacity(CACHE_LEN)
            .flush_every_ms(None);
        let start = Instant::now();
        let db = loop {
            match guarded(|| config.open()) {
                Err(StoreError::Io(error))
                    if error.to_string().contains("could not acquire lock")
                        && start.elapsed() < LOCK_WAIT =>
                {
                    sleep(Duration::from_millis(10));
                }
                other => break other?,
            }
        };
        let store = Self {
            folder: folder.to_owned(),
            db,
            file: File::open(&path)?,
            log_folder: log_folder.to_owned(),
            _lock: lock,
            fdatasync: true,
        };
        store.sync()?;
        for name in ["conf", "blobs", "."] {
            File::open(folder.join(name))?.sync_all()?;
        }
        Ok(store)
    }

    /// How many bytes of the disk the database takes.
    pub(crate) fn disk_bytes(&self) -> io::Result<u64> {
        folder_bytes(&self.log_folder)
    }

    fn sync(&self) -> Result<(), StoreError> {
        guarded(|| self.db.flush())?;
        if self.fdatasync {
            self.file.sync_data()?;
        }
        Ok(())
    }

    /// From now on leaves durability to sled.
    #[cfg(feature = "conformance")]
    pub(crate) fn leave_out_fdatasync(&mut self) {
        self.fdatasync = false;
    }

    /// Asks for a key again, so that sled notices earlier that it has read enough pages.
    ///
    /// sled's cache has 256 shards, and each one looks at what it holds only after 64 accesses to
    /// its pages. A scan accesses each page once, so 16,384 pages pile up whatever the capacity
    /// of the cache is.
    fn touch(&self, key: &[u8], times: usize) -> Result<(), StoreError> {
        (0..times).try_for_each(|_| guarded(|| self.db.contains_key(key)).map(drop))
    }

    /// Refuses early what would not fit, because sled does not recover from a full disk.
    fn check_space(&self, values: &[Sealed]) -> Result<(), StoreError> {
        let bytes: usize = values.iter().map(|value| value.bytes.len()).sum();
        let needed = (bytes as u64).saturating_mul(8).saturating_add(2 * SEGMENT_LEN as u64);
        let space = rustix::fs::statvfs(&self.folder).map_err(io::Error::from)?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        if free < needed {
            let folder = self.log_folder.display();
            return Err(StoreError::Full(format!(
                "{folder} has {free} bytes left, and this needs up to {needed}"
            )));
        }
        Ok(())
    }
}

impl ChunkStore for SledStore {
    fn place(&self) -> String {
        format!("the log in {}", self.log_folder.display())
    }

    fn put(&self, values: &[Sealed]) -> Result<(), StoreError> {
        self.check_space(values)?;
        let mut unsynced_len = 0;
        for value in values {
            for (part, bytes) in value.bytes.chunks(PART_LEN_MAX).enumerate() {
                if unsynced_len + bytes.len() > UNSYNCED_LEN_MAX {
                    self.sync()?;
                    unsynced_len = 0;
                }
                let part = u16::try_from(part).map_err(io::Error::other)?;
                guarded(|| self.db.insert(key(value.first, part), bytes))?;
                unsynced_len += bytes.len();
            }
        }
        self.sync()
    }

    fn visit(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let before = guarded(|| self.db.range(..=key(from, u16::MAX)).next_back().transpose())?;
        let start = match &before {
            Some((found, _)) => {
                self.touch(found, TOUCHES_FIRST)?;
                position_of(found)?
            }
            None => from,
        };
        let mut items = self.db.range(key(start, 0)..);
        let (mut position, mut parts) = (start, Vec::new());
        while let Some((found, part)) = guarded(|| items.next().transpose())? {
            self.touch(&found, TOUCHES)?;
            let found = position_of(&found)?;
            if found != position && emit(&mut parts, visit).is_break() {
                return Ok(());
            }
            position = found;
            parts.push(part);
        }
        let _ended = emit(&mut parts, visit);
        Ok(())
    }

    fn last(&self) -> Result<Option<Sealed>, StoreError> {
        let Some((found, _)) = guarded(|| self.db.last())? else {
            return Ok(None);
        };
        let first = position_of(&found)?;
        let mut bytes = Vec::new();
        let mut items = self.db.range(key(first, 0)..);
        while let Some((_, part)) = guarded(|| items.next().transpose())? {
            bytes.extend_from_slice(&part);
        }
        Ok(Some(Sealed { first, bytes }))
    }

    fn cut(&self, first: Position) -> Result<(), StoreError> {
        // From the end, so that a crash in between leaves a shorter tail and no gap.
        while let Some((found, _)) = guarded(|| self.db.last())? {
            if position_of(&found)? < first {
                break;
            }
            guarded(|| self.db.remove(&found))?;
        }
        self.sync()
    }

    fn close(&self, tip: Tip) {
        if let Err(error) = mark::write(&self.log_folder, tip) {
            let folder = self.log_folder.display();
            tracing::warn!(%folder, %error, "the end of the log could not be noted");
        }
    }
}

fn emit(parts: &mut Vec<IVec>, visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
    let step = match parts.as_slice() {
        [] => ControlFlow::Continue(()),
        [whole] => visit(whole),
        several => visit(&several.concat()),
    };
    parts.clear();
    step
}

fn key(first: Position, part: u16) -> [u8; 10] {
    let [a, b, c, d, e, f, g, h] = first.0.to_be_bytes();
    let [i, j] = part.to_be_bytes();
    [a, b, c, d, e, f, g, h, i, j]
}

fn position_of(key: &IVec) -> Result<Position, StoreError> {
    let bytes = key
        .first_chunk()
        .filter(|_| key.len() == 10)
        .ok_or_else(|| StoreError::Damaged("a key is no position".to_owned()))?;
    Ok(Position(u64::from_be_bytes(*bytes)))
}

thread_local! {
    /// Whether this thread is inside sled.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Keeps sled's panics off the standard error: each is told as an error that says what to do.
fn quieten_sled() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic| {
            if GUARDED.get() {
                tracing::debug!(%panic, "sled gave up");
            } else {
                others(panic);
            }
        }));
    });
}

/// Calls sled, which panics where it finds bytes it did not expect.
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(false);
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(error))) => Err(StoreError::Io(error)),
        Ok(Err(error)) => Err(StoreError::Damaged(error.to_string())),
        Err(panic) => {
            let said = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            Err(StoreError::Damaged(format!("sled gave up: {said}")))
        }
    }
}

fn folder_bytes(folder: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in folder.read_dir()? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            folder_bytes(&entry.path())?
        } else {
            // In units of 512 bytes whatever the file system's own unit is (stat(2)).
            metadata.blocks() * 512
        };
    }
    Ok(bytes)
}
