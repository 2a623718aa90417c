//! What the outbox holds is prepared, waits for the pace of its domain, and is sent; the engine is
//! told of every attempt and what came of it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use command::{Command, RecordSend, StartSend};
use engine::{EngineError, Handle};
use event::{Actor, MessageRef, OutgoingId};
use futures::future::{self, pending};
use futures::{FutureExt, StreamExt, stream};
use projections::{Outgoing, What};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::in_hand::InHand;
use crate::outbound::{self, ComposeError, Composed, Outbound};
use crate::rates::{Pace, Rates};
use crate::{Envelope, HealthCell, MessageStore, SendOutcome, Stop, Target};

/// So many mails are looked at at once; the rest waits in the outbox.
const LOOK_AHEAD: usize = 256;
/// So many mails are prepared at once: what is made durable together shares the journal commits of
/// the file system, which is where the time goes.
const PREPARED_MAX: usize = 16;
/// Room for large mails that are being prepared, wait prepared, or are being sent; one that is larger
/// still has it for itself. This bounds the memory.
const ROOM_KIB: u32 = 32 << 10;
/// Smaller mails need no room and wait for no large one: there are few at a time.
const LARGE_KIB: u32 = 1 << 10;

/// Sends what the outbox holds, one mail at a time for each target, until told to stop. A mail
/// that is being sent then is finished first.
///
/// While targets send, the next mails are prepared. A mail that has to wait for the pace of its
/// domain waits as a number, and nothing waits for it.
pub async fn run_outbound(
    outbound: Outbound,
    targets: Vec<Target>,
    rates: Rates,
    health: HealthCell,
    mut stop: Stop,
) {
    let claimed = InHand::default();
    let (jobs, work) = mpsc::channel(1);
    let (prepared, mails) = mpsc::channel(PREPARED_MAX);
    let mails = Shared(Arc::new(tokio::sync::Mutex::new(mails)));
    let mut tasks = JoinSet::new();
    let preparer = Preparer {
        outbound: outbound.clone(),
        pace: Mutex::new(Pace::new(rates)),
        room: Arc::new(Semaphore::new(ROOM_KIB as usize)),
        health: health.clone(),
        claimed: claimed.clone(),
        jobs: jobs.downgrade(),
    };
    tasks.spawn(async move { preparer.run(work, prepared).await });
    for target in targets {
        let sender = Sender {
            handle: outbound.handle.clone(),
            target,
            health: health.clone(),
            claimed: claimed.clone(),
            records: JoinSet::new(),
        };
        tasks.spawn(sender.run(mails.clone(), stop.clone()));
    }
    // The senders alone hold this end, so that the preparer notices when they are gone.
    drop(mails);
    let mut durable = outbound.handle.durable();
    loop {
        durable.borrow_and_update();
        let Ok(ready) = claim(&claimed, &outbound.handle).await else { break };
        for (id, entry) in ready {
            tokio::select! {
                sent = jobs.send(Job { id, entry: Some(entry) }) => if sent.is_err() { break },
                () = stop.stopped() => break,
            }
        }
        tokio::select! {
            changed = durable.changed() => if changed.is_err() { break },
            () = stop.stopped() => break,
        }
    }
    drop(jobs);
    while tasks.join_next().await.is_some() {}
}

/// A mail of the outbox that somebody here is to deal with.
struct Job {
    id: OutgoingId,
    /// What it is; `None` where it has waited for the pace of its domain meanwhile.
    entry: Option<Outgoing>,
}

/// Takes in hand what is ready and is not yet, oldest first.
async fn claim(
    claimed: &InHand<OutgoingId>,
    handle: &Handle,
) -> Result<Vec<(OutgoingId, Outgoing)>, EngineError> {
    let claimed = claimed.clone();
    let read = handle.read(move |views| {
        let mut claimed = claimed.lock();
        let outbox = &views.hot.outbox;
        let ready = outbox.ready().filter(|id| !claimed.contains(id));
        let ready: Vec<_> =
            ready.take(LOOK_AHEAD).filter_map(|id| Some((id, outbox.get(id)?.clone()))).collect();
        claimed.extend(ready.iter().map(|(id, _)| *id));
        ready
    });
    read.await
}

/// The end of a queue that several take from.
struct Shared<T>(Arc<tokio::sync::Mutex<mpsc::Receiver<T>>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    async fn next(&self) -> Option<T> {
        self.0.lock().await.recv().await
    }

    /// What is there already, if anything is.
    fn at_once(&self) -> Option<T> {
        self.0.try_lock().ok()?.try_recv().ok()
    }
}

/// A mail as it is to be sent.
struct Prepared {
    id: OutgoingId,
    envelope: Envelope,
    bytes: Bytes,
    message: MessageRef,
    /// The names of attachments that it goes without.
    withheld: Vec<String>,
    /// Its room until it is sent, where it needs some.
    _room: Option<OwnedSemaphorePermit>,
}

/// What is to be done with a mail.
enum Next {
    Send(Prepared),
    /// To look at it again then.
    Wait(Instant),
    /// Nothing any more.
    Leave,
}

