//! The life of one IMAP mailbox: connect, catch up, wait, and again.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use event::{MailboxName, Mark};
use tracing::Instrument;

use super::after::{self, Recorded};
use super::error::ImapError;
use super::fetch::{self, HELD_BYTES_MAX, Harvest, Terms};
use super::idle::{self, Idle};
use super::listing::{self, Listed};
use super::login::{self, Folder};
use super::session::Session;
use super::trouble::Trouble;
use crate::backoff::Backoff;
use crate::{
    Activation, After, Fetched, HealthCell, History, ImapAccount, ImapCursor, Inbox, Step, Stop,
};

/// Fetches the mailbox until `stop`, and hands what it finds to `inbox`. A batch that is being
/// fetched then is recorded first, and what is recorded is marked, moved or deleted.
///
/// Failures show in `health` and are tried again with growing pauses; no message is passed over or
/// changed on the server before the inbox has recorded it. One that does not come however often it
/// is asked for is recorded as such.
pub async fn run_imap<I: Inbox>(
    name: MailboxName,
    account: ImapAccount,
    inbox: Arc<I>,
    health: HealthCell,
    stop: Stop,
) {
    let mut backoff = Backoff::default();
    let mut memory = Remembered::default();
    let mailbox = Mailbox { name, account, inbox, health, stop };
    while !mailbox.stop.is_stopped() {
        let span = tracing::info_span!("imap", mailbox = %mailbox.name);
        let attempt = async {
            if let Err(error) = mailbox.session(&mut backoff, &mut memory).await {
                tracing::warn!(%error, "the mailbox cannot be fetched");
                mailbox.health.failed(error.to_string());
                let pause = tokio::time::sleep(backoff.next(error.pause_min()));
                mailbox.stop.unless_stopped(pause).await;
            }
        };
        attempt.instrument(span).await;
    }
}

/// Outlives a connection, so that what one could not do is done by a later one.
#[derive(Default)]
struct Remembered {
    recorded: Recorded,
    trouble: Trouble,
}

struct Mailbox<I> {
    name: MailboxName,
    account: ImapAccount,
    inbox: Arc<I>,
    health: HealthCell,
    stop: Stop,
}

/// A mailbox that has been opened, and how far it has been read.
struct Opened {
    session: Session,
    folder: Folder,
    /// The lowest UID that was not recorded yet.
    next: u32,
    activation: Option<Activation>,
}

impl<I: Inbox> Mailbox<I> {
    /// One connection from its beginning to the failure that ends it, or to the stop.
    async fn session(
        &self,
        backoff: &mut Backoff,
        memory: &mut Remembered,
    ) -> Result<(), ImapError> {
        let opened = self.stop.unless_stopped(self.open(memory)).await;
        let Some(opened) = opened.transpose()? else { return Ok(()) };
        let Opened { mut session, folder, mut next, activation } = opened;
        let mut idle = self.account.idle && session.can("IDLE");
        loop {
            next = self.catch_up(&mut session, folder, next, (activation, &mut *memory)).await?;
            match memory.recorded.treat(&mut session, &self.account.after).await {
                Ok(()) => self.health.succeeded(),
                Err(error) if error.spares_fetching() => {
                    tracing::warn!(%error, "recorded mail stays as it is");
                    self.health.failed(error.to_string());
                }
                Err(error) => return Err(error),
            }
            backoff.reset();
            if !session.news {
                let waited = self.stop.unless_stopped(self.wait(&mut session, &mut idle)).await;
                waited.transpose()?;
            }
            if self.stop.is_stopped() {
                return Ok(());
            }
        }
    }

    async fn open(&self, memory: &mut Remembered) -> Result<Opened, ImapError> {
        let mut session = login::login(&self.account).await?;
        let folder = login::open(&mut session, &self.account).await?;
        memory.trouble.opened(folder.uid_validity);
        let next = self.first_uid(&mut session, folder, &mut memory.recorded).await?;
        let activation = self.inbox.activation(&self.name).await?;
        Ok(Opened { session, folder, next, activation })
    }

    /// Waits until there may be news.
    async fn wait(&self, session: &mut Session, idle: &mut bool) -> Result<(), ImapError> {
        if *idle {
            let waited = idle::wait(session, &self.account.timeouts).await?;
            *idle = waited != Idle::Unavailable;
        } else {
            tokio::time::sleep(self.account.poll).await;
        }
        if session.news {
            return Ok(());
        }
        // Lets the server say what it has not announced.
        session.demand(Step::List, "NOOP", |_| {}).await
    }

    /// The lowest UID that was not recorded yet; activates a mailbox that is new to us.
    async fn first_uid(
        &self,
        session: &mut Session,
        folder: Folder,
        recorded: &mut Recorded,
    ) -> Result<u32, ImapError> {
        let Some(reached) = self.inbox.reached(&self.name).await? else {
            let last = match self.account.history {
                History::All => 0,
                History::FromNow => last_uid(session, folder).await?,
            };
            let mark = Mark::Imap { uid_validity: folder.uid_validity, uid: last };
            self.inbox.activate(&self.name, mark).await?;
            return Ok(last.saturating_add(1));
        };
        let cursor = reached.cursor;
        if is_stale(cursor, folder) {
            tracing::warn!(
                before = cursor.uid_validity,
                now = folder.uid_validity,
                "the server renumbered the folder: all of it is looked at again"
            );
            // These UIDs may name other messages now.
            *recorded = Recorded::default();
            return Ok(1);
        }
        if let Some(uid) = listing::received_since(session, reached).await? {
            tracing::warn!(
                uid,
                "mail may have come under numbers that were used: it is looked at again"
            );
            *recorded = Recorded::default();
            return Ok(uid);
        }
        Ok(cursor.uid.saturating_add(1))
    }

