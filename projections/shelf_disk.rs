//! The shelf on disk: one fjall keyspace, written in sorted runs, each there whole or not at all.
//!
//! fjall merges sorted runs, which suits keys that come in no order; sled, which keeps the log,
//! took 1.4 GB of memory for the records of 200,000 contacts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use event::Position;
use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use crate::shelf::Pair;
use crate::{Shelf, ShelfError};

/// Shorter than any key of a table.
const CHECKPOINT: &[u8] = &[0];
/// Changes with the shape of a record: the keyspace of another version is left alone.
const KEYSPACE: &str = "archive-3";
const CACHE_BYTES: u64 = 16 << 20;
const MEMTABLE_BYTES: u64 = 8 << 20;
const JOURNAL_BYTES: u64 = 64 << 20;

/// A shelf in a folder of its own.
pub struct DiskShelf {
    keyspace: Keyspace,
    /// Its worker merges runs as long as this lives.
    _database: Database,
}

impl DiskShelf {
    /// Opens the shelf in `folder`. One that cannot be opened is deleted and begun anew, because
    /// a replay gives everything again.
    pub fn open(folder: &Path) -> Result<Self, ShelfError> {
        match Self::try_open(folder) {
            Err(_) if folder.exists() => {
                fs::remove_dir_all(folder).map_err(|error| ShelfError(error.to_string()))?;
                Self::try_open(folder)
            }
            opened => opened,
        }
    }

    fn try_open(folder: &Path) -> Result<Self, ShelfError> {
        let database = Database::builder(folder)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .worker_threads(1)
            .open()
            .map_err(failed)?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let keyspace = database.keyspace(KEYSPACE, options).map_err(failed)?;
        Ok(Self { keyspace, _database: database })
    }
}

impl Shelf for DiskShelf {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ShelfError> {
        Ok(self.keyspace.get(key).map_err(failed)?.map(|value| value.to_vec()))
    }

    fn write(&self, pairs: Vec<Pair>, checkpoint: Position) -> Result<(), ShelfError> {
        let mut sorted: BTreeMap<_, _> = pairs.into_iter().collect();
        sorted.insert(CHECKPOINT.to_vec(), checkpoint.0.to_be_bytes().to_vec());
        // Past fjall's journal: to read 34 MB of it back took 0.6 s at the next opening.
        let mut run = self.keyspace.start_ingestion().map_err(failed)?;
        for (key, value) in sorted {
            run.write(key, value).map_err(failed)?;
        }
        run.finish().map_err(failed)
    }

    fn checkpoint(&self) -> Result<Position, ShelfError> {
        let value = self.keyspace.get(CHECKPOINT).map_err(failed)?;
        let number = value.and_then(|value| Some(u64::from_be_bytes((*value).try_into().ok()?)));
        Ok(Position(number.unwrap_or(0)))
    }

    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), ShelfError> {
        for guard in self.keyspace.iter() {
            let (key, value) = guard.into_inner().map_err(failed)?;
            if *key != *CHECKPOINT {
                visit(&key, &value);
            }
        }
        Ok(())
    }
}

fn failed(error: fjall::Error) -> ShelfError {
    ShelfError(error.to_string())
}