/// Makes mails ready for sending, without a word about it in the log.
struct Preparer {
    outbound: Outbound,
    pace: Mutex<Pace>,
    room: Arc<Semaphore>,
    health: HealthCell,
    claimed: InHand<OutgoingId>,
    jobs: mpsc::WeakSender<Job>,
}

impl Preparer {
    /// Prepares several at once. Which is ready first goes first: one that waits for room must not
    /// hold up those that are ready.
    async fn run(&self, work: mpsc::Receiver<Job>, prepared: mpsc::Sender<Prepared>) {
        let jobs = stream::unfold(work, async |mut work| Some((work.recv().await?, work)));
        let done = jobs.map(async |job| (job.id, self.prepare(job).await));
        let mut done = pin!(done.buffer_unordered(PREPARED_MAX));
        // One task for each mail that waits for the pace of its domain.
        let mut waiting = JoinSet::new();
        while let Some((id, next)) = done.next().await {
            match next {
                Ok(Next::Send(mail)) => {
                    if prepared.send(mail).await.is_err() {
                        return;
                    }
                }
                Ok(Next::Wait(due)) => self.wait(id, due, &mut waiting),
                Err(EngineError::Stopped(_)) => return,
                Ok(Next::Leave) | Err(EngineError::Rejected(_)) => self.claimed.release(id),
            }
            while waiting.try_join_next().is_some() {}
        }
    }

    async fn prepare(&self, Job { id, entry }: Job) -> Result<Next, EngineError> {
        let (handle, has_turn) = (&self.outbound.handle, entry.is_none());
        let entry = match entry {
            None => handle.read(move |views| views.hot.outbox.get(id).cloned()).await?,
            known => known,
        };
        let Some(entry) = entry else { return Ok(Next::Leave) };
        let (composed, room) = match self.compose(id, &entry).await {
            Ok(composed) => composed,
            Err(ComposeError::Never(why)) => {
                let text = why.to_owned();
                return self.fail(id, command::SendOutcome::Refused { code: 0, text }).await;
            }
            Err(ComposeError::Later(text)) => {
                return self.fail(id, command::SendOutcome::Deferred { code: 0, text }).await;
            }
        };
        if !has_turn {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let place = pace.place(composed.to.domain(), now);
            if place > now {
                return Ok(Next::Wait(place));
            }
        }
        let bytes = Bytes::from(composed.bytes);
        let message = match entry.what {
            // The log says how it came from the customer's mail, and no event names it.
            What::Copy { .. } => Ok(MessageStore::name(&bytes)),
            What::Reply { .. }
            | What::ReplyCopy { .. }
            | What::Note { .. }
            | What::AutomaticReply
            | What::OversizeNotice
            | What::Notice { .. } => self.outbound.store.put(bytes.clone()).await,
        };
        match message {
            Ok(message) => {
                let envelope =
                    Envelope { from: composed.from, to: vec![composed.to], id: Some(id) };
                Ok(Next::Send(Prepared {
                    id,
                    envelope,
                    bytes,
                    message,
                    withheld: composed.withheld,
                    _room: room,
                }))
            }
            Err(error) => {
                let text = error.to_string();
                self.health.failed(text.clone());
                self.fail(id, command::SendOutcome::Deferred { code: 0, text }).await
            }
        }
    }

    /// Records an attempt that came to nothing before a server heard of it.
    async fn fail(
        &self,
        id: OutgoingId,
        outcome: command::SendOutcome,
    ) -> Result<Next, EngineError> {
        let start = Command::StartSend(StartSend { outgoing: id, withheld: Vec::new() });
        let record = Command::RecordSend(RecordSend { outgoing: id, outcome });
        // As one, so that no stop comes between them.
        self.outbound.handle.submit_all(&Actor::Sender, vec![start, record]).await?;
        Ok(Next::Leave)
    }

    /// Composes a mail once there is room for it.
    async fn compose(
        &self,
        id: OutgoingId,
        entry: &Outgoing,
    ) -> Result<(Composed, Option<OwnedSemaphorePermit>), ComposeError> {
        let arrived = self.outbound.recorded(entry.arrival).await?;
        let kib = outbound::bytes_at_once(entry, &arrived.event) / 1024;
        let room = match u32::try_from(kib).unwrap_or(ROOM_KIB).min(ROOM_KIB) {
            ..LARGE_KIB => None,
            // It is never closed.
            kib => Arc::clone(&self.room).acquire_many_owned(kib).await.ok(),
        };
        let composed = self.outbound.compose(id, entry, &arrived.event);
        // One mail must not end the sending of all others.
        let composed = AssertUnwindSafe(composed).catch_unwind().await;
        let failed =
            |_| ComposeError::Never("it cannot be composed: the program's output says why");
        Ok((composed.map_err(failed)??, room))
    }

