//! Listing the messages of a folder, so that none is passed over unnoticed.

use std::collections::BTreeMap;

use super::error::ImapError;
use super::response::{Attributes, Response, Status};
use super::session::{LITERAL_BYTES_MAX, Session};
use crate::{Reached, Step};

/// UIDs in a command, so that its line stays short (RFC 7162 section 4 advises 8192 bytes).
pub(super) const UIDS_MAX: usize = 500;

/// So many UIDs are looked at for mail that came under used numbers, and more where there is such.
const LOOK_BACK_UIDS: u32 = 500;

/// A message in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) uid: u32,
    /// In bytes, as the server says; 0 where it does not.
    pub(super) size: u64,
}

/// The messages with UIDs of `from` and more, in their order.
pub(super) async fn list(session: &mut Session, from: u32) -> Result<Vec<Listed>, ImapError> {
    let command = format!("UID FETCH {from}:* (UID RFC822.SIZE)");
    let mut told = Told::default();
    let completion =
        session.run(Step::List, &command, LITERAL_BYTES_MAX, |response| told.add(response)).await?;
    let Told { mut found, garbled } = told;
    // `n:*` always names the last message, also where its UID is lower (RFC 3501 section 6.4.8).
    let is_odd = found.is_empty() && session.exists > 0;
    if completion.status != Status::Ok || garbled || (is_odd && is_hiding(session, from).await?) {
        // Whatever the sizes are, no message may be passed over.
        for uid in search(session, &format!("UID {from}:*")).await? {
            found.entry(uid).or_default();
        }
        if found.is_empty() && is_odd {
            return Err(ImapError::Hidden { count: session.exists });
        }
    }
    let new = found.split_off(&from);
    // A message whose size is not told is a message all the same.
    let listed = |(uid, told): (u32, Attributes)| Listed { uid, size: told.size.unwrap_or(0) };
    Ok(new.into_iter().map(listed).collect())
}

/// Whether a folder that is not empty, but of which nothing was listed, has something from that UID
/// on.
async fn is_hiding(session: &mut Session, from: u32) -> Result<bool, ImapError> {
    // NOOP lets the server drop what other sessions expunged.
    session.demand(Step::List, "NOOP", |_| {}).await?;
    if session.exists == 0 {
        return Ok(false);
    }
    let mut last = None;
    session
        .demand(Step::List, "FETCH * (UID)", |response| {
            if let Response::Fetch(told) = response {
                last = last.max(told.uid);
            }
        })
        .await?;
    Ok(last.is_none_or(|uid| uid >= from))
}

/// The UIDs that a search finds (RFC 3501 section 6.4.4).
pub(super) async fn search(session: &mut Session, keys: &str) -> Result<Vec<u32>, ImapError> {
    let mut found = Vec::new();
    session
        .demand(Step::List, &format!("UID SEARCH {keys}"), |response| {
            if let Response::Search(uids) = response {
                found.extend(uids);
            }
        })
        .await?;
    Ok(found)
}

/// What a server tells of messages.
#[derive(Default)]
pub(super) struct Told {
    pub(super) found: BTreeMap<u32, Attributes>,
    /// Whether a response could not be read.
    pub(super) garbled: bool,
}

impl Told {
    fn add(&mut self, response: Response) {
        match response {
            Response::Malformed => self.garbled = true,
            Response::Fetch(told) => {
                let Some(uid) = told.uid else { return };
                let known = self.found.entry(uid).or_default();
                known.size = known.size.max(told.size);
                known.internal_date = told.internal_date.or(known.internal_date.take());
            }
            _ => {}
        }
    }
}

/// The lowest UID up to the cursor under which something was received after the mail at the cursor
/// was recorded. A folder that was put back to an earlier state gives UIDs a second time, the highest
/// last, so that little has to be looked at.
pub(super) async fn received_since(
    session: &mut Session,
    Reached { cursor, time }: Reached,
) -> Result<Option<u32>, ImapError> {
    let (mut lowest, mut last) = (None, cursor.uid);
    while last > 0 {
        let first = last.saturating_sub(LOOK_BACK_UIDS - 1).max(1);
        let items = "UID INTERNALDATE";
        let told = told(session, Step::List, &format!("{first}:{last}"), items).await?;
        let is_later = |told: &Attributes| told.received().is_some_and(|received| received > time);
        let found = told.found.iter().find(|(_, told)| is_later(told));
        let Some((&uid, _)) = found else { break };
        (lowest, last) = (Some(uid), first - 1);
    }
    Ok(lowest)
}

/// What the server tells of the messages of a sequence set, by their UIDs; `items` begin with
/// `UID`.
pub(super) async fn told(
    session: &mut Session,
    step: Step,
    set: &str,
    items: &str,
) -> Result<Told, ImapError> {
    let mut told = Told::default();
    let command = format!("UID FETCH {set} ({items})");
    session.demand(step, &command, |response| told.add(response)).await?;
    Ok(told)
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
}
