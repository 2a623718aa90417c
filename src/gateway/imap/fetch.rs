//! Fetching messages, so that none is passed over unnoticed.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};
use event::{Mark, QuarantineReason, Timestamp};

use super::error::ImapError;
use super::listing::{Listed, set, told};
use super::response::{Attributes, Response, Status};
use super::session::Session;
use super::trouble::Trouble;
use crate::fetched::BEGINNING_BYTES;
use crate::{Body, Fetched, Step};

/// Messages in a batch; with more, the server and the inbox wait for each other longer.
const BATCH_MESSAGES_MAX: usize = 200;
/// Bytes in a batch, by the sizes the server gives.
const BATCH_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a batch that are held, whatever sizes the server gave; this bounds the memory.
pub(super) const HELD_BYTES_MAX: u64 = 2 * BATCH_BYTES_MAX;
/// Larger messages are fetched in parts of this size.
const PART_BYTES: u32 = 1 << 20;

/// What is fetched from where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) uid_validity: u32,
    pub(super) message_bytes_max: u64,
}

/// What came of fetching a batch.
#[derive(Default)]
pub(super) struct Harvest {
    /// The messages, in the order of their UIDs.
    pub(super) messages: Vec<Fetched>,
    /// The first message that is there but does not come; nothing from it on is in `messages`.
    pub(super) withheld: Option<(u32, QuarantineReason)>,
    /// What is behind `messages` because one of them was much larger than the server said; with
    /// its true size now.
    pub(super) deferred: Vec<Listed>,
}

/// What is collected of a batch.
#[derive(Default)]
struct Found {
    messages: BTreeMap<u32, Fetched>,
    held_bytes: u64,
    /// The true sizes of messages for which there was no room.
    too_much: BTreeMap<u32, u64>,
    /// Whether a response could not be read.
    garbled: bool,
}

/// Takes the next messages, so many that count and memory are bounded; large ones and those that
/// may make trouble stand alone.
pub(super) fn next_batch(wanted: &mut VecDeque<Listed>, trouble: &Trouble) -> Vec<Listed> {
    let (mut batch, mut bytes) = (Vec::new(), 0u64);
    while batch.len() < BATCH_MESSAGES_MAX
        && let Some(message) = wanted.front()
    {
        bytes = bytes.saturating_add(message.size);
        let is_full = bytes > BATCH_BYTES_MAX || trouble.is_alone(message.uid);
        if is_full && !batch.is_empty() {
            break;
        }
        batch.extend(wanted.pop_front());
        if is_full {
            break;
        }
    }
    batch
}

/// Fetches a batch. What vanished from the folder meanwhile is left out. Where `in_parts`, all
/// messages are asked for in parts first, and as a whole where they do not come.
pub(super) async fn fetch(
    session: &mut Session,
    terms: Terms,
    batch: &[Listed],
    in_parts: bool,
) -> Result<Harvest, ImapError> {
    let mut found = Found::default();
    let is_apart = |message: &&Listed| in_parts || is_large(message, terms);
    let small: Vec<u32> =
        batch.iter().filter(|message| !is_apart(message)).map(|message| message.uid).collect();
    if !small.is_empty() {
        fetch_small(session, terms, &small, &mut found).await?;
    }
    for message in batch.iter().filter(is_apart) {
        fetch_large(session, terms, message, in_parts, &mut found).await?;
    }
    let missing: Vec<u32> =
        batch.iter().map(|message| message.uid).filter(|uid| !found.is_known(*uid)).collect();
    let withheld = fetch_missing(session, terms, &missing, &mut found).await?;
    if let Some((uid, _)) = withheld {
        found.messages.split_off(&uid);
        found.too_much.split_off(&uid);
    }
    Ok(found.harvest(batch, withheld))
}

impl Found {
    fn is_known(&self, uid: u32) -> bool {
        self.messages.contains_key(&uid) || self.too_much.contains_key(&uid)
    }

