//! The life of one POP3 mailbox: a session that takes what is new, a pause, and again.

use std::collections::{HashSet, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use event::MailboxName;
use projections::{Accounted, Maildrop};
use tracing::Instrument;

use super::error::Pop3Error;
use super::fetch::{self, HELD_BYTES_MAX};
use super::listing::{self, Listed, Listing};
use super::login;
use super::maildrop_inbox::MaildropInbox;
use super::past::Past;
use super::session::{Reply, Session};
use crate::backoff::Backoff;
use crate::{Body, Fetched, HealthCell, History, Pop3Account, Pop3After, Step, Stop};

/// Messages a session that deletes takes at most: what a cut leaves undeleted is fetched again.
const DELETED_MAX: usize = 1000;

/// Fetches the mailbox until `stop`, and hands what it finds to `inbox`. A batch that is being
/// fetched then is recorded first, and the session ends in good order.
///
/// Failures show in `health` and are tried again with growing pauses. Nothing is deleted on the
/// server before the inbox has recorded all that a session took.
pub async fn run_pop3<I: MaildropInbox>(
    name: MailboxName,
    account: Pop3Account,
    inbox: Arc<I>,
    health: HealthCell,
    stop: Stop,
) {
    let mut backoff = Backoff::default();
    let mut past = Past::default();
    let mailbox = Mailbox { name, account, inbox, health: health.clone(), stop };
    while !mailbox.stop.is_stopped() {
        let span = tracing::info_span!("pop3", mailbox = %mailbox.name);
        let attempt = async {
            let pause = match mailbox.session(&mut past).await {
                Ok(left) => {
                    if past.is_sound() {
                        health.succeeded();
                        backoff.reset();
                    }
                    if left == 0 { mailbox.account.poll } else { Duration::ZERO }
                }
                Err(error) => {
                    tracing::warn!(%error, "the mailbox cannot be fetched");
                    health.failed(error.to_string());
                    backoff.next(error.pause_min())
                }
            };
            mailbox.stop.unless_stopped(tokio::time::sleep(pause)).await;
        };
        attempt.instrument(span).await;
    }
}

struct Mailbox<I> {
    name: MailboxName,
    account: Pop3Account,
    inbox: Arc<I>,
    health: HealthCell,
    stop: Stop,
}

impl<I: MaildropInbox> Mailbox<I> {
    /// One session from the login to QUIT; returns how many messages it left for the next one.
    async fn session(&self, past: &mut Past) -> Result<usize, Pop3Error> {
        let opened = self.stop.unless_stopped(self.open()).await;
        let Some((mut session, listing, known)) = opened.transpose()? else { return Ok(0) };
        let (gap, listed) = (listing.gap(), listing.messages);
        let mut wanted = self.wanted(&listed, &known, past);
        let mut left = past.hold_back(&mut wanted);
        if self.account.after == Pop3After::Delete {
            left += wanted.len().saturating_sub(DELETED_MAX);
            wanted.truncate(DELETED_MAX);
        }
        let first = wanted.front().map(|message| message.uidl.clone());
        let (recorded, withheld) = self.take_all(&mut session, wanted, &known, past).await?;
        past.passed(listed, first.as_deref());
        match self.account.after {
            Pop3After::Leave => {
                // Everything is recorded, whether the server hears this or not.
                let _ = session.ask(Step::After, "QUIT").await;
            }
            Pop3After::Delete => {
                delete(&mut session, &recorded).await?;
                if !recorded.is_empty() {
                    let gone = recorded.into_iter().map(|(_, uidl)| uidl).collect();
                    // At once, because the server may give these ids to the next messages.
                    self.inbox.vanished(&self.name, gone).await?;
                }
            }
        }
        self.health.backlog(left);
        withheld.or(gap).map_or(Ok(left), Err)
    }

    async fn open(&self) -> Result<(Session, Listing, Maildrop), Pop3Error> {
        let mut session = login::login(&self.account).await?;
        let listing = listing::list(&mut session).await?;
        let known = self.maildrop(&listing).await?;
        Ok((session, listing, known))
    }

    /// What is recorded of the mail that lies there now; activates a mailbox that is new to us.
    async fn maildrop(&self, listing: &Listing) -> Result<Maildrop, Pop3Error> {
        let listed = &listing.messages;
        let known = match (self.inbox.maildrop(&self.name).await?, listing.gap()) {
            (Some(known), None) => known,
            // What is not listed may lie there all the same.
            (Some(known), Some(_)) => return Ok(known),
            (None, Some(gap)) => return Err(gap),
            (None, None) => {
                self.inbox.activate_maildrop(&self.name, self.history(listed)).await?;
                self.inbox.maildrop(&self.name).await?.unwrap_or_default()
            }
        };
        let there: HashSet<&str> = listed.iter().map(|message| &*message.uidl).collect();
        let gone: Vec<String> =
            known.uidls().filter(|uidl| !there.contains(uidl)).map(str::to_owned).collect();
        if gone.is_empty() {
            return Ok(known);
        }
        self.inbox.vanished(&self.name, gone).await?;
        Ok(self.inbox.maildrop(&self.name).await?.unwrap_or_default())
    }

    /// What makes no contact at the first connection.
    fn history(&self, listed: &[Listed]) -> Vec<(String, u64)> {
        match self.account.history {
            History::All => Vec::new(),
            History::FromNow => {
                listed.iter().map(|message| (message.uidl.clone(), message.size)).collect()
            }
        }
    }

    /// The messages to be fetched, those first that no session has taken yet.
    fn wanted(&self, listed: &[Listed], known: &Maildrop, past: &Past) -> VecDeque<Listed> {
        let (mut wanted, mut again) = (VecDeque::new(), Vec::new());
        for message in listed {
            let is_undeleted = match (known.get(&message.uidl), self.account.after) {
                (None, _) => {
                    wanted.push_back(message.clone());
                    continue;
                }
                // An earlier session recorded it, but did not come to delete it. Under its id there
                // may be another message by now, so that it is deleted only once it is fetched.
                (Some(Accounted::Recorded(_)), Pop3After::Delete) => !past.is_short(&message.uidl),
                (Some(_), _) => false,
            };
            if is_undeleted || past.is_replaced(message) {
                again.push(message.clone());
            }
        }
        wanted.extend(again);
        wanted
    }

    /// Records everything wanted; while the inbox makes one batch durable, the following one is
    /// fetched. Returns what may be deleted, by number and unique id, and an error for the first
    /// message that did not come. Where the end is asked for, what is not fetched yet is left.
    async fn take_all(
        &self,
        session: &mut Session,
        mut wanted: VecDeque<Listed>,
        known: &Maildrop,
        past: &mut Past,
    ) -> Result<(Vec<(u32, String)>, Option<Pop3Error>), Pop3Error> {
        let bytes_max = self.account.message_bytes_max;
        let (mut recorded, mut withheld) = (Vec::new(), None);
        let mut waiting = Vec::new();
        loop {
            self.health.backlog(waiting.len() + wanted.len());
            if self.stop.is_stopped() {
                wanted.clear();
            }
            let batch = fetch::next_batch(&mut wanted, bytes_max);
            if batch.is_empty() && waiting.is_empty() {
                return Ok((recorded, withheld));
            }
            let ours = waiting.iter().filter(|(listed, fetched)| is_ours(listed, fetched, known));
            recorded.extend(ours.map(|(Listed { number, uidl, .. }, _)| (*number, uidl.clone())));
            if held_bytes(&waiting) + announced_bytes(&batch, bytes_max) > HELD_BYTES_MAX {
                self.take(mem::take(&mut waiting)).await?;
            }
            let fetching = fetch::fetch(session, bytes_max, &batch, past);
            // Both run to their ends: a failed fetch must not cut off what is being recorded.
            let (harvest, taken) = tokio::join!(fetching, self.take(waiting));
            taken?;
            if let Some((uidl, error)) = harvest.broken {
                self.take(harvest.messages).await?;
                past.suspect(uidl);
                return Err(error);
            }
            waiting = harvest.messages;
            withheld = withheld.or(harvest.withheld);
            for message in harvest.deferred.into_iter().rev() {
                wanted.push_front(message);
            }
        }
    }

    async fn take(&self, batch: Vec<(Listed, Fetched)>) -> Result<(), Pop3Error> {
        if batch.is_empty() {
            return Ok(());
        }
        let messages = batch.into_iter().map(|(_, fetched)| fetched).collect();
        Ok(self.inbox.take(&self.name, messages).await?)
    }
}

fn held_bytes(waiting: &[(Listed, Fetched)]) -> u64 {
    waiting.iter().map(|(_, fetched)| fetched.body.held_bytes()).sum()
}

fn announced_bytes(batch: &[Listed], bytes_max: u64) -> u64 {
    batch.iter().map(|message| fetch::bytes_due(message, bytes_max)).fold(0, u64::saturating_add)
}

/// Whether a message may be deleted once it is recorded: not what lay there before the activation,
/// nor what was too large to be fetched or came short, for the server has its only copy.
fn is_ours(listed: &Listed, fetched: &Fetched, known: &Maildrop) -> bool {
    let received = fetched.received.unwrap_or_else(engine::now);
    let is_whole = matches!(&fetched.body, Body::Raw(raw) if raw.len() as u64 >= listed.size);
    is_whole && !known.is_history(received)
}

/// Deletes messages; the server does so at QUIT, and only then (RFC 1939 section 6).
async fn delete(session: &mut Session, recorded: &[(u32, String)]) -> Result<(), Pop3Error> {
    let step = Step::After;
    let mut refused = None;
    for part in recorded.chunks(session.ahead_max()) {
        session.give(step, part.iter().map(|(number, _)| format!("DELE {number}"))).await?;
        for _ in part {
            if let Reply::Refused(text) = session.reply(step).await? {
                refused.get_or_insert(text);
            }
        }
    }
    if let Reply::Refused(text) = session.ask(step, "QUIT").await?
        && !recorded.is_empty()
    {
        refused.get_or_insert(text);
    }
    refused.map_or(Ok(()), |text| Err(Pop3Error::NotDeleted { text }))
}
