//! What the outbox holds is prepared, waits for the pace of its domain, and is sent; the engine is
//! told of every attempt and what came of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use command::{Command, RecordSend, StartSend};
use engine::{EngineError, Handle};
use event::{Actor, MessageRef, OutgoingId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::outbound::{ComposeError, Outbound};
use crate::rates::{Pace, Rates};
use crate::{Envelope, HealthCell, SendOutcome, Stop, Target};

/// So many mails are looked at at once; the rest waits in the outbox.
const LOOK_AHEAD: usize = 256;

/// Sends what the outbox holds, one mail at a time for each target, until told to stop. A mail
/// that is being sent then is finished first.
///
/// While a target sends one mail, the next one is prepared. A mail that has to wait for the pace
/// of its domain waits in memory, and nothing waits for it.
pub async fn run_outbound(
    outbound: Outbound,
    targets: Vec<Target>,
    rates: Rates,
    health: HealthCell,
    mut stop: Stop,
) {
    let claimed = Claimed::default();
    let pace = Arc::new(Mutex::new(Pace::new(rates)));
    let (jobs, work) = mpsc::channel(targets.len().max(1));
    let (prepared, mails) = mpsc::channel(1);
    let (work, mails) = (Shared::new(work), Shared::new(mails));
    let mut tasks = JoinSet::new();
    for target in targets {
        let preparer = Preparer {
            outbound: outbound.clone(),
            pace: Arc::clone(&pace),
            health: health.clone(),
            claimed: claimed.clone(),
            jobs: jobs.downgrade(),
            waiting: JoinSet::new(),
        };
        tasks.spawn(preparer.run(work.clone(), prepared.clone()));
        let sender = Sender {
            handle: outbound.handle.clone(),
            target,
            health: health.clone(),
            claimed: claimed.clone(),
            records: JoinSet::new(),
        };
        tasks.spawn(sender.run(mails.clone(), stop.clone()));
    }
    // The tasks alone hold these ends, so that whoever is left alone at one notices.
    drop((prepared, mails, work));
    let mut durable = outbound.handle.durable();
    loop {
        durable.borrow_and_update();
        let Ok(ready) = claimed.claim(&outbound.handle).await else { break };
        for id in ready {
            tokio::select! {
                sent = jobs.send(Job { id, has_turn: false }) => if sent.is_err() { break },
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
    /// It has waited for the pace of its domain already.
    has_turn: bool,
}

/// What is in hand here, and not to be looked at again meanwhile.
#[derive(Clone, Default)]
struct Claimed(Arc<Mutex<BTreeSet<OutgoingId>>>);

impl Claimed {
    /// Claims what is ready and not claimed yet, oldest first.
    async fn claim(&self, handle: &Handle) -> Result<Vec<OutgoingId>, EngineError> {
        let claimed = self.clone();
        let read = handle.read(move |views| {
            let mut claimed = claimed.lock();
            let ready = views.hot.outbox.ready().filter(|id| !claimed.contains(id));
            let ready: Vec<_> = ready.take(LOOK_AHEAD).collect();
            claimed.extend(&ready);
            ready
        });
        read.await
    }

    fn release(&self, id: OutgoingId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<OutgoingId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a queue that several take from.
struct Shared<T>(Arc<tokio::sync::Mutex<mpsc::Receiver<T>>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    fn new(receiver: mpsc::Receiver<T>) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(receiver)))
    }

    async fn next(&self) -> Option<T> {
        self.0.lock().await.recv().await
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
    pace: Arc<Mutex<Pace>>,
    health: HealthCell,
    claimed: Claimed,
    jobs: mpsc::WeakSender<Job>,
    /// One task for each mail that waits for the pace of its domain.
    waiting: JoinSet<()>,
}

impl Preparer {
    async fn run(mut self, work: Shared<Job>, prepared: mpsc::Sender<Prepared>) {
        while let Some(job) = work.next().await {
            let id = job.id;
            match self.prepare(job).await {
                Ok(Next::Send(mail)) => {
                    if prepared.send(mail).await.is_err() {
                        return;
                    }
                }
                Ok(Next::Wait(due)) => self.wait(id, due),
                Err(EngineError::Stopped(_)) => return,
                Ok(Next::Leave) | Err(EngineError::Rejected(_)) => self.claimed.release(id),
            }
            while self.waiting.try_join_next().is_some() {}
        }
    }

    async fn prepare(&self, Job { id, has_turn }: Job) -> Result<Next, EngineError> {
        let handle = &self.outbound.handle;
        let entry = handle.read(move |views| views.hot.outbox.get(id).cloned()).await?;
        let Some(entry) = entry else { return Ok(Next::Leave) };
        let composed = match self.outbound.compose(id, &entry).await {
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
        match self.outbound.store.put(bytes.clone()).await {
            Ok(message) => {
                let envelope =
                    Envelope { from: composed.from, to: vec![composed.to], id: Some(id) };
                Ok(Next::Send(Prepared {
                    id,
                    envelope,
                    bytes,
                    message,
                    withheld: composed.withheld,
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
        self.outbound.handle.submit(Actor::Sender, start).await?;
        let record = Command::RecordSend(RecordSend { outgoing: id, outcome });
        self.outbound.handle.submit(Actor::Sender, record).await?;
        Ok(Next::Leave)
    }

    /// Has the mail looked at again when it is its turn; it is made anew then, so that nothing is
    /// kept meanwhile but its number.
    fn wait(&mut self, id: OutgoingId, due: Instant) {
        let jobs = self.jobs.clone();
        self.waiting.spawn(async move {
            tokio::time::sleep_until(due.into()).await;
            if let Some(jobs) = jobs.upgrade() {
                // Without a receiver it is the end, and the outbox still has the mail.
                let _ = jobs.send(Job { id, has_turn: true }).await;
            }
        });
    }
}

/// Sends mails over one connection.
struct Sender {
    handle: Handle,
    target: Target,
    health: HealthCell,
    claimed: Claimed,
    /// Outcomes on their way into the log, while the next mail is being sent.
    records: JoinSet<()>,
}

impl Sender {
    async fn run(mut self, mails: Shared<Prepared>, stop: Stop) {
        while let Some(mail) = mails.next().await {
            if stop.is_stopped() {
                break;
            }
            let id = mail.id;
            let start = StartSend { outgoing: id, withheld: mail.withheld.clone() };
            match self.handle.submit(Actor::Sender, Command::StartSend(start)).await {
                Ok(_) => {
                    let outcome = self.transmit(mail).await;
                    self.record(id, outcome);
                }
                // It is not to be sent any more.
                Err(EngineError::Rejected(_)) => self.claimed.release(id),
                Err(EngineError::Stopped(_)) => break,
            }
            while self.records.try_join_next().is_some() {}
        }
        while self.records.join_next().await.is_some() {}
    }

    async fn transmit(&mut self, mail: Prepared) -> command::SendOutcome {
        let unique = format!("postbook-{:020}", mail.id.0.0);
        let outcome = self.target.send(&mail.envelope, &mail.bytes, &unique).await;
        self.report(mail.id, &outcome);
        match outcome {
            SendOutcome::Sent => command::SendOutcome::Sent { message: mail.message },
            SendOutcome::Deferred { code, text } => command::SendOutcome::Deferred { code, text },
            SendOutcome::Refused { code, text } => command::SendOutcome::Refused { code, text },
            SendOutcome::TooLarge { code, text } => command::SendOutcome::TooLarge { code, text },
            SendOutcome::Uncertain { .. } => command::SendOutcome::Uncertain,
        }
    }

    fn record(&mut self, id: OutgoingId, outcome: command::SendOutcome) {
        let (handle, claimed) = (self.handle.clone(), self.claimed.clone());
        self.records.spawn(async move {
            let record = Command::RecordSend(RecordSend { outgoing: id, outcome });
            // An engine that has stopped finds out at its next start what has no outcome.
            let _ = handle.submit(Actor::Sender, record).await;
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
