//! The thread that owns the views: decides, folds, hands over, and goes on.

use std::sync::Arc;

use command::{Application, Applications, Decision, Envelope, NewEvent, View, decide, follow_up};
use event::{Actor, Cause, Event, Fact, Position};
use log::{AppendError, Committer};
use projections::{Archive, Hot};
use tokio::sync::{mpsc, oneshot, watch};

use crate::handle::{Done, EngineError, Request, Views};
use crate::snapshot::Snapshots;
use crate::timers::Next;

/// After so many events a snapshot is written, so that a start replays no more than these.
const SNAPSHOT_EVENTS: u64 = 50_000;

/// The views and the way to the log.
pub(crate) struct Decider {
    pub(crate) hot: Hot,
    pub(crate) archive: Archive,
    pub(crate) applications: Applications,
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
                Request::Decide(envelope, reply) => self.answer(&envelope, reply),
                Request::Read(question) => {
                    let views = Views { hot: &self.hot, archive: &self.archive };
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
            if self.archive.is_full() || self.hot.position.0 >= self.snapshot_at.0 + SNAPSHOT_EVENTS
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

    fn answer(&mut self, envelope: &Envelope, reply: oneshot::Sender<Result<Done, EngineError>>) {
        let decision = match self.decide(envelope) {
            Ok(decision) => decision,
            Err(error) => {
                // Even a refusal rests on facts: it is told once they are durable.
                self.hand_over(Vec::new(), move |result| {
                    let _ = reply.send(result.map_err(EngineError::Stopped).and(Err(error)));
                });
                return;
            }
        };
        let answer = decision.answer;
        let batch = match self.settle(envelope, decision) {
            Ok(batch) => batch,
            Err(reason) => {
                self.fail(reason);
                return;
            }
        };
        let next = self.hot.timers.next();
        self.next_timer.send_if_modified(|known| std::mem::replace(known, next) != next);
        let events = batch.len();
        self.hand_over(batch, move |result| {
            let done = result.map(|head| Done { answer, head, events });
            let _ = reply.send(done.map_err(EngineError::Stopped));
        });
    }

    fn decide(&self, envelope: &Envelope) -> Result<Decision, EngineError> {
        Ok(decide(&self.view(), envelope)?)
    }

    /// Folds a decision and everything it leads to, and gives the events to be appended.
    fn settle(&mut self, envelope: &Envelope, decision: Decision) -> Result<Vec<Event>, String> {
        let mut batch = Vec::new();
        let cause = Cause::Command(envelope.id);
        let time = envelope.time.max(self.hot.time);
        for new in decision.events {
            batch.push(self.fold(event(new, time, envelope.actor.clone(), cause))?);
        }
        loop {
            let led_to = follow_up(&self.view(), time).map_err(|fault| fault.to_string())?;
            if led_to.is_empty() {
                return Ok(batch);
            }
            let cause = Cause::Event(self.hot.position);
            for new in led_to {
                batch.push(self.fold(event(new, time, Actor::Engine, cause))?);
            }
        }
    }

    fn view(&self) -> View<'_> {
        View { hot: &self.hot, archive: &self.archive, applications: &self.applications }
    }

    fn fold(&mut self, event: Event) -> Result<Event, String> {
        let at = self.hot.position.next();
        if let Fact::ApplicationPublished { application, text } = &event.fact {
            let parsed = Application::parse(text).map_err(|error| error.to_string())?;
            self.applications.add(application.clone(), parsed);
        }
        self.hot.apply(at, &event);
        self.archive.apply(at, &event);
        match self.archive.failure() {
            None => Ok(event),
            Some(failure) => Err(failure.to_string()),
        }
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
                failure.send_if_modified(|known| {
                    let first = known.is_none();
                    known.get_or_insert_with(|| Arc::clone(&reason));
                    first
                });
                release(Err(reason));
            }
        });
        if let Err(stopped) = self.committer.submit(batch, done) {
            self.fail(stopped.to_string());
        }
    }

    fn fail(&self, reason: String) {
        tracing::error!(reason, "the engine stops; it must be opened again");
        self.failure.send_if_modified(|known| {
            let first = known.is_none();
            known.get_or_insert_with(|| reason.into());
            first
        });
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
        if let Err(error) = self.archive.flush() {
            self.fail(error.to_string());
            return;
        }
        self.snapshot_at = self.hot.position;
        self.snapshots.write(&self.hot);
    }
}

fn event(new: NewEvent, time: event::Timestamp, actor: Actor, cause: Cause) -> Event {
    Event { time, actor, cause, fact: new.fact, private: new.private }
}
