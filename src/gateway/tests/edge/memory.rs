//! An inbox in memory, and a mailbox that runs into it.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use event::{
    Actor, Cause, CommandId, Event, Fact, MailRefusal, MailboxName, Mark, MessageDigest,
    MessageRef, QuarantineReason, Source,
};
use gateway::{
    Activation, Body, Fetched, Health, HealthCell, HealthState, ImapAccount, ImapCursor, Inbox,
    InboxError, MaildirAccount, Maildrop, MaildropInbox, Pop3Account, Reached, Stop, Stopper,
    run_imap, run_maildir, run_pop3,
};
use projections::Maildrops;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long anything may take before a test fails; nothing takes that long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps what it takes, and fails on demand.
#[derive(Default)]
pub(crate) struct Memory {
    taken: watch::Sender<Vec<Fetched>>,
    activated: Mutex<Option<ImapCursor>>,
    first_activation: Mutex<Option<Activation>>,
    /// What is recorded of POP3 mailboxes.
    maildrops: Mutex<Maildrops>,
    failures_left: Mutex<u32>,
    /// Runs when the first batch comes, while the next one is being fetched.
    first_take: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Memory {
    /// An inbox of a mailbox that was activated when it was empty.
    pub(crate) fn activated() -> Arc<Self> {
        let memory = Self::default();
        *memory.activated.lock().unwrap() = Some(ImapCursor { uid_validity: 0, uid: 0 });
        Arc::new(memory)
    }

    pub(crate) fn fail_next(&self, count: u32) {
        *self.failures_left.lock().unwrap() = count;
    }

    fn fail_if_wanted(&self) -> Result<(), InboxError> {
        let mut failures_left = self.failures_left.lock().unwrap();
        if *failures_left == 0 {
            return Ok(());
        }
        *failures_left -= 1;
        Err(InboxError::Log("the disk is full".to_owned()))
    }

    pub(crate) fn at_first_take(&self, work: impl FnOnce() + Send + 'static) {
        *self.first_take.lock().unwrap() = Some(Box::new(work));
    }

    pub(crate) fn taken(&self) -> Vec<Fetched> {
        self.taken.borrow().clone()
    }

    pub(crate) fn raw_bodies(&self) -> Vec<Vec<u8>> {
        let raw = |fetched: &Fetched| match &fetched.body {
            Body::Raw(raw) => Some(raw.to_vec()),
            Body::Oversize { .. } | Body::Withheld { .. } => None,
        };
        self.taken().iter().filter_map(raw).collect()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.taken().iter().map(text).collect()
    }

    /// Folds what a take of a POP3 mailbox leads to.
    fn record(&self, fact: Fact) {
        let (actor, cause) = (Actor::Engine, Cause::Command(CommandId(0)));
        let event = Event { time: engine::now(), actor, cause, fact, private: None };
        self.maildrops.lock().unwrap().apply(&event);
    }

    pub(crate) fn activation(&self) -> Option<ImapCursor> {
        *self.activated.lock().unwrap()
    }
}

/// The body as text.
pub(crate) fn text(fetched: &Fetched) -> String {
    match &fetched.body {
        Body::Raw(raw) => String::from_utf8_lossy(raw).into_owned(),
        Body::Oversize { size, .. } => format!("oversize {size}"),
        Body::Withheld { reason } => format!("{reason:?}"),
    }
}

/// The UID, where there is one.
pub(crate) fn uid(fetched: &Fetched) -> u32 {
    cursor(&fetched.mark).map_or(0, |cursor| cursor.uid)
}

fn cursor(mark: &Mark) -> Option<ImapCursor> {
    match mark {
        Mark::Imap { uid_validity, uid } => {
            Some(ImapCursor { uid_validity: *uid_validity, uid: *uid })
        }
        _ => None,
    }
}

impl Inbox for Memory {
    async fn reached(&self, _: &MailboxName) -> Result<Option<Reached>, InboxError> {
        let taken = self.taken.borrow();
        let newest = taken.iter().filter_map(|fetched| cursor(&fetched.mark)).next_back();
        let cursor = newest.or(self.activation());
        Ok(cursor.map(|cursor| Reached { cursor, time: engine::now() }))
    }

    async fn activation(&self, _: &MailboxName) -> Result<Option<Activation>, InboxError> {
        Ok(*self.first_activation.lock().unwrap())
    }

    async fn activate(&self, _: &MailboxName, mark: Mark) -> Result<(), InboxError> {
        self.fail_if_wanted()?;
        *self.activated.lock().unwrap() = cursor(&mark);
        let activation = cursor(&mark).map(|last| Activation { time: engine::now(), last });
        *self.first_activation.lock().unwrap() = activation;
        Ok(())
    }

    async fn take(&self, _: &MailboxName, batch: Vec<Fetched>) -> Result<(), InboxError> {
        if let Some(work) = self.first_take.lock().unwrap().take() {
            work();
        }
        self.fail_if_wanted()?;
        for fetched in batch.iter().filter(|fetched| matches!(fetched.mark, Mark::Pop3 { .. })) {
            self.record(accounted(fetched));
        }
        self.taken.send_modify(|taken| taken.extend(batch));
        Ok(())
    }
}

impl MaildropInbox for Memory {
    async fn maildrop(&self, mailbox: &MailboxName) -> Result<Option<Maildrop>, InboxError> {
        Ok(self.maildrops.lock().unwrap().get(mailbox).cloned())
    }

