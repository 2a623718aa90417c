//! A typed table of the archive: records on a shelf, with the newest ones over them in memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use bincode::config::{Configuration, standard};
use bincode::{Decode, Encode};

use crate::shelf::Pair;
use crate::{Shelf, ShelfError};

const CONFIG: Configuration = standard();

/// What a record is kept under.
pub(crate) trait Key: Eq + Hash + Copy {
    fn bytes(self) -> Vec<u8>;
}

/// Records by key. `PREFIX` tells the tables of one shelf apart.
///
/// The fresh ones are in no order: keys are digests, nothing goes through them in order, and the
/// shelf sorts what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Table<K, V, const PREFIX: u8> {
    fresh: HashMap<K, V>,
}

impl<K, V, const PREFIX: u8> Default for Table<K, V, PREFIX> {
    fn default() -> Self {
        Self { fresh: HashMap::new() }
    }
}

impl<K: Key, V: Encode + Decode<()> + Clone, const PREFIX: u8> Table<K, V, PREFIX> {
    /// A copy of the record under `key`.
    pub(crate) fn get(&self, shelf: &dyn Shelf, key: K) -> Result<Option<V>, ShelfError> {
        match self.fresh.get(&key) {
            Some(record) => Ok(Some(record.clone())),
            None => load(shelf, PREFIX, key),
        }
    }

    /// The record under `key`, to be changed.
    pub(crate) fn change(
        &mut self,
        shelf: &dyn Shelf,
        key: K,
    ) -> Result<Option<&mut V>, ShelfError> {
        match self.fresh.entry(key) {
            Entry::Occupied(entry) => Ok(Some(entry.into_mut())),
            Entry::Vacant(entry) => {
                Ok(load(shelf, PREFIX, key)?.map(|record| entry.insert(record)))
            }
        }
    }

    /// Puts a record in place of any earlier one.
    pub(crate) fn put(&mut self, key: K, record: V) {
        self.fresh.insert(key, record);
    }

    /// How many records wait to be written to the shelf.
    pub(crate) fn fresh_len(&self) -> usize {
        self.fresh.len()
    }

    /// Appends the records that are newer than the shelf to `pairs`.
    pub(crate) fn collect(&self, pairs: &mut Vec<Pair>) -> Result<(), ShelfError> {
        for (&key, record) in &self.fresh {
            let value = bincode::encode_to_vec(record, CONFIG)
                .map_err(|error| ShelfError(error.to_string()))?;
            pairs.push((shelf_key(PREFIX, key), value));
        }
        Ok(())
    }

    /// Forgets the records in memory, once they are on the shelf.
    pub(crate) fn clear(&mut self) {
        self.fresh.clear();
    }
}

/// The prefix comes last, so that the records of one contact lie side by side on disk.
fn shelf_key<K: Key>(prefix: u8, key: K) -> Vec<u8> {
    let mut bytes = key.bytes();
    bytes.push(prefix);
    bytes
}

fn load<K: Key, V: Decode<()>>(
    shelf: &dyn Shelf,
    prefix: u8,
    key: K,
) -> Result<Option<V>, ShelfError> {
    let Some(bytes) = shelf.get(&shelf_key(prefix, key))? else {
        return Ok(None);
    };
    let (record, _): (V, usize) = bincode::decode_from_slice(&bytes, CONFIG)
        .map_err(|error| ShelfError(format!("a record cannot be read: {error}")))?;
    Ok(Some(record))
}

impl Key for event::ContactId {
    fn bytes(self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

impl Key for event::ThreadId {
    fn bytes(self) -> Vec<u8> {
        self.0.to_bytes().to_vec()
    }
}

/// The first half of the BLAKE3 digest of a Message-ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MessageKey([u8; 16]);

impl MessageKey {
    pub(crate) fn of(message_id: &str) -> Self {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(blake3::hash(message_id.as_bytes()).as_bytes()) {
            *to = *from;
        }
        Self(half)
    }
}

impl Key for MessageKey {
    fn bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }
}