    /// Takes a message in, where there is room for it; one is taken in whatever its size.
    fn add(&mut self, uid: u32, message: Fetched) {
        let bytes = message.body.held_bytes();
        if self.held_bytes > 0 && self.held_bytes.saturating_add(bytes) > HELD_BYTES_MAX {
            self.too_much.insert(uid, bytes);
        } else {
            self.held_bytes += bytes;
            self.messages.insert(uid, message);
        }
    }

    fn harvest(mut self, batch: &[Listed], withheld: Option<(u32, QuarantineReason)>) -> Harvest {
        let mut deferred = Vec::new();
        if let Some((&first, _)) = self.too_much.first_key_value() {
            let mut behind = self.messages.split_off(&first);
            for message in batch.iter().filter(|message| message.uid >= first) {
                let seen = behind.remove(&message.uid).map(|fetched| fetched.body.held_bytes());
                let size = self.too_much.get(&message.uid).copied().or(seen);
                deferred.extend(size.map(|size| Listed { uid: message.uid, size }));
            }
        }
        Harvest { messages: self.messages.into_values().collect(), withheld, deferred }
    }
}

fn is_large(message: &Listed, terms: Terms) -> bool {
    message.size > u64::from(PART_BYTES) || message.size > terms.message_bytes_max
}

/// Fetches whole messages with one command. A server that refuses has them gone (RFC 2180 section
/// 4.1), or cannot read some, or does not understand: none of that holds up the others.
async fn fetch_small(
    session: &mut Session,
    terms: Terms,
    uids: &[u32],
    found: &mut Found,
) -> Result<(), ImapError> {
    let command = format!("UID FETCH {} (UID INTERNALDATE BODY.PEEK[])", set(uids));
    // A size may be given wrongly, so that only the account's own limit holds.
    let literal_bytes_max = terms.message_bytes_max.max(u64::from(PART_BYTES));
    session
        .run(Step::Fetch, &command, literal_bytes_max, |response| match response {
            Response::Malformed => found.garbled = true,
            Response::Fetch(attributes) => {
                if let (Some(uid), Some(body)) = (attributes.uid, attributes.body.clone())
                    && uids.binary_search(&uid).is_ok()
                {
                    let received = attributes.received();
                    found.add(uid, fetched(terms, uid, received, Body::Raw(body)));
                }
            }
            _ => {}
        })
        .await?;
    Ok(())
}

/// Looks after messages that were listed but did not come: either they are gone, or they come when
/// asked for alone, or the server withholds them. Returns the first that is withheld.
async fn fetch_missing(
    session: &mut Session,
    terms: Terms,
    missing: &[u32],
    found: &mut Found,
) -> Result<Option<(u32, QuarantineReason)>, ImapError> {
    if missing.is_empty() {
        return Ok(None);
    }
    // NOOP lets the server drop what other sessions expunged.
    session.demand(Step::Fetch, "NOOP", |_| {}).await?;
    let there = told(session, Step::Fetch, &set(missing), "UID").await?;
    for &uid in missing {
        // An answer that cannot be read may be about this one.
        if !there.garbled && !there.found.contains_key(&uid) {
            tracing::info!(uid, "a message vanished from the folder before it was fetched");
            continue;
        }
        found.garbled = false;
        fetch_small(session, terms, &[uid], found).await?;
        if !found.is_known(uid) {
            let reason = match found.garbled {
                true => QuarantineReason::Garbled,
                false => QuarantineReason::Withheld,
            };
            return Ok(Some((uid, reason)));
        }
    }
    Ok(None)
}

