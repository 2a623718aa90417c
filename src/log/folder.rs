//! The folder of a log: one owner, a known format, and nothing half-done in it.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use event::Position;

use crate::chain::{End, Tip};
use crate::chunk::FORMAT;
use crate::sled_store::SledStore;
use crate::store::StoreError;
use crate::tail::{TailError, mend_tail};
use crate::{mark, tail};

/// Something a crash had left behind, mended when the log was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healed {
    /// A snapshot of sled's that was never finished was deleted; it holds nothing of its own.
    SnapshotDeleted(PathBuf),
    /// An append that was never acknowledged was partly there and was cut off.
    TailCut {
        /// The first event cut off.
        first: Position,
        /// The last event that was there.
        last: Position,
    },
}

impl fmt::Display for Healed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SnapshotDeleted(path) => {
                write!(f, "deleted the unfinished snapshot {}", path.display())
            }
            Self::TailCut { first, last } => {
                write!(f, "cut off events {first} to {last} of an append that was never finished")
            }
        }
    }
}

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is open already.
    #[error(
        "{} is in use by another Postbook: stop that one, or choose another folder",
        folder.display()
    )]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// A later version wrote it.
    #[error(
        "{} was written in format {found} by a newer Postbook, and this one knows formats up to \
         {known}: start the newer version",
        folder.display()
    )]
    NewerFormat {
        /// The folder.
        folder: PathBuf,
        /// The format found.
        found: u32,
        /// The newest one known.
        known: u32,
    },
    /// The bytes on disk are not those that were written.
    #[error(
        "the log in {} is damaged ({reason}): keep a copy of the folder, and restore it from a \
         backup",
        folder.display()
    )]
    Corrupt {
        /// The folder.
        folder: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The system did not let us.
    #[error(
        "the log in {} cannot be opened: {source}; check the disk, its free space and the \
         permissions",
        folder.display()
    )]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A folder that is ours, sound and open.
pub(crate) struct Folder {
    /// What keeps the chunks.
    pub(crate) store: SledStore,
    /// What was mended.
    pub(crate) healed: Vec<Healed>,
    /// Where the log ends.
    pub(crate) end: End,
}

const FORMAT_FILE: &str = "format";
const LOCK_FILE: &str = "lock";
const SLED_FOLDER: &str = "sled";
const FORMAT_PREFIX: &str = "postbook-log ";

impl Folder {
    /// Opens the log in `folder`, or begins one there.
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        let failed = |error| fault(folder, error);
        let sled_folder = folder.join(SLED_FOLDER);
        fs::create_dir_all(&sled_folder).map_err(|error| failed(error.into()))?;
        let lock = lock(folder)?;
        check_format(folder)?;
        let mut healed = Vec::new();
        delete_snapshots(&sled_folder, &mut healed).map_err(|error| failed(error.into()))?;
        let store = SledStore::open(folder, &sled_folder, lock).map_err(failed)?;
        let end = mend_tail(&store, &mut healed).map_err(|error| tail_fault(folder, error))?;
        check_mark(folder, &store, end.tip)?;
        for one in &healed {
            tracing::warn!(folder = %folder.display(), "after a crash the log {one}");
        }
        Ok(Self { store, healed, end })
    }
}

fn fault(folder: &Path, error: StoreError) -> OpenError {
    let folder = folder.to_owned();
    match error {
        StoreError::Io(source) => OpenError::Io { folder, source },
        StoreError::Full(reason) | StoreError::Damaged(reason) => {
            OpenError::Corrupt { folder, reason }
        }
    }
}

/// Takes the lock that makes this process the owner; it ends with the file handle.
fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io { folder: folder.to_owned(), source };
    let file = File::create(folder.join(LOCK_FILE)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Reads the format of the folder, or writes it where the log is new.
fn check_format(folder: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { folder: folder.to_owned(), source };
    let path = folder.join(FORMAT_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    if text.is_empty() && !folder.join(SLED_FOLDER).join("db").exists() {
        return write_format(folder, &path).map_err(failed);
    }
    let found = text.strip_prefix(FORMAT_PREFIX).and_then(|rest| rest.trim_end().parse().ok());
    match found {
        Some(found) if found > u32::from(FORMAT) => Err(OpenError::NewerFormat {
            folder: folder.to_owned(),
            found,
            known: u32::from(FORMAT),
        }),
        Some(_) => Ok(()),
        None => Err(OpenError::Corrupt {
            folder: folder.to_owned(),
            reason: format!("the file {FORMAT_FILE} does not name a format"),
        }),
    }
}

fn write_format(folder: &Path, path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    writeln!(file, "{FORMAT_PREFIX}{FORMAT}")?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    // The folder itself may be new, too.
    match folder.canonicalize()?.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Deletes what sled leaves when it is killed while it writes a snapshot: it takes the unfinished
/// file for a damaged one and does not open.
fn delete_snapshots(folder: &Path, healed: &mut Vec<Healed>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(&path)?;
            healed.push(Healed::SnapshotDeleted(path));
        }
    }
    Ok(())
}

fn tail_fault(folder: &Path, error: TailError) -> OpenError {
    match error {
        TailError::Newer(found) => OpenError::NewerFormat {
            folder: folder.to_owned(),
            found: u32::from(found),
            known: u32::from(FORMAT),
        },
        TailError::Damaged(reason) => OpenError::Corrupt { folder: folder.to_owned(), reason },
        TailError::Store(error) => fault(folder, error),
    }
}

/// Compares the log with the note of how far it reached, and renews the note.
fn check_mark(folder: &Path, store: &SledStore, tip: Tip) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { folder: folder.to_owned(), source };
    let corrupt = |reason| OpenError::Corrupt { folder: folder.to_owned(), reason };
    let marked = match mark::read(folder) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(corrupt(error.to_string()));
        }
        other => other.map_err(failed)?,
    };
    match marked {
        Some(marked) if marked == tip => return Ok(()),
        Some(marked) if marked.position > tip.position => {
            let (end, reached) = (tip.position, marked.position);
            return Err(corrupt(format!("it ends at event {end} and had reached event {reached}")));
        }
        Some(marked) if marked.position > Position(0) => {
            let found = tail::tip_at(store, marked.position).map_err(|e| fault(folder, e))?;
            if found != Some(marked) {
                return Err(corrupt(format!("event {} is not what it was", marked.position)));
            }
        }
        Some(_) | None => {}
    }
    mark::write(folder, tip).map_err(failed)
}
