//! Putting a message into a Maildir, durably and at most once.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a message is not in the Maildir.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The unique name would leave the folder or hide the file.
    #[error("`{0}` cannot name a message in a Maildir")]
    Name(String),
    /// There is no space left; try again later.
    #[error("the disk of the Maildir {0} is full")]
    Full(PathBuf),
    /// Anything else the file system says.
    #[error("the Maildir {path} cannot be written: {reason}")]
    Failed {
        /// The Maildir.
        path: PathBuf,
        /// What the file system says.
        reason: io::Error,
    },
}

/// Delivers `bytes` into `new/` under the name `unique`; returns once the message is durable.
///
/// Does nothing where a message of that name already is in `new/` or `cur/`, so that a delivery
/// can be repeated after a crash. The folders are made where they do not exist. Blocks.
pub fn deliver(maildir: &Path, unique: &str, bytes: &[u8]) -> Result<(), DeliverError> {
    if unique.is_empty() || unique.starts_with('.') || unique.contains(['/', ':', '\0']) {
        return Err(DeliverError::Name(unique.to_owned()));
    }
    write(maildir, unique, bytes).map_err(|reason| match reason.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            DeliverError::Full(maildir.to_owned())
        }
        _ => DeliverError::Failed { path: maildir.to_owned(), reason },
    })
}

fn write(maildir: &Path, unique: &str, bytes: &[u8]) -> io::Result<()> {
    let [tmp, new, cur] = ["tmp", "new", "cur"].map(|name| maildir.join(name));
    prepare(maildir, [&tmp, &new, &cur])?;
    if new.join(unique).exists() || holds(&cur, unique)? {
        return Ok(());
    }
    let staged = tmp.join(unique);
    let mut file = File::create(&staged)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&staged, new.join(unique))) {
        // A half-written file in tmp/ is nobody's mail; the next delivery replaces it anyway.
        let _ = fs::remove_file(&staged);
        return Err(error);
    }
    File::open(&new)?.sync_all()
}

fn prepare(maildir: &Path, folders: [&PathBuf; 3]) -> io::Result<()> {
    if folders.iter().all(|folder| folder.is_dir()) {
        return Ok(());
    }
    for folder in folders {
        fs::create_dir_all(folder)?;
    }
    File::open(maildir)?.sync_all()?;
    match maildir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Whether `cur` holds the message under any flags.
fn holds(cur: &Path, unique: &str) -> io::Result<bool> {
    for entry in fs::read_dir(cur)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.split(':').next() == Some(unique) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: PathBuf) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_message_is_delivered_once_even_after_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = folder.path().join("a@b.test");
        // What a crash left behind.
        fs::create_dir_all(maildir.join("tmp")).unwrap();
        fs::write(maildir.join("tmp/one"), "half").unwrap();
        deliver(&maildir, "one", b"mail").unwrap();
        deliver(&maildir, "one", b"mail").unwrap();
        assert_eq!(fs::read(maildir.join("new/one")).unwrap(), b"mail");
        assert!(names(maildir.join("tmp")).is_empty());
        fs::rename(maildir.join("new/one"), maildir.join("cur/one:2,RS")).unwrap();
        deliver(&maildir, "one", b"mail").unwrap();
        assert!(names(maildir.join("new")).is_empty());
        deliver(&maildir, "one2", b"mail").unwrap();
        assert_eq!(names(maildir.join("new")), ["one2"]);
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", ".", "..", ".hidden", "a/b", "../a", "a:2,S", "a\0"] {
            let error = deliver(folder.path(), name, b"mail").unwrap_err();
            assert!(matches!(error, DeliverError::Name(_)), "{name:?}");
        }
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = deliver(&file, "one", b"mail").unwrap_err();
        assert!(matches!(error, DeliverError::Failed { .. }), "{error}");
    }
}
