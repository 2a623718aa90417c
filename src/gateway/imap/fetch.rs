//! Listing and fetching messages, so that none is passed over unnoticed.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use event::{Mark, Timestamp};

use super::error::ImapError;
use super::response::{Attributes, Response, Status};
use super::session::Session;
use crate::{Body, Fetched, Step};

/// UIDs in a command, so that its line stays short (RFC 7162 section 4 advises 8192 bytes).
pub(super) const UIDS_MAX: usize = 500;
/// Messages in a batch; with more, the server and the inbox wait for each other longer.
const BATCH_MESSAGES_MAX: usize = 200;
/// Bytes in a batch, by the sizes the server gives; this bounds the memory.
const BATCH_BYTES_MAX: u64 = 4 << 20;
/// Larger messages are fetched in parts of this size.
const PART_BYTES: u32 = 1 << 20;

/// A message in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) uid: u32,
    size: u64,
}

/// What is fetched from where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) uid_validity: u32,
    pub(super) message_bytes_max: u64,
}

/// What came of fetching a batch.
pub(super) struct Harvest {
    /// The messages, in the order of their UIDs.
    pub(super) messages: Vec<Fetched>,
    /// The first message that is there but does not come; nothing from it on is in `messages`.
    pub(super) withheld: Option<u32>,
}

/// The messages with UIDs of `from` and more, in their order.
pub(super) async fn list(session: &mut Session, from: u32) -> Result<Vec<Listed>, ImapError> {
    let set = format!("{from}:*");
    let mut found = attributes(session, Step::List, &set, "UID RFC822.SIZE").await?;
    // `n:*` always names the last message, also where its UID is lower (RFC 3501 section 6.4.8).
    let new = found.split_off(&from);
    // A message whose size is not told is a message all the same.
    let listed = |(uid, told): (u32, Attributes)| Listed { uid, size: told.size.unwrap_or(0) };
    Ok(new.into_iter().map(listed).collect())
}

/// What the server tells of the messages of a sequence set, by their UIDs; `items` begin with
/// `UID`.
pub(super) async fn attributes(
    session: &mut Session,
    step: Step,
    set: &str,
    items: &str,
) -> Result<BTreeMap<u32, Attributes>, ImapError> {
    let mut found: BTreeMap<u32, Attributes> = BTreeMap::new();
    session
        .demand(step, &format!("UID FETCH {set} ({items})"), |response| {
            if let Response::Fetch(told) = response
                && let Some(uid) = told.uid
            {
                let known = found.entry(uid).or_default();
                known.size = known.size.max(told.size);
                known.internal_date = told.internal_date.or(known.internal_date.take());
            }
        })
        .await?;
    Ok(found)
}

