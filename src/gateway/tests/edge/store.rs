//! The message store on a disk that is full.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use gateway::{MessageStore, StoreError};

/// A small file system in memory, which goes with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                println!("skipped: mounting a small file system needs root");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.path().join("messages");
    let store = MessageStore::open(&folder).unwrap();
    let first = store.put(Bytes::from("first")).await.unwrap();
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![0; 3 << 20]).unwrap();
    let messages: Vec<_> = (0..100u8).map(|number| Bytes::from(vec![number; 50_000])).collect();
    let error = store.put_all(messages.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");
    assert_eq!(store.get(&first.digest).await.unwrap(), "first");
    std::fs::remove_file(&ballast).unwrap();
    let fits = messages[..20].to_vec();
    let stored = store.put_all(fits.clone()).await.unwrap();
    for (reference, message) in stored.iter().zip(&fits) {
        assert_eq!(&store.get(&reference.digest).await.unwrap(), message);
    }
}