    /// Records everything from `next` on; while the inbox makes one batch durable, the following
    /// one is fetched, unless the two are too large to be held together. Returns the first UID to
    /// look at next time. Where the end is asked for, what is not fetched yet is left.
    async fn catch_up(
        &self,
        session: &mut Session,
        folder: Folder,
        next: u32,
        (activation, memory): (Option<Activation>, &mut Remembered),
    ) -> Result<u32, ImapError> {
        session.news = false;
        let listed = self.stop.unless_stopped(listing::list(session, next)).await;
        let Some(listed) = listed.transpose()? else { return Ok(next) };
        let last = listed.last().map(|message| message.uid);
        let mut wanted = VecDeque::from(listed);
        let terms = Terms {
            uid_validity: folder.uid_validity,
            message_bytes_max: self.account.message_bytes_max,
        };
        let Remembered { recorded, trouble } = memory;
        let mut waiting = Vec::new();
        loop {
            self.health.backlog(waiting.len() + wanted.len());
            if self.stop.is_stopped() {
                wanted.clear();
            }
            let batch = fetch::next_batch(&mut wanted, trouble);
            if batch.is_empty() && waiting.is_empty() {
                return Ok(last.map_or(next, |last| last.saturating_add(1)));
            }
            if held_bytes(&waiting) + announced_bytes(&batch) > HELD_BYTES_MAX {
                self.take(mem::take(&mut waiting), activation, recorded).await?;
            }
            let fetching = self.fetch(session, terms, &batch, trouble);
            // Both run to their ends: a failed fetch must not cut off what is being recorded.
            let (harvest, taken) = tokio::join!(fetching, self.take(waiting, activation, recorded));
            taken?;
            let harvest = harvest?;
            waiting = harvest.messages;
            for message in harvest.deferred.into_iter().rev() {
                wanted.push_front(message);
            }
            if let Some((uid, reason)) = harvest.withheld {
                self.take(waiting, activation, recorded).await?;
                trouble.missed(uid, reason);
                // Going past it would lose it: the cursor is one number.
                return Err(match trouble.is_hopeless() {
                    true => ImapError::NothingSent,
                    false => ImapError::Withheld { uid },
                });
            }
        }
    }

    /// Fetches a batch; gives up a message that did not come too often.
    async fn fetch(
        &self,
        session: &mut Session,
        terms: Terms,
        batch: &[Listed],
        trouble: &mut Trouble,
    ) -> Result<Harvest, ImapError> {
        let suspect = batch.first().filter(|first| trouble.is_suspect(first.uid));
        if let Some(&Listed { uid, .. }) = suspect
            && let Some(reason) = trouble.verdict(uid)
        {
            tracing::error!(uid, ?reason, "a message does not come and is put into quarantine");
            trouble.gave_up();
            let messages = vec![fetch::given_up(terms, uid, reason)];
            return Ok(Harvest { messages, ..Harvest::default() });
        }
        let harvest = fetch::fetch(session, terms, batch, suspect.is_some()).await;
        match &harvest {
            Ok(harvest) if !harvest.messages.is_empty() => trouble.came(),
            Ok(_) => {}
            Err(error) => trouble.ended(batch, error),
        }
        harvest
    }

    async fn take(
        &self,
        batch: Vec<Fetched>,
        activation: Option<Activation>,
        recorded: &mut Recorded,
    ) -> Result<(), ImapError> {
        if batch.is_empty() {
            return Ok(());
        }
        let uids = after::ours(&batch, activation);
        self.inbox.take(&self.name, batch).await?;
        if self.account.after != After::Nothing {
            recorded.add(uids);
        }
        Ok(())
    }
}

fn held_bytes(waiting: &[Fetched]) -> u64 {
    waiting.iter().map(|fetched| fetched.body.held_bytes()).sum()
}

fn announced_bytes(batch: &[Listed]) -> u64 {
    batch.iter().fold(0, |bytes, message| message.size.saturating_add(bytes))
}

/// Whether UIDs count anew: another UIDVALIDITY (RFC 3501 section 2.3.1.1), or a folder that was
/// put back to an earlier state under the old one.
fn is_stale(cursor: ImapCursor, folder: Folder) -> bool {
    cursor.uid_validity != folder.uid_validity
        || folder.uid_next.is_some_and(|next| next <= cursor.uid)
}

/// The highest UID the folder has given out, so far as the server tells.
async fn last_uid(session: &mut Session, folder: Folder) -> Result<u32, ImapError> {
    match folder.uid_next {
        Some(next) => Ok(next.saturating_sub(1)),
        None => {
            let listed = listing::list(session, 1).await?;
            Ok(listed.last().map_or(0, |message| message.uid))
        }
    }
}
