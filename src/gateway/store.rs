//! The message store: the bytes of every message, named by their BLAKE3 digest.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use event::{MessageDigest, MessageRef};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};

/// Messages written at the same time. They share the journal commits of the file system, which is
/// where the time goes.
const WRITES_MAX: usize = 64;

/// A store of messages in one folder; what it returns as stored survives a power cut.
///
/// A message lies in `ab/cdef...`: the digest in hexadecimal, two digits for the folder. The same
/// content has the same name and is stored once.
#[derive(Clone, Debug)]
pub struct MessageStore {
    objects: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

/// Why a message could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no space left; nothing of the message was acknowledged.
    #[error("the disk of the message store {folder} is full: make space, nothing is lost")]
    Full {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The message is not in the store.
    #[error("message {digest} is not in the message store {folder}: restore it from a backup")]
    Missing {
        /// Its name.
        digest: MessageDigest,
        /// The store's folder.
        folder: PathBuf,
    },
    /// The bytes are not those that were stored.
    #[error("message {digest} in the message store {folder} was changed: restore it from a backup")]
    Damaged {
        /// Its name.
        digest: MessageDigest,
        /// The store's folder.
        folder: PathBuf,
    },
    /// Anything else the file system says.
    #[error("the message store {folder} does not work: {reason}")]
    Failed {
        /// The store's folder.
        folder: PathBuf,
        /// What the file system says.
        reason: String,
    },
}

impl MessageStore {
    /// Opens the store in `folder`, which is made where it does not exist.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |error: &(dyn Error + 'static)| classify(folder, error);
        prepare(folder).map_err(|error| failed(&error))?;
        let objects = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| failed(&error))?
            .with_fsync(true);
        Ok(Self { objects: Arc::new(objects), folder: folder.to_owned() })
    }

    /// Stores one message; returns once it is durable.
    pub async fn put(&self, message: Bytes) -> Result<MessageRef, StoreError> {
        let name = Self::name(&message);
        // An existing file is written again, because it may still be on its way to the disk by
        // another call, or damaged.
        self.objects
            .put(&location(&name.digest), message.into())
            .await
            .map_err(|error| classify(&self.folder, &error))?;
        Ok(name)
    }

    /// What a message is called, stored or not.
    pub fn name(message: &[u8]) -> MessageRef {
        let digest = MessageDigest(*blake3::hash(message).as_bytes());
        MessageRef { digest, size: message.len() as u64 }
    }

    /// Stores many messages at the same time; returns once all are durable, in the order given.
    pub async fn put_all(&self, messages: Vec<Bytes>) -> Result<Vec<MessageRef>, StoreError> {
        stream::iter(messages.into_iter().map(|message| self.put(message)))
            .buffered(WRITES_MAX)
            .try_collect()
            .await
    }

    /// Reads a message and verifies that its bytes are those that were stored.
    pub async fn get(&self, digest: &MessageDigest) -> Result<Bytes, StoreError> {
        let read = async { self.objects.get(&location(digest)).await?.bytes().await };
        let bytes = read.await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => {
                StoreError::Missing { digest: *digest, folder: self.folder.clone() }
            }
            other => classify(&self.folder, &other),
        })?;
        if blake3::hash(&bytes).as_bytes() != &digest.0 {
            return Err(StoreError::Damaged { digest: *digest, folder: self.folder.clone() });
        }
        Ok(bytes)
    }
}

/// Makes all 256 folders at once, so that storing a message never has to make one durable.
fn prepare(folder: &Path) -> io::Result<()> {
    if folder.join("ff").is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    for number in 0..=255u8 {
        match std::fs::create_dir(folder.join(format!("{number:02x}"))) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    std::fs::File::open(folder)?.sync_all()?;
    if let Some(parent) = folder.parent().filter(|path| !path.as_os_str().is_empty()) {
        std::fs::File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn location(digest: &MessageDigest) -> ObjectPath {
    let name = digest.to_string();
    let (folder, file) = name.split_at(2);
    ObjectPath::from_iter([folder, file])
}

fn classify(folder: &Path, error: &(dyn Error + 'static)) -> StoreError {
    let mut cause = Some(error);
    while let Some(current) = cause {
        let kind = current.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)) {
            return StoreError::Full { folder: folder.to_owned() };
        }
        cause = current.source();
    }
    StoreError::Failed { folder: folder.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> usize {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| if path.is_dir() { files(&path) } else { 1 })
            .sum()
    }

    #[tokio::test]
    async fn messages_come_back_as_they_were_and_are_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = MessageStore::open(folder.path()).unwrap();
        let messages = ["", "one", "two", "one"].map(Bytes::from).to_vec();
        let stored = store.put_all(messages.clone()).await.unwrap();
        assert_eq!(stored[1], stored[3]);
        assert_eq!(files(folder.path()), 3);
        let again = MessageStore::open(folder.path()).unwrap();
        for (reference, message) in stored.iter().zip(&messages) {
            assert_eq!(reference.size, message.len() as u64);
            assert_eq!(&again.get(&reference.digest).await.unwrap(), message);
        }
    }

    #[tokio::test]
    async fn a_missing_and_a_changed_message_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = MessageStore::open(folder.path()).unwrap();
        let digest = store.put(Bytes::from("mail")).await.unwrap().digest;
        let path = folder.path().join(location(&digest).as_ref());
        std::fs::write(&path, "nail").unwrap();
        let error = store.get(&digest).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = store.get(&digest).await.unwrap_err();
        assert!(matches!(error, StoreError::Missing { .. }), "{error}");
        assert!(error.to_string().contains(&digest.to_string()));
    }

    #[test]
    fn a_full_disk_is_recognised_however_deep_it_is_reported() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let wrapped =
            object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full) };
        let error = classify(Path::new("/data"), &wrapped);
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        let other = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = classify(Path::new("/data"), &other);
        assert!(matches!(error, StoreError::Failed { .. }), "{error}");
    }
}
