//! What applications asked the outside is done: mail is read again, other programs are called; the
//! engine is told of each outcome.

use std::sync::Arc;
use std::time::Duration;

use application::CheckedMail;
use command::{Command, RecordWebhook, SupplyMail};
use engine::{EngineError, Handle};
use event::{Actor, Call, ContactId, MessageRef, Position, Step};
use projections::Errand;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::in_hand::InHand;
use crate::{MessageStore, Stop, Trust, WebhookCall, call_webhook};

/// So many errands of a kind are run at once; the rest waits.
const ERRANDS_MAX: usize = 32;
/// Room for the mails that are being read; one that is larger still has it for itself. This bounds
/// the memory.
const ROOM_KIB: u32 = 32 << 10;

/// What errands need.
#[derive(Clone)]
pub struct Errands {
    /// The way to the engine.
    pub handle: Handle,
    /// Where messages are kept.
    pub store: MessageStore,
    /// The authorities whose certificates are believed.
    pub trust: Trust,
}

/// An errand to be run, with what the views know of it.
struct Job {
    contact: ContactId,
    arrival: Position,
    message: MessageRef,
    errand: Errand,
    hosts: Vec<String>,
}

/// What is asked of another program.
struct Question {
    step: Step,
    call: Option<Call>,
    timeout_ms: u32,
    attempts_max: u8,
}

/// What errands are about. A program that hangs holds up no mail.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Mail,
    Webhook,
}

/// Runs errands until told to stop, in the order in which they were asked for; what is in hand then
/// is begun anew by the next start.
pub async fn run_errands(errands: Errands, stop: Stop) {
    let room = Arc::new(Semaphore::new(ROOM_KIB as usize));
    let run = |kind| run(kind, &errands, &room, stop.clone());
    tokio::join!(run(Kind::Mail), run(Kind::Webhook));
}

async fn run(kind: Kind, errands: &Errands, room: &Arc<Semaphore>, mut stop: Stop) {
    let running = InHand::default();
    let mut tasks = JoinSet::new();
    let mut durable = errands.handle.durable();
    loop {
        durable.borrow_and_update();
        let Ok(jobs) = claim(kind, &running, &errands.handle).await else { return };
        for job in jobs {
            let (errands, running, room) = (errands.clone(), running.clone(), Arc::clone(room));
            tasks.spawn(async move {
                let (contact, done) = (job.contact, errands.run(job, &room).await);
                running.release(contact);
                if let Err(error) = done {
                    tracing::debug!(%contact, %error, "an errand is left to the next start");
                }
            });
        }
        tokio::select! {
            changed = durable.changed() => if changed.is_err() { return },
            // Its place is free for another.
            Some(_) = tasks.join_next() => {}
            () = stop.stopped() => return,
        }
    }
}

impl Errands {
    async fn run(&self, job: Job, room: &Semaphore) -> Result<(), EngineError> {
        let Job { contact, arrival, message, errand, hosts } = job;
        let command = match errand {
            Errand::Mail { step } => {
                let kib = u32::try_from(message.size >> 10).unwrap_or(u32::MAX);
                // Nobody closes it.
                let _room = room.acquire_many(kib.clamp(1, ROOM_KIB)).await;
                let mail = self.read(&message).await;
                Command::SupplyMail(Box::new(SupplyMail { contact, step, mail }))
            }
            Errand::Webhook { step, call, timeout_ms, attempts_max } => {
                let question = Question { step, call, timeout_ms, attempts_max };
                Command::RecordWebhook(self.ask(contact, arrival, question, &hosts).await)
            }
        };
        self.handle.submit(Actor::Engine, command).await.map(|_| ())
    }

    /// The mail as the conditions of an application see it.
    async fn read(&self, message: &MessageRef) -> Result<CheckedMail, String> {
        let raw = self.store.get(&message.digest).await.map_err(|error| error.to_string())?;
        let size = message.size;
        let read = tokio::task::spawn_blocking(move || checked_mail(&raw, size));
        read.await.map_err(|error| error.to_string())?
    }

    /// Asks another program. After a crash it may be asked the same again, under the same key.
    async fn ask(
        &self,
        contact: ContactId,
        arrival: Position,
        question: Question,
        hosts: &[String],
    ) -> RecordWebhook {
        let Question { step, call, timeout_ms, attempts_max } = question;
        let Some(Call { url, body }) = call else {
            let text = "what was to be asked was erased".to_owned();
            return RecordWebhook { contact, step, status: None, text, attempts: 0 };
        };
        let Step { application, action, visit } = &step;
        let name = format!("{arrival} {} {action} {visit} {url} {body}", application.name);
        let call = WebhookCall {
            url,
            body,
            timeout: Duration::from_millis(timeout_ms.into()),
            attempts: attempts_max,
            idempotency_key: blake3::hash(name.as_bytes()).to_hex().to_string(),
        };
        let outcome = call_webhook(&call, hosts, &self.trust).await;
        let (status, attempts) = (outcome.status, outcome.attempts);
        let text = outcome.answer.unwrap_or_else(|reason| reason);
        RecordWebhook { contact, step, status, text, attempts }
    }
}

/// A mail of so many bytes as the conditions of an application see it; the error says why it cannot
/// be read.
pub fn checked_mail(raw: &[u8], size: u64) -> Result<CheckedMail, String> {
    let parsed = mail::parse(raw).map_err(|_| "the mail cannot be read".to_owned())?;
    Ok(CheckedMail {
        header: mail::fields(raw),
        subject: parsed.subject,
        text: parsed.text,
        attachments: parsed.attachments,
        sender: parsed.from.map(|from| from.address.to_string()).unwrap_or_default(),
        recipients: parsed.to.iter().chain(&parsed.cc).map(ToString::to_string).collect(),
        size,
        language: parsed.language.unwrap_or_default(),
        automatic: parsed.automatic,
        ..CheckedMail::default()
    })
}

/// Takes errands in hand that nobody runs, as many as there is room for.
async fn claim(
    kind: Kind,
    running: &InHand<ContactId>,
    handle: &Handle,
) -> Result<Vec<Job>, EngineError> {
    let running = running.clone();
    let claimed = handle.read(move |views| {
        let mut running = running.lock();
        let hot = views.hot;
        let asked: Box<dyn Iterator<Item = ContactId>> = match kind {
            Kind::Mail => Box::new(hot.errands.mails()),
            Kind::Webhook => Box::new(hot.errands.webhooks()),
        };
        let mut jobs = Vec::new();
        for contact in asked {
            if running.len() >= ERRANDS_MAX {
                break;
            }
            if let (Some(open), Some(errand)) =
                (hot.contacts.get(contact), hot.errands.get(contact))
                && running.insert(contact)
            {
                let hosts = hot.directory.settings.webhook_hosts.clone();
                let (arrival, message, errand) = (open.arrival, open.message, errand.clone());
                jobs.push(Job { contact, arrival, message, errand, hosts });
            }
        }
        jobs
    });
    claimed.await
}
