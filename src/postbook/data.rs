//! The data folder: what lies where, and the key made at first start.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mail::TokenKey;

/// A data folder.
#[derive(Clone, Debug)]
pub(crate) struct Data(PathBuf);

impl Data {
    /// The data folder at `path`, whether it is there or not.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Makes the folder, for its owner only.
    pub(crate) fn create(&self) -> Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .with_context(|| format!("cannot make the data folder {}", self.0.display()))
    }

    /// The event log.
    pub(crate) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The archive of views; may be deleted.
    pub(crate) fn views(&self) -> PathBuf {
        self.0.join("views")
    }

    /// Snapshots; may be deleted.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }

    /// The message store.
    pub(crate) fn messages(&self) -> PathBuf {
        self.0.join("messages")
    }

    /// The socket of the running server.
    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("postbook.sock")
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// The key that signs reply tokens; made of random bytes at first start. Without it no reply
    /// to a mail sent before is recognised, so it belongs into the backup.
    pub(crate) fn token_key(&self) -> Result<TokenKey> {
        let path = self.0.join("reply-token.key");
        if let Ok(bytes) = fs::read(&path) {
            let bytes: [u8; 32] = bytes.try_into().ok().with_context(|| {
                format!(
                    "{} is damaged: 32 bytes are expected; restore it from the backup",
                    path.display()
                )
            })?;
            return Ok(TokenKey::from_bytes(bytes));
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
        self.keep_key(&path, &bytes).with_context(|| {
            format!("cannot keep the key for reply tokens in {}", path.display())
        })?;
        Ok(TokenKey::from_bytes(bytes))
    }

    fn keep_key(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let part = path.with_extension("part");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        fs::File::open(&self.0)?.sync_all()
    }
}
