//! The shelf on disk: one sled tree, written in atomic batches.

use std::fs;
use std::path::Path;

use event::Position;

use crate::shelf::Pair;
use crate::{Shelf, ShelfError};

/// Sorts before every table.
const CHECKPOINT: &[u8] = &[0];
/// Changes with the shape of a record: the tree of another version is left alone and rebuilt.
const TREE: &str = "archive.v1";
/// sled's cache; what it reads beside the overlay in memory is a few records a second.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// A shelf in a folder of its own.
#[derive(Debug)]
pub struct SledShelf {
    tree: sled::Tree,
    database: sled::Db,
}

impl SledShelf {
    /// Opens the shelf in `folder`. One that sled cannot open is deleted and begun anew, because
    /// a replay gives everything again.
    pub fn open(folder: &Path) -> Result<Self, ShelfError> {
        match Self::try_open(folder) {
            Ok(shelf) => Ok(shelf),
            Err(_) => {
                fs::remove_dir_all(folder).map_err(|error| ShelfError(error.to_string()))?;
                Self::try_open(folder)
            }
        }
    }

    fn try_open(folder: &Path) -> Result<Self, ShelfError> {
        let database = sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .open()
            .map_err(failed)?;
        let tree = database.open_tree(TREE).map_err(failed)?;
        Ok(Self { tree, database })
    }
}

impl Shelf for SledShelf {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ShelfError> {
        Ok(self.tree.get(key).map_err(failed)?.map(|value| value.to_vec()))
    }

    fn write(&self, pairs: Vec<Pair>, checkpoint: Position) -> Result<(), ShelfError> {
        let mut batch = sled::Batch::default();
        for (key, value) in pairs {
            batch.insert(key, value);
        }
        batch.insert(CHECKPOINT, &checkpoint.0.to_be_bytes());
        self.tree.apply_batch(batch).map_err(failed)?;
        self.database.flush().map_err(failed)?;
        Ok(())
    }

    fn checkpoint(&self) -> Result<Position, ShelfError> {
        let value = self.tree.get(CHECKPOINT).map_err(failed)?;
        let number =
            value.and_then(|value| Some(u64::from_be_bytes(value.as_ref().try_into().ok()?)));
        Ok(Position(number.unwrap_or(0)))
    }

    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), ShelfError> {
        for pair in &self.tree {
            let (key, value) = pair.map_err(failed)?;
            if key != CHECKPOINT {
                visit(&key, &value);
            }
        }
        Ok(())
    }
}

fn failed(error: sled::Error) -> ShelfError {
    ShelfError(error.to_string())
}