/// Divides a listing into batches that bound count and memory; large messages stand alone.
pub(super) fn batches(listed: Vec<Listed>) -> Vec<Vec<Listed>> {
    let mut batches: Vec<Vec<Listed>> = Vec::new();
    let mut bytes = 0;
    for message in listed {
        match batches.last_mut() {
            Some(batch)
                if batch.len() < BATCH_MESSAGES_MAX
                    && message.size.saturating_add(bytes) <= BATCH_BYTES_MAX =>
            {
                bytes += message.size;
                batch.push(message);
            }
            _ => {
                bytes = message.size;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// Fetches a batch. What vanished from the folder meanwhile is left out.
pub(super) async fn fetch(
    session: &mut Session,
    terms: Terms,
    batch: &[Listed],
) -> Result<Harvest, ImapError> {
    let mut found = BTreeMap::new();
    let small: Vec<u32> = batch
        .iter()
        .filter(|message| !is_large(message, terms))
        .map(|message| message.uid)
        .collect();
    if !small.is_empty() {
        fetch_small(session, terms, &small, &mut found).await?;
    }
    for message in batch.iter().filter(|message| is_large(message, terms)) {
        if let Some(fetched) = fetch_large(session, terms, message).await? {
            found.insert(message.uid, fetched);
        }
    }
    let missing: Vec<u32> =
        batch.iter().map(|message| message.uid).filter(|uid| !found.contains_key(uid)).collect();
    let withheld = fetch_missing(session, terms, &missing, &mut found).await?;
    if let Some(uid) = withheld {
        found.split_off(&uid);
    }
    Ok(Harvest { messages: found.into_values().collect(), withheld })
}

fn is_large(message: &Listed, terms: Terms) -> bool {
    message.size > u64::from(PART_BYTES) || message.size > terms.message_bytes_max
}

/// Fetches whole messages with one command.
async fn fetch_small(
    session: &mut Session,
    terms: Terms,
    uids: &[u32],
    found: &mut BTreeMap<u32, Fetched>,
) -> Result<(), ImapError> {
    let command = format!("UID FETCH {} (UID INTERNALDATE BODY.PEEK[])", set(uids));
    // A size may be given wrongly, so that only the account's own limit holds.
    let literal_bytes_max = terms.message_bytes_max.max(u64::from(PART_BYTES));
    let completion = session
        .run(Step::Fetch, &command, literal_bytes_max, |response| {
            if let Response::Fetch(attributes) = response
                && let (Some(uid), Some(body)) = (attributes.uid, attributes.body.clone())
                && uids.binary_search(&uid).is_ok()
            {
                let received = attributes.received();
                found.insert(uid, fetched(terms, uid, received, Body::Raw(body)));
            }
        })
        .await?;
    match completion.status {
        // Some of the messages are gone (RFC 2180 section 4.1), or cannot be read.
        Status::No => Ok(()),
        _ => completion.demand_ok(Step::Fetch),
    }
}

/// Looks after messages that were listed but did not come: either they are gone, or they come when
/// asked for alone, or the server withholds them. Returns the first that is withheld.
async fn fetch_missing(
    session: &mut Session,
    terms: Terms,
    missing: &[u32],
    found: &mut BTreeMap<u32, Fetched>,
) -> Result<Option<u32>, ImapError> {
    if missing.is_empty() {
        return Ok(None);
    }
    // NOOP lets the server drop what other sessions expunged.
    session.demand(Step::Fetch, "NOOP", |_| {}).await?;
    let there = attributes(session, Step::Fetch, &set(missing), "UID").await?;
    for &uid in missing {
        if !there.contains_key(&uid) {
            tracing::info!(uid, "a message vanished from the folder before it was fetched");
            continue;
        }
        fetch_small(session, terms, &[uid], found).await?;
        if !found.contains_key(&uid) {
            return Ok(Some(uid));
        }
    }
    Ok(None)
}

/// Fetches a large message in parts; `None` where it did not come.
async fn fetch_large(
    session: &mut Session,
    terms: Terms,
    message: &Listed,
) -> Result<Option<Fetched>, ImapError> {
    let uid = message.uid;
    let told = attributes(session, Step::Fetch, &uid.to_string(), "UID INTERNALDATE").await?;
    let received = told.get(&uid).and_then(Attributes::received);
    let oversize = |size| fetched(terms, uid, received, Body::Oversize { size });
    if message.size > terms.message_bytes_max {
        return Ok(Some(oversize(message.size)));
    }
    let mut whole = BytesMut::with_capacity(usize::try_from(message.size).unwrap_or_default());
    loop {
        let Some(part) = fetch_part(session, uid, whole.len()).await? else {
            return Ok(None);
        };
        whole.extend_from_slice(&part);
        let size = whole.len() as u64;
        if size > terms.message_bytes_max {
            return Ok(Some(oversize(size)));
        }
        // A short part is the last one, unless the server cuts parts as it likes.
        if part.is_empty() || (part.len() < PART_BYTES as usize && size >= message.size) {
            let body = Body::Raw(whole.freeze());
            return Ok(Some(fetched(terms, uid, received, body)));
        }
    }
}

async fn fetch_part(
    session: &mut Session,
    uid: u32,
    offset: usize,
) -> Result<Option<Bytes>, ImapError> {
    let command = format!("UID FETCH {uid} (UID BODY.PEEK[]<{offset}.{PART_BYTES}>)");
    let mut part = None;
    let completion = session
        .run(Step::Fetch, &command, u64::from(PART_BYTES), |response| {
            if let Response::Fetch(attributes) = response
                && attributes.uid == Some(uid)
                && attributes.body.is_some()
            {
                part = attributes.body;
            }
        })
        .await?;
    match completion.status {
        Status::Ok => Ok(part),
        Status::No => Ok(None),
        _ => completion.demand_ok(Step::Fetch).map(|()| None),
    }
}

fn fetched(terms: Terms, uid: u32, received: Option<Timestamp>, body: Body) -> Fetched {
    Fetched { mark: Mark::Imap { uid_validity: terms.uid_validity, uid }, received, body }
}

/// A sequence set of exactly these UIDs, which must be in order.
pub(super) fn set(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let texts: Vec<String> = runs
        .iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}:{last}"),
        })
        .collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_name_exactly_the_uids() {
        assert_eq!(set(&[7]), "7");
        assert_eq!(set(&[1, 2, 3, 5, 8, 9]), "1:3,5,8:9");
        assert_eq!(set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }

    #[test]
    fn batches_are_bounded_by_count_and_bytes() {
        let listed = |sizes: &[u64]| {
            let messages = sizes.iter().zip(1..);
            messages.map(|(&size, uid)| Listed { uid, size }).collect()
        };
        let lengths =
            |sizes: &[u64]| -> Vec<usize> { batches(listed(sizes)).iter().map(Vec::len).collect() };
        assert_eq!(lengths(&[5_000; 450]), [200, 200, 50]);
        assert_eq!(lengths(&[1, 50 << 20, 1, 1]), [1, 1, 2]);
        assert_eq!(lengths(&[1 << 20; 9]), [4, 4, 1]);
        assert_eq!(lengths(&[]), [0usize; 0]);
        assert_eq!(lengths(&[u64::MAX, u64::MAX]), [1, 1]);
    }
}
