//! The life of one IMAP mailbox: connect, catch up, wait, and again.

use std::sync::Arc;

use event::{MailboxName, Mark};
use tracing::Instrument;

use super::after::{self, Recorded};
use super::error::ImapError;
use super::fetch::{self, Listed, Terms};
use super::idle::{self, Idle};
use super::login::{self, Folder};
use super::session::Session;
use crate::backoff::Backoff;
use crate::{
    Activation, After, Fetched, HealthCell, History, ImapAccount, ImapCursor, Inbox, Step, Stop,
};

/// Fetches the mailbox until `stop`, and hands what it finds to `inbox`.
///
/// Failures show in `health` and are tried again with growing pauses; no message is passed over or
/// changed on the server before the inbox has recorded it.
pub async fn run_imap<I: Inbox>(
    name: MailboxName,
    account: ImapAccount,
    inbox: Arc<I>,
    health: HealthCell,
    mut stop: Stop,
) {
    let mut backoff = Backoff::default();
    // Outlives a connection, so that what one could not do is done by a later one.
    let mut recorded = Recorded::default();
    let mailbox = Mailbox { name, account, inbox, health };
    while !stop.is_stopped() {
        let span = tracing::info_span!("imap", mailbox = %mailbox.name);
        let attempt = async {
            if let Err(error) = mailbox.session(&mut backoff, &mut recorded).await {
                tracing::warn!(%error, "the mailbox cannot be fetched");
                mailbox.health.failed(error.to_string());
                tokio::time::sleep(backoff.next(error.pause_min())).await;
            }
        };
        tokio::select! {
            () = attempt.instrument(span) => {}
            () = stop.stopped() => {}
        }
    }
}

struct Mailbox<I> {
    name: MailboxName,
    account: ImapAccount,
    inbox: Arc<I>,
    health: HealthCell,
}

impl<I: Inbox> Mailbox<I> {
    /// One connection from its beginning to the failure that ends it.
    async fn session(
        &self,
        backoff: &mut Backoff,
        recorded: &mut Recorded,
    ) -> Result<(), ImapError> {
        let mut session = login::login(&self.account).await?;
        let folder = login::open(&mut session, &self.account).await?;
        let mut next = self.first_uid(&mut session, folder, recorded).await?;
        let activation = self.inbox.activation(&self.name).await?;
        let mut idle = self.account.idle && session.can("IDLE");
        loop {
            next = self.catch_up(&mut session, folder, next, (activation, &mut *recorded)).await?;
            match recorded.treat(&mut session, &self.account.after).await {
                Ok(()) => self.health.succeeded(),
                Err(error) if error.spares_fetching() => {
                    tracing::warn!(%error, "recorded mail stays as it is");
                    self.health.failed(error.to_string());
                }
                Err(error) => return Err(error),
            }
            backoff.reset();
            if session.news {
                continue;
            }
            if idle {
                let waited = idle::wait(&mut session, &self.account.timeouts).await?;
                idle = waited != Idle::Unavailable;
            } else {
                tokio::time::sleep(self.account.poll).await;
            }
            if !session.news {
                // Lets the server say what it has not announced.
                session.demand(Step::List, "NOOP", |_| {}).await?;
            }
        }
    }

    /// The lowest UID that was not recorded yet; activates a mailbox that is new to us.
    async fn first_uid(
        &self,
        session: &mut Session,
        folder: Folder,
        recorded: &mut Recorded,
    ) -> Result<u32, ImapError> {
        let Some(cursor) = self.inbox.cursor(&self.name).await? else {
            let last = match self.account.history {
                History::All => 0,
                History::FromNow => last_uid(session, folder).await?,
            };
            let mark = Mark::Imap { uid_validity: folder.uid_validity, uid: last };
            self.inbox.activate(&self.name, mark).await?;
            return Ok(last.saturating_add(1));
        };
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
        Ok(cursor.uid.saturating_add(1))
    }

    /// Records everything from `next` on; while the inbox makes one batch durable, the following
    /// one is fetched. Returns the first UID to look at next time.
    async fn catch_up(
        &self,
        session: &mut Session,
        folder: Folder,
        next: u32,
        (activation, recorded): (Option<Activation>, &mut Recorded),
    ) -> Result<u32, ImapError> {
        session.news = false;
        let listed = fetch::list(session, next).await?;
        let Some(last) = listed.last().map(|message: &Listed| message.uid) else {
            return Ok(next);
        };
        let terms = Terms {
            uid_validity: folder.uid_validity,
            message_bytes_max: self.account.message_bytes_max,
        };
        let mut waiting = Vec::new();
        let mut withheld = None;
        for batch in fetch::batches(listed) {
            let fetching = fetch::fetch(session, terms, &batch);
            // Both run to their ends: a failed fetch must not cut off what is being recorded.
            let (harvest, taken) = tokio::join!(fetching, self.take(waiting, activation, recorded));
            taken?;
            let harvest = harvest?;
            waiting = harvest.messages;
            withheld = harvest.withheld;
            if withheld.is_some() {
                break;
            }
        }
        self.take(waiting, activation, recorded).await?;
        // Going past it would lose it: the cursor is one number.
        match withheld {
            Some(uid) => Err(ImapError::Withheld { uid }),
            None => Ok(last.saturating_add(1)),
        }
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
            let listed = fetch::list(session, 1).await?;
            Ok(listed.last().map_or(0, |message| message.uid))
        }
    }
}
