//! A Maildir as a mailbox: `new/` is polled, what was taken goes to `cur/`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use event::{MailboxName, Mark, Timestamp};

use crate::backoff::Backoff;
use crate::fetched::BEGINNING_BYTES;
use crate::{Body, Details, Fetched, HealthCell, Inbox, InboxError, MaildirAccount, Present, Stop};

const BATCH_MESSAGES_MAX: usize = 200;
const BATCH_BYTES_MAX: u64 = 4 << 20;

/// Why a Maildir is not read; the text says what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum MaildirError {
    /// The folder is not there.
    #[error("the Maildir {0} does not exist: create it, or correct `path`")]
    Missing(PathBuf),
    /// The folder cannot be read or changed.
    #[error("the Maildir {path} cannot be used: {reason}")]
    Failed {
        /// The file or folder.
        path: PathBuf,
        /// What the file system says.
        reason: io::Error,
    },
    /// The mail could not be recorded; it stays where it is.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

/// Polls the Maildir until `stop`, and hands what it finds to `inbox`.
///
/// A message is moved to `cur/` once the inbox has recorded it. Failures show in `health` and are
/// tried again with growing pauses.
pub async fn run_maildir<I: Inbox>(
    name: MailboxName,
    account: MaildirAccount,
    inbox: Arc<I>,
    health: HealthCell,
    stop: Stop,
) {
    let mut backoff = Backoff::default();
    while !stop.is_stopped() {
        let pause = match look(&name, &account, inbox.as_ref(), &health, &stop).await {
            Ok(()) => {
                health.succeeded();
                backoff.reset();
                account.poll
            }
            Err(error) => {
                tracing::warn!(mailbox = %name, %error, "the Maildir cannot be read");
                health.failed(error.to_string());
                backoff.next(Duration::ZERO)
            }
        };
        stop.unless_stopped(tokio::time::sleep(pause)).await;
    }
}

/// Every message of the Maildir.
pub(crate) async fn census(account: &MaildirAccount) -> Result<Vec<Present>, MaildirError> {
    let path = account.path.clone();
    blocking(move || {
        // `new` first, so that what is moved meanwhile is seen.
        let (new, cur) = (list(&path, "new")?, list(&path, "cur")?);
        let present =
            |name: &OsString, is_new| Present { mark: mark(name), received: None, is_new };
        let new = new.iter().map(|name| present(name, true));
        Ok(new.chain(cur.iter().map(|name| present(name, false))).collect())
    })
    .await
}

/// When messages of the Maildir were received, and how large they are.
pub(crate) async fn details(
    account: &MaildirAccount,
    marks: &[Mark],
) -> Result<BTreeMap<Mark, Details>, MaildirError> {
    let (path, wanted) = (account.path.clone(), marks.iter().cloned().collect::<BTreeSet<_>>());
    blocking(move || {
        let mut found = BTreeMap::new();
        for folder in ["new", "cur"] {
            for name in list(&path, folder)? {
                let mark = mark(&name);
                if wanted.contains(&mark)
                    && let Ok(metadata) = fs::metadata(path.join(folder).join(&name))
                {
                    let details =
                        Details { received: received(&metadata), size: Some(metadata.len()) };
                    found.insert(mark, details);
                }
            }
        }
        Ok(found)
    })
    .await
}

/// Takes everything that lies in `new/` now, batch by batch, until `stop`.
async fn look<I: Inbox>(
    name: &MailboxName,
    account: &MaildirAccount,
    inbox: &I,
    health: &HealthCell,
    stop: &Stop,
) -> Result<(), MaildirError> {
    let path = account.path.clone();
    let mut names = blocking(move || list(&path, "new")).await?.into_iter().peekable();
    let (mut unreadable, mut passed_over) = (None, 0);
    while names.peek().is_some() && !stop.is_stopped() {
        health.backlog(names.len() + passed_over);
        let (path, bytes_max) = (account.path.clone(), account.message_bytes_max);
        let (batch, rest) = blocking(move || Ok(read_batch(&path, bytes_max, names))).await?;
        names = rest;
        unreadable = unreadable.or(batch.unreadable);
        passed_over += batch.passed_over;
        if batch.messages.is_empty() {
            continue;
        }
        inbox.take(name, batch.messages).await?;
        let path = account.path.clone();
        blocking(move || move_to_cur(&path, &batch.files)).await?;
    }
    health.backlog(passed_over);
    unreadable.map_or(Ok(()), Err)
}

