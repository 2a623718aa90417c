//! Chunks in sled 0.34.7, which only this file knows, and what it takes to make them durable.
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
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use event::Position;
use sled::{Config, Db, IVec, Tree};

use crate::chain::{SEALED_LEN_MAX, Sealed, Tip};
use crate::store::{ChunkStore, StoreError};
use crate::{chunk, disk, mark};

/// sled's unit of allocation; it cannot be changed for a log that exists.
const SEGMENT_LEN: usize = 8 << 20;
/// Chunks of this length together are written at most between two syncs. sled writes about three
/// times as much, because a page that splits is written again; the rest is margin.
const UNSYNCED_LEN_MAX: usize = SEGMENT_LEN / 8;
/// Longer chunks are kept in parts: sled puts pages above a quarter of a segment into files of
/// their own, which it never syncs, and a page holds up to 17 values.
const PART_LEN_MAX: usize = 64 << 10;
/// The tree of slots.
const SLOTS: &str = "recent";
/// What sled may keep in memory of pages it has read.
const CACHE_LEN: u64 = 16 << 20;
/// How often each value is asked for again as it passes: 8,000,000 events of 97 bytes were
/// scanned in 67 MB of memory with 3, in 125 MB with 1, and in 668 MB with none.
const TOUCHES: usize = 3;
/// The same for the first value of a scan, which may be its only one.
const TOUCHES_FIRST: usize = 16;
/// sled's threads can hold its lock a little longer than its handle.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The last value while it grows: it is kept in pieces, a piece a commit, each in a slot of a
/// small tree of their own. Only when another value begins does it move to the others as a whole,
/// and the slots are used again. Growing it in place would write its whole page again and again,
/// and sled would take three times the space.
#[derive(Default)]
struct Recent {
    value: Option<Arc<Sealed>>,
    /// How many slots hold it.
    slots: u16,
}