    /// Has the mail looked at again when it is its turn; it is made anew then, so that nothing is
    /// kept meanwhile but its number.
    fn wait(&self, id: OutgoingId, due: Instant, waiting: &mut JoinSet<()>) {
        let jobs = self.jobs.clone();
        waiting.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            if let Some(jobs) = jobs.upgrade() {
                // Without a receiver it is the end, and the outbox still has the mail.
                let _ = jobs.send(Job { id, entry: None }).await;
            }
        });
    }
}

/// A mail of which it is known what came of it, and not yet recorded.
struct Ended {
    id: OutgoingId,
    outcome: command::SendOutcome,
}

impl Ended {
    fn record(self) -> Command {
        Command::RecordSend(RecordSend { outgoing: self.id, outcome: self.outcome })
    }
}

/// Sends mails over one connection.
struct Sender {
    handle: Handle,
    target: Target,
    health: HealthCell,
    claimed: InHand<OutgoingId>,
    /// Outcomes on their way into the log, while the next mail is being sent.
    records: JoinSet<()>,
}

impl Sender {
    async fn run(mut self, mails: Shared<Prepared>, stop: Stop) {
        let mut ended: Option<Ended> = None;
        loop {
            // What came of a mail is recorded together with the start of the next one, if there is one.
            let next = match mails.at_once() {
                None => {
                    self.record(ended.take());
                    mails.next().await
                }
                next => next,
            };
            let Some(mail) = next.filter(|_| !stop.is_stopped()) else { break };
            let id = mail.id;
            match self.transmit(mail, ended.take()).await {
                Ok(outcome) => ended = Some(Ended { id, outcome }),
                // It is not to be sent any more.
                Err(EngineError::Rejected(_)) => self.claimed.release(id),
                Err(EngineError::Stopped(_)) => break,
            }
            while self.records.try_join_next().is_some() {}
        }
        self.record(ended);
        while self.records.join_next().await.is_some() {}
    }

    /// Sends a mail. The server gets it only once it is durable that it does; up to there things go
    /// on meanwhile. What came of the mail before is recorded first.
    async fn transmit(
        &mut self,
        mail: Prepared,
        before: Option<Ended>,
    ) -> Result<command::SendOutcome, EngineError> {
        let (durable, told) = oneshot::channel();
        let go = async {
            if told.await.is_err() {
                pending().await
            }
        }
        .shared();
        let released = before.as_ref().map(|ended| ended.id);
        let record = before.map(Ended::record);
        let start = StartSend { outgoing: mail.id, withheld: mail.withheld };
        let commands = record.into_iter().chain([Command::StartSend(start)]).collect();
        let (handle, claimed) = (&self.handle, &self.claimed);
        let start = async {
            let done = handle.submit_all(&Actor::Sender, commands).await;
            released.into_iter().for_each(|id| claimed.release(id));
            // Whoever waits for it is gone only where the server was given no mail.
            done.map(|_| _ = durable.send(()))
        };
        let unique = format!("postbook-{:020}", mail.id.0.0);
        let sending = self.target.send_when(go, &mail.envelope, &mail.bytes, &unique);
        let ((), outcome) = future::try_join(start, sending.map(Ok)).await?;
        self.report(mail.id, &outcome);
        Ok(match outcome {
            SendOutcome::Sent => command::SendOutcome::Sent { message: mail.message },
            SendOutcome::Deferred { code, text } => command::SendOutcome::Deferred { code, text },
            SendOutcome::Refused { code, text } => command::SendOutcome::Refused { code, text },
            SendOutcome::TooLarge { code, text } => command::SendOutcome::TooLarge { code, text },
            SendOutcome::Uncertain { .. } => command::SendOutcome::Uncertain,
        })
    }

    /// Has it recorded what came of a mail, and does not wait for it.
    fn record(&mut self, ended: Option<Ended>) {
        let Some(ended) = ended else { return };
        let (handle, claimed) = (self.handle.clone(), self.claimed.clone());
        self.records.spawn(async move {
            let id = ended.id;
            // An engine that has stopped finds out at its next start what has no outcome.
            let _ = handle.submit(Actor::Sender, ended.record()).await;
            claimed.release(id);
        });
    }

    fn report(&self, id: OutgoingId, outcome: &SendOutcome) {
        match outcome {
            SendOutcome::Sent => self.health.succeeded(),
            SendOutcome::Deferred { code: 0, text } => {
                tracing::warn!(outgoing = %id, reason = text, "the mail server cannot be used; trying again later");
                self.health.failed(text.clone());
            }
            // An answer about one mail says nothing against the server. Its text may hold
            // addresses, so it goes into the event's private part and not into this line.
            SendOutcome::Deferred { code, .. } => {
                tracing::info!(outgoing = %id, code, "the mail server wants the mail later");
            }
            SendOutcome::Refused { code, .. } | SendOutcome::TooLarge { code, .. } => {
                tracing::warn!(outgoing = %id, code, "the mail server refused a mail for good");
            }
            SendOutcome::Uncertain { .. } => {
                tracing::warn!(outgoing = %id, "the connection was lost; nobody knows whether the mail was sent");
            }
        }
    }
}
