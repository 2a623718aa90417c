//! What happens on the server to messages that are recorded.
//!
//! A plain EXPUNGE removes whatever anyone has marked as deleted, so it is never sent.

use std::collections::BTreeSet;

use event::Mark;

use super::error::ImapError;
use super::folder;
use super::listing::{UIDS_MAX, set};
use super::session::{LITERAL_BYTES_MAX, Session};
use crate::{Activation, After, Body, Fetched, Step};

/// Recorded messages of one folder that are still as they were.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    untreated: BTreeSet<u32>,
    /// Those copied to their new folder already; they only have to go from the old one.
    copied: BTreeSet<u32>,
}

/// The UIDs of the messages that may be touched once they are recorded: neither what lay there
/// before the activation, nor what was too large to be fetched, for the server has its only copy.
pub(super) fn ours(batch: &[Fetched], activation: Option<Activation>) -> Vec<u32> {
    let uid = |fetched: &Fetched| {
        let received = fetched.received.unwrap_or_else(engine::now);
        let history =
            activation.is_some_and(|activation| activation.is_history(&fetched.mark, received));
        match (&fetched.mark, &fetched.body) {
            (Mark::Imap { uid, .. }, Body::Raw(_)) if !history => Some(*uid),
            _ => None,
        }
    };
    batch.iter().filter_map(uid).collect()
}

impl Recorded {
    pub(super) fn add(&mut self, uids: Vec<u32>) {
        self.untreated.extend(uids);
    }

    /// Does with all of them what `after` says; what was refused is tried again by the next call.
    pub(super) async fn treat(
        &mut self,
        session: &mut Session,
        after: &After,
    ) -> Result<(), ImapError> {
        match after {
            After::Nothing => Ok(()),
            After::Seen => {
                while let Some(uids) = first(&self.untreated) {
                    demand(session, &format!("UID STORE {} +FLAGS.SILENT (\\Seen)", set(&uids)))
                        .await?;
                    forget(&mut self.untreated, &uids);
                }
                Ok(())
            }
            After::Move { folder } if session.can("MOVE") => {
                while let Some(uids) = first(&self.untreated) {
                    transfer(session, "MOVE", &uids, folder).await?;
                    forget(&mut self.untreated, &uids);
                }
                // A connection to a server without MOVE may have left some behind.
                match self.copied.is_empty() {
                    true => Ok(()),
                    false => remove(session, &mut self.copied).await,
                }
            }
            After::Move { folder } => {
                demand_uidplus(session, "MOVE and no UIDPLUS")?;
                while let Some(uids) = first(&self.untreated) {
                    transfer(session, "COPY", &uids, folder).await?;
                    forget(&mut self.untreated, &uids);
                    self.copied.extend(uids);
                }
                remove(session, &mut self.copied).await
            }
            After::Delete => remove(session, &mut self.untreated).await,
        }
    }
}

/// Copies (RFC 3501 section 6.4.7) or moves (RFC 6851).
async fn transfer(
    session: &mut Session,
    verb: &str,
    uids: &[u32],
    name: &str,
) -> Result<(), ImapError> {
    let quoted = folder::quoted(&folder::encoded(name))
        .ok_or(ImapError::Unsendable { what: "folder in `move_to`" })?;
    let command = format!("UID {verb} {} {quoted}", set(uids));
    demand(session, &command).await.map_err(|error| match error {
        ImapError::Refused { text, .. } => ImapError::NotMoved { folder: name.to_owned(), text },
        other => other,
    })
}

/// Deletes exactly these messages (RFC 4315 section 2.1).
async fn remove(session: &mut Session, uids: &mut BTreeSet<u32>) -> Result<(), ImapError> {
    demand_uidplus(session, "UIDPLUS")?;
    while let Some(part) = first(uids) {
        let named = set(&part);
        demand(session, &format!("UID STORE {named} +FLAGS.SILENT (\\Deleted)")).await?;
        demand(session, &format!("UID EXPUNGE {named}")).await?;
        forget(uids, &part);
    }
    Ok(())
}

fn demand_uidplus(session: &Session, needed: &'static str) -> Result<(), ImapError> {
    match session.can("UIDPLUS") {
        true => Ok(()),
        false => Err(ImapError::AfterUnsupported { needed }),
    }
}

async fn demand(session: &mut Session, command: &str) -> Result<(), ImapError> {
    let completion = session.run(Step::After, command, LITERAL_BYTES_MAX, |_| {}).await?;
    completion.demand_ok(Step::After)
}

/// The lowest UIDs, as many as fit into a command; `None` where there are none.
fn first(uids: &BTreeSet<u32>) -> Option<Vec<u32>> {
    let part: Vec<u32> = uids.iter().copied().take(UIDS_MAX).collect();
    (!part.is_empty()).then_some(part)
}

fn forget(uids: &mut BTreeSet<u32>, done: &[u32]) {
    for uid in done {
        uids.remove(uid);
    }
}