/// Fetches a message in parts; it is not found where it did not come.
async fn fetch_large(
    session: &mut Session,
    terms: Terms,
    message: &Listed,
    is_suspect: bool,
    found: &mut Found,
) -> Result<(), ImapError> {
    let uid = message.uid;
    let told = told(session, Step::Fetch, &uid.to_string(), "UID INTERNALDATE").await?;
    let received = told.found.get(&uid).and_then(Attributes::received);
    let oversize = |size, beginning: &[u8]| {
        let body = Body::oversize(size, terms.message_bytes_max, beginning);
        fetched(terms, uid, received, body)
    };
    if message.size > terms.message_bytes_max {
        // Its header is wanted, but not at the price of one more session.
        let beginning = match is_suspect {
            true => None,
            false => fetch_part(session, uid, 0, BEGINNING_BYTES).await?,
        };
        found.add(uid, oversize(message.size, &beginning.unwrap_or_default()));
        return Ok(());
    }
    let mut whole = BytesMut::with_capacity(usize::try_from(message.size).unwrap_or_default());
    while let Some(part) = fetch_part(session, uid, whole.len(), PART_BYTES).await? {
        whole.extend_from_slice(&part);
        let size = whole.len() as u64;
        if size > terms.message_bytes_max {
            found.add(uid, oversize(size, &whole));
            break;
        }
        // A short part is the last one, unless the server cuts parts as it likes.
        if part.is_empty() || (part.len() < PART_BYTES as usize && size >= message.size) {
            let body = Body::Raw(whole.freeze());
            found.add(uid, fetched(terms, uid, received, body));
            break;
        }
    }
    Ok(())
}

/// A part of a message; `None` where the server does not give it, or knows no parts.
async fn fetch_part(
    session: &mut Session,
    uid: u32,
    offset: usize,
    bytes: u32,
) -> Result<Option<Bytes>, ImapError> {
    let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{bytes}>)");
    let mut part = None;
    let completion = session
        .run(Step::Fetch, &command, bytes.into(), |response| {
            if let Response::Fetch(attributes) = response
                && attributes.uid == Some(uid)
                && attributes.body.is_some()
            {
                part = attributes.body;
            }
        })
        .await?;
    Ok(part.filter(|_| completion.status == Status::Ok))
}

/// What is recorded of a message that is given up. The server is not asked for anything more.
pub(super) fn given_up(terms: Terms, uid: u32, reason: QuarantineReason) -> Fetched {
    fetched(terms, uid, None, Body::Withheld { reason })
}

fn fetched(terms: Terms, uid: u32, received: Option<Timestamp>, body: Body) -> Fetched {
    Fetched { mark: Mark::Imap { uid_validity: terms.uid_validity, uid }, received, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(sizes: &[u64], trouble: &Trouble) -> Vec<usize> {
        let messages = sizes.iter().zip(1..);
        let mut wanted: VecDeque<Listed> =
            messages.map(|(&size, uid)| Listed { uid, size }).collect();
        let mut lengths = Vec::new();
        while !wanted.is_empty() {
            lengths.push(next_batch(&mut wanted, trouble).len());
        }
        lengths
    }

    #[test]
    fn batches_are_bounded_by_count_and_bytes() {
        let lengths = |sizes: &[u64]| lengths(sizes, &Trouble::default());
        assert_eq!(lengths(&[5_000; 450]), [200, 200, 50]);
        assert_eq!(lengths(&[1, 50 << 20, 1, 1]), [1, 1, 2]);
        assert_eq!(lengths(&[1 << 20; 9]), [4, 4, 1]);
        assert_eq!(lengths(&[]), [0usize; 0]);
        assert_eq!(lengths(&[u64::MAX, u64::MAX]), [1, 1]);
    }

    #[test]
    fn where_a_batch_did_not_come_each_message_is_fetched_alone() {
        let mut trouble = Trouble::default();
        let batch = [Listed { uid: 1, size: 5 }, Listed { uid: 3, size: 5 }];
        let cut = ImapError::Cut { step: Step::Fetch, reason: String::new() };
        trouble.ended(&batch, &cut);
        assert_eq!(lengths(&[5; 6], &trouble), [1, 1, 1, 3]);
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let mark = Mark::Imap { uid_validity: 1, uid: 1 };
        let body = Body::Raw(vec![0; 5 << 20].into());
        let message = Fetched { mark, received: None, body };
        let mut found = Found::default();
        let batch = [1, 2, 3, 4].map(|uid| Listed { uid, size: 1 });
        for uid in [1, 2, 4] {
            found.add(uid, message.clone());
        }
        let harvest = found.harvest(&batch, None);
        assert_eq!(harvest.messages.len(), 1);
        // The third vanished.
        let size = 5 << 20;
        assert_eq!(harvest.deferred, [Listed { uid: 2, size }, Listed { uid: 4, size }]);
    }
}
