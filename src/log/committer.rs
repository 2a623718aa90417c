//! Group commit: batches that wait are merged into one append, while the next ones are decided.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use event::{Event, Position};

use crate::{AppendError, EventLog};

/// What is told of a batch: the head after it, once it is durable, or why it never will be.
pub type Done = Box<dyn FnOnce(Result<Position, Arc<AppendError>>) + Send>;

/// The one writer of a log, as a thread with a bounded queue.
///
/// Its caller owns the positions: it decides the next batch on top of those it has submitted and
/// that are not durable yet. So batches become durable in the order submitted, and after a
/// failure none that came later is appended: each is told the same failure, and the caller drops
/// this committer, goes back to what the log holds and starts another one.
pub struct Committer {
    queue: SyncSender<Submitted>,
    thread: JoinHandle<()>,
}

/// The committer's thread has ended; nothing was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the writer of the log has stopped: nothing was submitted")]
pub struct Stopped;

struct Submitted {
    batch: Vec<Event>,
    done: Done,
}

/// So many batches may wait before `submit` does.
const QUEUE_LEN: usize = 1024;
/// No batch is merged with others beyond this many events.
const MERGED_EVENTS_MAX: usize = 4096;

impl Committer {
    /// Starts the writer on top of the log's present head.
    pub fn start(log: Arc<dyn EventLog>) -> Self {
        let (queue, submitted) = sync_channel(QUEUE_LEN);
        let thread = std::thread::spawn(move || run(log.as_ref(), &submitted));
        Self { queue, thread }
    }

    /// Hands over a batch; waits while the queue is full. `done` is called on the writer's
    /// thread and must be quick; that of an empty batch once everything before it is durable.
    pub fn submit(&self, batch: Vec<Event>, done: Done) -> Result<(), Stopped> {
        self.queue.send(Submitted { batch, done }).map_err(|_| Stopped)
    }

    /// Makes durable what was submitted, then ends the writer.
    pub fn stop(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the writer of the log panicked; what was not acknowledged is unknown");
        }
    }
}

fn run(log: &dyn EventLog, queue: &Receiver<Submitted>) {
    let mut head = log.head();
    let mut failure: Option<Arc<AppendError>> = None;
    let mut events = Vec::new();
    let mut waiting: Vec<(usize, Done)> = Vec::new();
    let mut held = queue.recv().ok();
    while let Some(first) = held.take() {
        take(first, &mut events, &mut waiting);
        while let Ok(next) = queue.try_recv() {
            if events.len() + next.batch.len() > MERGED_EVENTS_MAX {
                held = Some(next);
                break;
            }
            take(next, &mut events, &mut waiting);
        }
        if failure.is_none() {
            failure = log.append(head, &events).err().map(Arc::new);
        }
        events.clear();
        for (count, done) in waiting.drain(..) {
            match &failure {
                Some(error) => done(Err(Arc::clone(error))),
                None => {
                    head = head.plus(count as u64);
                    done(Ok(head));
                }
            }
        }
        if held.is_none() {
            held = queue.recv().ok();
        }
    }
}

fn take(submitted: Submitted, events: &mut Vec<Event>, waiting: &mut Vec<(usize, Done)>) {
    waiting.push((submitted.batch.len(), submitted.done));
    if events.is_empty() {
        *events = submitted.batch;
    } else {
        events.extend(submitted.batch);
    }
}