/// The files of `new/` or `cur/` in the order of their names, which begin with the time of
/// delivery.
fn list(maildir: &Path, folder: &str) -> Result<Vec<OsString>, MaildirError> {
    let path = maildir.join(folder);
    let failed = |reason: io::Error| match reason.kind() {
        io::ErrorKind::NotFound => MaildirError::Missing(maildir.to_owned()),
        _ => MaildirError::Failed { path: path.clone(), reason },
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && entry.file_type().map_err(failed)?.is_file() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    Ok(names)
}

#[derive(Default)]
struct Batch {
    messages: Vec<Fetched>,
    files: Vec<OsString>,
    /// The first file that is there but cannot be read; it does not hold up the others.
    unreadable: Option<MaildirError>,
    /// How many such files.
    passed_over: usize,
}

type Names = std::iter::Peekable<std::vec::IntoIter<OsString>>;

fn read_batch(maildir: &Path, bytes_max: u64, mut names: Names) -> (Batch, Names) {
    let mut batch = Batch::default();
    let mut held_bytes = 0;
    while batch.files.len() < BATCH_MESSAGES_MAX && held_bytes < BATCH_BYTES_MAX {
        let Some(name) = names.next() else { break };
        match read(maildir, &name, bytes_max) {
            Ok(message) => {
                held_bytes += message.body.held_bytes();
                batch.messages.push(message);
                batch.files.push(name);
            }
            // Another reader was quicker.
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => {}
            Err(reason) => {
                let path = maildir.join("new").join(name);
                let error = MaildirError::Failed { path, reason };
                batch.unreadable.get_or_insert(error);
                batch.passed_over += 1;
            }
        }
    }
    (batch, names)
}

fn read(maildir: &Path, name: &OsString, bytes_max: u64) -> io::Result<Fetched> {
    let path = maildir.join("new").join(name);
    let metadata = fs::metadata(&path)?;
    let body = if metadata.len() > bytes_max {
        let mut beginning = Vec::new();
        File::open(&path)?.take(BEGINNING_BYTES.into()).read_to_end(&mut beginning)?;
        Body::oversize(metadata.len(), bytes_max, &beginning)
    } else {
        Body::Raw(Bytes::from(fs::read(&path)?))
    };
    Ok(Fetched { mark: mark(name), received: received(&metadata), body })
}

fn mark(name: &OsString) -> Mark {
    let file_name = name.to_string_lossy();
    let unique = file_name.split(":2,").next().unwrap_or_default();
    Mark::Maildir { name: unique.to_owned() }
}

fn received(metadata: &Metadata) -> Option<Timestamp> {
    let ms = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_millis();
    u64::try_from(ms).ok().map(Timestamp)
}

/// Marks messages as taken. The move needs no fsync: if it is lost, they are offered again and
/// recognised.
fn move_to_cur(maildir: &Path, files: &[OsString]) -> Result<(), MaildirError> {
    let (new, cur) = (maildir.join("new"), maildir.join("cur"));
    for name in files {
        let mut target = cur.join(name).into_os_string();
        if !name.to_string_lossy().contains(":2,") {
            target.push(":2,");
        }
        match fs::rename(new.join(name), target) {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound || !cur.is_dir() => {
                return Err(MaildirError::Failed { path: cur, reason });
            }
            _ => {}
        }
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MaildirError> + Send + 'static,
) -> Result<T, MaildirError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(MaildirError::Failed { path: PathBuf::new(), reason: error.into() })
    })
}