/// A sled database of values, the key being the position of the first event and the part.
pub struct SledStore {
    folder: PathBuf,
    db: Db,
    slots: Tree,
    recent: Mutex<Recent>,
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
        let slots = guarded(|| db.open_tree(SLOTS))?;
        let store = Self {
            folder: folder.to_owned(),
            db,
            slots,
            recent: Mutex::default(),
            file: File::open(&path)?,
            log_folder: log_folder.to_owned(),
            _lock: lock,
            fdatasync: true,
        };
        store.sync()?;
        for name in ["conf", "blobs", "."] {
            File::open(folder.join(name))?.sync_all()?;
        }
        store.find_recent()?;
        Ok(store)
    }

    /// Finds the value that was growing: the slots that go on where the others end. Slots of an
    /// earlier value begin before that.
    fn find_recent(&self) -> Result<(), StoreError> {
        let told = |error: chunk::ChunkError| StoreError::Damaged(error.to_string());
        let mut next = match self.last_settled()? {
            Some(last) => chunk::last_header(&last.bytes).map_err(told)?.last().next(),
            None => Position(1),
        };
        let mut value = Sealed { first: next, bytes: Vec::new() };
        let mut count = 0;
        while let Some(piece) = guarded(|| self.slots.get(slot_key(count)))? {
            if chunk::first_header(&piece).map_err(told)?.first != next {
                break;
            }
            next = chunk::last_header(&piece).map_err(told)?.last().next();
            value.bytes.extend_from_slice(&piece);
            count += 1;
        }
        if count > 0 {
            *self.recent() = Recent { value: Some(Arc::new(value)), slots: count };
        }
        Ok(())
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last value that does not grow any more.
    fn last_settled(&self) -> Result<Option<Sealed>, StoreError> {
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

    /// Whether the last value of a commit goes into slots: it may grow, and it has not settled
    /// before a crash.
    fn is_recent(&self, value: &Sealed) -> Result<bool, StoreError> {
        let small = value.bytes.len() <= SEALED_LEN_MAX;
        let settled = || guarded(|| self.db.contains_key(key(value.first, 0)));
        Ok(small && (self.grows(value) || !settled()?))
    }

    /// Whether this is the value that was growing, grown further.
    fn grows(&self, value: &Sealed) -> bool {
        self.recent().value.as_ref().is_some_and(|kept| kept.first == value.first)
    }

    /// Keeps a value that grows, or the piece by which it has grown.
    fn keep_recent(&self, value: &Sealed) -> Result<(), StoreError> {
        let mut recent = self.recent();
        let known_len = recent.value.as_ref().map_or(0, |kept| kept.bytes.len());
        let piece = value.bytes.get(known_len..).unwrap_or_default();
        guarded(|| self.slots.insert(slot_key(recent.slots), piece))?;
        recent.slots += 1;
        recent.value = Some(Arc::new(value.clone()));
        Ok(())
    }

    /// Moves the value that was growing to the others.
    fn settle(&self, recent: &mut Recent) -> Result<(), StoreError> {
        if let Some(value) = &recent.value {
            guarded(|| self.db.insert(key(value.first, 0), &*value.bytes))?;
        }
        *recent = Recent::default();
        Ok(())
    }

    /// How many bytes of the disk the database takes.
    pub(crate) fn disk_bytes(&self) -> io::Result<u64> {
        disk::taken_bytes(&self.log_folder)
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
        let free = disk::free_bytes(&self.folder)?;
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
        let (last, others) = match values.split_last() {
            Some((last, others)) if self.is_recent(last)? => (Some(last), others),
            Some(_) | None => (None, values),
        };
        if !last.is_some_and(|last| self.grows(last)) {
            self.settle(&mut self.recent())?;
        }
        let mut unsynced_len = 0;
        for value in others {
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
        if let Some(last) = last {
            self.keep_recent(last)?;
        }
        self.sync()
    }

    fn visit(
        &self,
        from: Position,
        visit: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        // Taken first: what settles meanwhile is found among the others.
        let recent = self.recent().value.clone();
        if let Some(recent) = recent.as_ref().filter(|recent| recent.first <= from) {
            let _ended = visit(&recent.bytes);
            return Ok(());
        }
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
        if emit(&mut parts, visit).is_continue()
            && let Some(recent) = recent.filter(|recent| recent.first > position)
        {
            let _ended = visit(&recent.bytes);
        }
        Ok(())
    }

    fn last(&self) -> Result<Option<Sealed>, StoreError> {
        match &self.recent().value {
            Some(value) => Ok(Some(Sealed::clone(value))),
            None => self.last_settled(),
        }
    }

    fn cut(&self, first: Position) -> Result<(), StoreError> {
        let mut recent = self.recent();
        if recent.value.as_ref().is_some_and(|value| value.first >= first) {
            guarded(|| self.slots.clear())?;
            *recent = Recent::default();
        }
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

fn slot_key(slot: u16) -> [u8; 2] {
    slot.to_be_bytes()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{End, join, seal};
    use crate::conformance::{sample, samples};
    use crate::{EventLog, SledLog};

    /// Opens the store alone, as a log that crashes would leave it.
    fn store(folder: &Path) -> SledStore {
        drop(SledLog::open(folder).unwrap());
        SledStore::open(folder, &folder.join("sled"), File::create(folder.join("x")).unwrap())
            .unwrap()
    }

    /// Appends as the log does, without being one.
    fn put(store: &SledStore, end: &mut End, batch: &[event::Event]) {
        let (chunks, tip) = seal(batch, end.tip).unwrap();
        let mut values = join(end.last.as_ref(), chunks);
        store.put(&values).unwrap();
        *end = End { tip, last: values.pop() };
    }

    #[test]
    fn a_value_grows_in_slots_and_settles_when_it_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let mut end = End::default();
        for number in 1..=100 {
            put(&store, &mut end, &[sample(number, 200)]);
        }
        let (settled, growing) = (store.db.len(), store.recent().slots);
        assert!((2..20).contains(&settled), "{settled} values settled");
        assert!(growing > 0 && store.slots.len() >= usize::from(growing));
        drop(store);
        let log = SledLog::open(folder.path()).unwrap();
        assert_eq!(log.verify(&mut |_| {}).unwrap().commits, 100);
    }

    #[test]
    fn a_crash_between_settling_and_the_next_slot_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let one = store(folder.path());
        let mut end = End::default();
        put(&one, &mut end, &samples(1, 3));
        put(&one, &mut end, &samples(4, 3));
        one.settle(&mut one.recent()).unwrap();
        one.sync().unwrap();
        drop(one);
        for round in 1..=5 {
            let log = SledLog::open(folder.path()).unwrap();
            assert_eq!((log.healed(), log.head()), (&[][..], Position(3 + 3 * round)));
            log.append(log.head(), &samples(log.head().0 + 1, 3)).unwrap();
            let events = log.read(Position(1), 100).unwrap();
            assert_eq!(events.len() as u64, 6 + 3 * round);
            assert_eq!(log.verify(&mut |_| {}).unwrap().commits, 2 + round);
        }
    }

    #[test]
    fn a_torn_commit_behind_a_growing_value_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let one = store(folder.path());
        let mut end = End::default();
        put(&one, &mut end, &samples(1, 3));
        let (chunks, _) = seal(&samples(4, 1000), end.tip).unwrap();
        let kept = chunks.len() / 2;
        // The last one that is kept does not end its commit, and is in a slot all the same.
        one.put(&chunks[..kept]).unwrap();
        drop(one);
        let log = SledLog::open(folder.path()).unwrap();
        assert_eq!((log.healed().len(), log.head()), (1, Position(3)));
        log.append(Position(3), &samples(4, 2)).unwrap();
        drop(log);
        let log = SledLog::open(folder.path()).unwrap();
        assert_eq!((log.healed().len(), log.head()), (0, Position(5)));
        assert_eq!(log.read(Position(1), 100).unwrap().len(), 5);
    }
}
