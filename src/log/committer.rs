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

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Mutex, PoisonError};

    use event::Recorded;

    use super::*;
    use crate::conformance::samples;
    use crate::{MemoryLog, ReadError, Verified};

    /// A log whose appends wait to be let through, and whose sizes are noted.
    struct Gated {
        log: MemoryLog,
        gate: Mutex<Receiver<Result<(), AppendError>>>,
        sizes: Mutex<Vec<usize>>,
    }

    impl EventLog for Gated {
        fn head(&self) -> Position {
            self.log.head()
        }

        fn append(&self, head: Position, batch: &[Event]) -> Result<Position, AppendError> {
            self.sizes.lock().unwrap_or_else(PoisonError::into_inner).push(batch.len());
            self.gate.lock().unwrap().recv().unwrap()?;
            self.log.append(head, batch)
        }

        fn read(&self, from: Position, count_max: usize) -> Result<Vec<Recorded>, ReadError> {
            self.log.read(from, count_max)
        }

        fn scan(
            &self,
            from: Position,
            visit: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
        ) -> Result<(), ReadError> {
            self.log.scan(from, visit)
        }

        fn verify(&self, progress: &mut dyn FnMut(Position)) -> Result<Verified, ReadError> {
            self.log.verify(progress)
        }
    }

    fn gated() -> (Arc<Gated>, Sender<Result<(), AppendError>>) {
        let (open, gate) = channel();
        let log =
            Gated { log: MemoryLog::default(), gate: Mutex::new(gate), sizes: Mutex::default() };
        (Arc::new(log), open)
    }

    type Told = Result<Position, String>;

    fn submit(committer: &Committer, told: &Sender<(usize, Told)>, name: usize, batch: Vec<Event>) {
        let told = told.clone();
        let done: Done = Box::new(move |result| {
            told.send((name, result.map_err(|error| error.to_string()))).unwrap();
        });
        committer.submit(batch, done).unwrap();
    }

    /// Submits a batch, waits until its append is under way, and then submits the others.
    fn submit_behind_the_first(log: &Gated, committer: &Committer, told: &Sender<(usize, Told)>) {
        submit(committer, told, 0, samples(1, 2));
        while log.sizes.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        submit(committer, told, 1, samples(3, 3));
        submit(committer, told, 2, Vec::new());
        submit(committer, told, 3, samples(6, 1));
    }

    #[test]
    fn batches_that_wait_are_merged_and_told_in_order() {
        let (log, open) = gated();
        let committer = Committer::start(Arc::clone(&log) as Arc<dyn EventLog>);
        let (told, answers) = channel();
        submit_behind_the_first(&log, &committer, &told);
        assert!(answers.try_recv().is_err(), "nothing is told before it is durable");
        open.send(Ok(())).unwrap();
        open.send(Ok(())).unwrap();
        committer.stop();
        let heads: Vec<(usize, Told)> = answers.try_iter().collect();
        let expected = [2, 5, 5, 6].map(|head| Ok(Position(head)));
        assert_eq!(heads, Vec::from_iter(expected.into_iter().enumerate()));
        assert_eq!(*log.sizes.lock().unwrap(), [2, 4]);
        let events: Vec<Event> =
            log.read(Position(1), 100).unwrap().into_iter().map(|found| found.event).collect();
        assert_eq!(events, samples(1, 6));
    }

    #[test]
    fn after_a_failure_nothing_that_came_later_is_appended() {
        let (log, open) = gated();
        let committer = Committer::start(Arc::clone(&log) as Arc<dyn EventLog>);
        let (told, answers) = channel();
        submit_behind_the_first(&log, &committer, &told);
        open.send(Err(AppendError::Full("no space".to_owned()))).unwrap();
        submit(&committer, &told, 4, samples(7, 1));
        committer.stop();
        let heads: Vec<(usize, Told)> = answers.try_iter().collect();
        assert_eq!(heads.len(), 5);
        assert!(heads.iter().all(|(_, told)| told.as_ref().unwrap_err().contains("no space")));
        assert_eq!((log.head(), log.sizes.lock().unwrap().len()), (Position(0), 1));
    }

    #[test]
    fn an_empty_batch_alone_is_told_the_head() {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        log.append(Position(0), &samples(1, 4)).unwrap();
        let committer = Committer::start(log);
        let (told, answers) = channel();
        submit(&committer, &told, 0, Vec::new());
        assert_eq!(answers.recv().unwrap(), (0, Ok(Position(4))));
        committer.stop();
    }

    #[test]
    fn a_writer_that_is_gone_takes_nothing() {
        let committer = Committer::start(Arc::new(MemoryLog::default()));
        committer.submit(Vec::new(), Box::new(|_| panic!("a caller's fault"))).unwrap();
        while committer.submit(Vec::new(), Box::new(|_| {})).is_ok() {
            std::thread::yield_now();
        }
        assert_eq!(committer.submit(Vec::new(), Box::new(|_| {})), Err(Stopped));
        committer.stop();
    }
}
