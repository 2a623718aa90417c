//! Opening the engine: a snapshot if there is one, then a replay.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use command::{Command, Start, State, Stop};
use event::{Actor, Position};
use log::{Committer, EventLog, ReadError};
use projections::{Archive, Hot, Shelf, ShelfError};
use tokio::sync::{mpsc, oneshot, watch};

use crate::decider::Decider;
use crate::handle::{EngineError, Handle, Request};
use crate::snapshot::Snapshots;
use crate::{now, timers};

/// A shorter replay is over before anyone wonders.
const REPLAY_TOLD_MIN: u64 = 500_000;

/// What the engine works with.
pub struct Options {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// Where the archive is kept.
    pub shelf: Arc<dyn Shelf>,
    /// Where snapshots are kept; `None` keeps none.
    pub snapshots: Option<PathBuf>,
    /// The program's version.
    pub version: String,
}

/// Why the engine cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The archive cannot be read or written.
    #[error(transparent)]
    Archive(#[from] ShelfError),
    /// The archive has read more than the log holds; it belongs to another log.
    #[error("the archive of views is ahead of the log: delete the folder `views` and start again")]
    ArchiveAhead,
    /// Snapshots cannot be kept.
    #[error("snapshots cannot be kept: {0}")]
    Snapshots(#[from] std::io::Error),
    /// A published application does not parse any more.
    #[error("application {0} was published by another version of Postbook and cannot be read")]
    Application(event::ApplicationRef),
    /// The engine failed at its first step.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A running engine.
pub struct Engine {
    handle: Handle,
    thread: JoinHandle<()>,
}

/// What a start did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The head of the log before the start.
    pub head: Position,
    /// How many events were replayed; the rest was in the snapshot.
    pub replayed: u64,
    /// How many contacts are open.
    pub open: usize,
}

impl Engine {
    /// Replays the log, decides what the restart makes of each open contact, and goes to work.
    ///
    /// Must be called within a tokio runtime, where timers are kept.
    pub async fn open(options: Options) -> Result<(Self, Opened), OpenError> {
        let snapshots = Snapshots::open(options.snapshots)?;
        let log = Arc::clone(&options.log);
        let (replayed, snapshots) = tokio::task::spawn_blocking(move || {
            replay(&*log, options.shelf, &snapshots).map(|replayed| (replayed, snapshots))
        })
        .await
        .map_err(std::io::Error::other)??;
        let (hot, archive, opened) = replayed;
        let state = State::new(hot, archive).map_err(OpenError::Application)?;
        let (requests, received) = mpsc::channel(4096);
        let (durable, durable_news) = watch::channel(opened.head);
        let (failure, failure_news) = watch::channel(None);
        let (next_timer, next_timer_news) = watch::channel(state.hot().timers.next());
        let decider = Decider {
            next_timer,
            snapshot_at: state.hot().position,
            state,
            committer: Committer::start(Arc::clone(&options.log)),
            snapshots,
            durable: Arc::new(durable),
            failure: Arc::new(failure),
        };
        let thread = std::thread::spawn(move || decider.run(received));
        let handle = Handle {
            requests,
            durable: durable_news,
            failure: failure_news,
            log: options.log,
            ids: Arc::new(AtomicU64::new(now().0 << 20)),
        };
        let start = Command::Start(Start { version: options.version });
        handle.submit(Actor::Engine, start).await?;
        tokio::spawn(timers::run(handle.clone(), next_timer_news));
        Ok((Self { handle, thread }, opened))
    }

    /// A way to the engine.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Records the end, writes archive and snapshot, and stops.
    pub async fn stop(self) -> Result<(), EngineError> {
        let recorded = self.handle.submit(Actor::Engine, Command::Stop(Stop)).await;
        let (reply, stopped) = oneshot::channel();
        if self.handle.requests.send(Request::Stop(reply)).await.is_ok() {
            let _ = stopped.await;
        }
        let thread = self.thread;
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        recorded.map(|_| ())
    }
}

/// The views of a log that no engine works on, for reading only; writes neither snapshot nor
/// event.
pub fn replay_for_reading(
    log: &dyn EventLog,
    shelf: Arc<dyn Shelf>,
    snapshots: Option<PathBuf>,
) -> Result<(Hot, Archive), OpenError> {
    let (hot, archive, _) = replay(log, shelf, &Snapshots::open(snapshots)?)?;
    Ok((hot, archive))
}

fn replay(
    log: &dyn EventLog,
    shelf: Arc<dyn Shelf>,
    snapshots: &Snapshots,
) -> Result<(Hot, Archive, Opened), OpenError> {
    let head = log.head();
    let mut archive = Archive::open(shelf)?;
    if archive.position() > head {
        return Err(OpenError::ArchiveAhead);
    }
    let mut hot = snapshots.newest(head).unwrap_or_default();
    let from = hot.position.min(archive.position()).next();
    let mut failure = None;
    let mut replayed = 0;
    let count = (head.0 + 1).saturating_sub(from.0);
    if count > REPLAY_TOLD_MIN {
        tracing::info!(events = count, "replaying the log; this takes some seconds");
    }
    log.scan(from, &mut |recorded| {
        replayed += 1;
        if recorded.position > hot.position {
            hot.apply(recorded.position, &recorded.event);
        }
        archive.apply(recorded.position, &recorded.event);
        if archive.is_full() {
            failure = archive.flush().err();
        }
        failure = failure.take().or_else(|| archive.failure().cloned());
        if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    let opened = Opened { head, replayed, open: hot.contacts.len() };
    Ok((hot, archive, opened))
}
