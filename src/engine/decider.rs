//! The thread that owns the views: decides, folds, hands over, and goes on.

use std::sync::Arc;

use command::{CarryError, Envelope, State};
use event::{Event, Position};
use log::{AppendError, Committer};
use tokio::sync::{mpsc, oneshot, watch};

use crate::handle::{Asked, Done, EngineError, Request, Views};
use crate::snapshot::Snapshots;
use crate::timers::Next;

/// After so many events a snapshot is written, so that a start replays no more than these.
const SNAPSHOT_EVENTS: u64 = 50_000;

/// The views and the way to the log.
pub(crate) struct Decider {
    pub(crate) state: State,
    pub(crate) committer: Committer,
    pub(crate) snapshots: Snapshots,
    pub(crate) snapshot_at: Position,
    pub(crate) next_timer: watch::Sender<Next>,
    pub(crate) durable: Arc<watch::Sender<Position>>,
    pub(crate) failure: Arc<watch::Sender<Option<Arc<str>>>>,
}

impl Decider {
    /// Works until it is told to stop, or the log or a view fails.
    pub(crate) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut stopped = None;
        while let Some(request) = requests.blocking_recv() {
            match request {
                Request::Decide(asked) => self.answer_all(asked),
                Request::Rehearse(envelope, reply) => self.rehearse(&envelope, reply),
                Request::Read(question) => {
                    let views = Views { hot: self.state.hot(), archive: self.state.archive() };
                    let release = question(&views);
                    self.hand_over(Vec::new(), move |result| release(result.map(|_| ())));
                }
                Request::Stop(reply) => {
                    stopped = Some(reply);
                    break;
                }
            }
            if self.failure.borrow().is_some() {
                break;
            }
            if self.state.archive().is_full()
                || self.state.hot().position.0 >= self.snapshot_at.0 + SNAPSHOT_EVENTS
            {
                self.checkpoint();
            }
        }
        self.end(stopped);
    }

    fn end(mut self, stopped: Option<oneshot::Sender<()>>) {
        if stopped.is_some() && self.failure.borrow().is_none() {
            self.checkpoint();
        }
        self.committer.stop();
        if let Some(stopped) = stopped {
            let _ = stopped.send(());
        }
    }

    /// Stops at the first that is not carried out; those behind it get no answer.
    fn answer_all(&mut self, asked: Vec<Asked>) {
        for (envelope, reply) in asked {
            if !self.answer(&envelope, reply) {
                break;
            }
        }
    }

    /// Says whether the command was carried out.
    fn answer(
        &mut self,
        envelope: &Envelope,
        reply: oneshot::Sender<Result<Done, EngineError>>,
    ) -> bool {
        let carried = match self.state.carry_out(envelope) {
            Ok(carried) => carried,
            Err(CarryError::Rejected(rejection)) => {
                // Even a refusal rests on facts: it is told once they are durable.
                self.hand_over(Vec::new(), move |result| {
                    let refused = result.map_err(EngineError::Stopped).and(Err(rejection.into()));
                    let _ = reply.send(refused);
                });
                return false;
            }
            Err(CarryError::Broken(reason)) => {
                self.fail(reason);
                return false;
            }
        };
        let next = self.state.hot().timers.next();
        self.next_timer.send_if_modified(|known| std::mem::replace(known, next) != next);
        let (answer, events) = (carried.answer, carried.events.len());
        self.hand_over(carried.events, move |result| {
            let done = result.map(|head| Done { answer, head, events });
            let _ = reply.send(done.map_err(EngineError::Stopped));
        });
        true
    }

    /// Tells what would come of a command, once what that rests on is durable.
    fn rehearse(&self, envelope: &Envelope, reply: oneshot::Sender<Result<usize, EngineError>>) {
        let rehearsed = self.state.rehearse(envelope).map_err(EngineError::from);
        self.hand_over(Vec::new(), move |result| {
            // Who no longer waits for the answer needs none.
            let _ = reply.send(result.map_err(EngineError::Stopped).and(rehearsed));
        });
    }

    /// Hands a batch to the log's writer; `release` learns when it is durable.
    fn hand_over(
        &self,
        batch: Vec<Event>,
        release: impl FnOnce(Result<Position, Arc<str>>) + Send + 'static,
    ) {
        let (durable, failure) = (Arc::clone(&self.durable), Arc::clone(&self.failure));
        let done = Box::new(move |result: Result<Position, Arc<AppendError>>| match result {
            Ok(head) => {
                durable.send_if_modified(|known| {
                    let newer = head > *known;
                    *known = head.max(*known);
                    newer
                });
                release(Ok(head));
            }
            Err(error) => {
                let reason: Arc<str> = error.to_string().into();
                note(&failure, &reason);
                release(Err(reason));
            }
        });
        if let Err(stopped) = self.committer.submit(batch, done) {
            self.fail(stopped.to_string());
        }
    }

    fn fail(&self, reason: String) {
        tracing::error!(reason, "the engine stops; it must be opened again");
        note(&self.failure, &reason.into());
    }

    /// Waits until everything is durable, then writes the archive and a snapshot.
    fn checkpoint(&mut self) {
        let (sender, durable) = std::sync::mpsc::sync_channel(1);
        self.hand_over(Vec::new(), move |result| {
            let _ = sender.send(result.is_ok());
        });
        if durable.recv() != Ok(true) {
            return;
        }
        if let Err(error) = self.state.archive_mut().flush() {
            self.fail(error.to_string());
            return;
        }
        self.snapshot_at = self.state.hot().position;
        self.snapshots.write(self.state.hot());
    }
}

/// Keeps the first failure; those that follow are its consequences.
fn note(failure: &watch::Sender<Option<Arc<str>>>, reason: &Arc<str>) {
    failure.send_if_modified(|known| {
        let first = known.is_none();
        known.get_or_insert_with(|| Arc::clone(reason));
        first
    });
}