    async fn activate_maildrop(
        &self,
        _: &MailboxName,
        history: Vec<(String, u64)>,
    ) -> Result<(), InboxError> {
        for (uidl, size) in history {
            self.record(Fact::MailRefused {
                source: pop3_source(Mark::Pop3 { uidl }),
                size,
                reason: MailRefusal::History,
            });
        }
        let source = pop3_source(Mark::Pop3 { uidl: String::new() });
        self.record(Fact::MailboxActivated { source });
        Ok(())
    }

    async fn vanished(&self, mailbox: &MailboxName, uidls: Vec<String>) -> Result<(), InboxError> {
        let marks = uidls.into_iter().map(|uidl| Mark::Pop3 { uidl }).collect();
        self.record(Fact::MailVanished { mailbox: mailbox.clone(), marks });
        Ok(())
    }
}

fn pop3_source(mark: Mark) -> Source {
    Source { mailbox: name(), mark }
}

/// A fact that accounts for a mail, as far as the view of POP3 mailboxes is concerned.
fn accounted(fetched: &Fetched) -> Fact {
    let source = pop3_source(fetched.mark.clone());
    match &fetched.body {
        Body::Raw(raw) => {
            let digest = MessageDigest(*blake3::hash(raw).as_bytes());
            let message = MessageRef { digest, size: raw.len() as u64 };
            Fact::MailQuarantined { source, message, reason: QuarantineReason::NoHeader }
        }
        Body::Oversize { size, .. } => {
            Fact::MailRefused { source, size: *size, reason: MailRefusal::Oversize }
        }
        Body::Withheld { reason } => {
            let (reason, received) = (*reason, engine::now());
            Fact::MailSetAside { source, message: None, reason, received }
        }
    }
}

/// The unique id, where there is one.
pub(crate) fn uidl(fetched: &Fetched) -> String {
    match &fetched.mark {
        Mark::Pop3 { uidl } => uidl.clone(),
        _ => String::new(),
    }
}

/// A mailbox that is being fetched.
pub(crate) struct Running {
    pub(crate) inbox: Arc<Memory>,
    pub(crate) health: HealthCell,
    stopper: Arc<Stopper>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) fn imap(account: ImapAccount, inbox: &Arc<Memory>) -> Self {
        Self::start(inbox, |inbox, health, stop| {
            tokio::spawn(run_imap(name(), account, inbox, health, stop))
        })
    }

    pub(crate) fn pop3(account: Pop3Account, inbox: &Arc<Memory>) -> Self {
        Self::start(inbox, |inbox, health, stop| {
            tokio::spawn(run_pop3(name(), account, inbox, health, stop))
        })
    }

    pub(crate) fn maildir(account: MaildirAccount, inbox: &Arc<Memory>) -> Self {
        Self::start(inbox, |inbox, health, stop| {
            tokio::spawn(run_maildir(name(), account, inbox, health, stop))
        })
    }

    fn start(
        inbox: &Arc<Memory>,
        run: impl FnOnce(Arc<Memory>, HealthCell, Stop) -> JoinHandle<()>,
    ) -> Self {
        let (stopper, stop) = Stopper::new();
        let health = HealthCell::new();
        let task = run(Arc::clone(inbox), health.clone(), stop);
        Self { inbox: Arc::clone(inbox), health, stopper: Arc::new(stopper), task }
    }

    /// Waits until the inbox holds `count` messages.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Fetched> {
        let mut receiver = self.inbox.taken.subscribe();
        let full = receiver.wait_for(|taken| taken.len() >= count);
        match tokio::time::timeout(PATIENCE, full).await {
            Ok(taken) => taken.unwrap().clone(),
            Err(_) => {
                panic!("{} of {count} messages; {:?}", self.inbox.taken().len(), self.health.get())
            }
        }
    }

    /// Waits until the health is as wanted.
    pub(crate) async fn health(&self, wanted: impl Fn(&Health) -> bool) -> Health {
        let mut receiver = self.health.watch();
        let there = receiver.wait_for(|health| wanted(health));
        match tokio::time::timeout(PATIENCE, there).await {
            Ok(health) => health.unwrap().clone(),
            Err(_) => panic!("{:?}", self.health.get()),
        }
    }

    pub(crate) async fn healthy(&self) {
        self.health(|health| health.state == HealthState::Ok).await;
    }

    /// Waits for a failure and returns its message.
    pub(crate) async fn failure(&self) -> String {
        let health = self.health(|health| matches!(health.state, HealthState::Failing { .. }));
        match health.await.state {
            HealthState::Failing { message, .. } => message,
            state => panic!("{state:?}"),
        }
    }

    /// Stops the mailbox in the middle of its work, and waits until it has ended.
    pub(crate) async fn stop_at_first_take(self) -> Vec<Fetched> {
        let stopper = Arc::clone(&self.stopper);
        self.inbox.at_first_take(move || stopper.stop());
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").unwrap();
        self.inbox.taken()
    }

    /// Stops the mailbox, which must end at once.
    pub(crate) async fn stop(self) {
        self.stopper.stop();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").unwrap();
    }
}

fn name() -> MailboxName {
    MailboxName::new("support").unwrap()
}
