//! What lies in a folder, whether it was fetched or not.

use std::collections::BTreeMap;

use event::Mark;

use super::error::ImapError;
use super::fetch::{self, Terms};
use super::listing::{self, Listed, UIDS_MAX, set};
use super::login::{self, Folder};
use super::response::Attributes;
use super::session::Session;
use crate::{After, Details, Fetched, ImapAccount, Present, Step};

/// Every message of the folder.
pub(crate) async fn census(account: &ImapAccount) -> Result<Vec<Present>, ImapError> {
    let (mut session, Folder { uid_validity, .. }) = opened(account).await?;
    let found = listing::told(&mut session, Step::List, "1:*", "UID INTERNALDATE").await?.found;
    let present = |(uid, told): (u32, Attributes)| Present {
        mark: Mark::Imap { uid_validity, uid },
        received: told.received(),
        is_new: false,
    };
    Ok(found.into_iter().map(present).collect())
}

/// When messages of the folder were received, and how large they are.
pub(crate) async fn details(
    account: &ImapAccount,
    marks: &[Mark],
) -> Result<BTreeMap<Mark, Details>, ImapError> {
    let (mut session, Folder { uid_validity, .. }) = opened(account).await?;
    let uids: Vec<u32> = marks.iter().filter_map(|mark| uid(mark, uid_validity)).collect();
    let mut found = BTreeMap::new();
    for part in uids.chunks(UIDS_MAX) {
        let items = "UID INTERNALDATE RFC822.SIZE";
        let told = listing::told(&mut session, Step::List, &set(part), items).await?.found;
        found.extend(told.into_iter().map(|(uid, told)| {
            let details = Details { received: told.received(), size: told.size };
            (Mark::Imap { uid_validity, uid }, details)
        }));
    }
    Ok(found)
}

/// One message, asked for anew.
pub(crate) async fn fetch_one(account: &ImapAccount, mark: &Mark) -> Result<Fetched, ImapError> {
    let (mut session, Folder { uid_validity, .. }) = opened(account).await?;
    let uid = uid(mark, uid_validity).ok_or(ImapError::Gone)?;
    let message_bytes_max = account.message_bytes_max;
    let terms = Terms { uid_validity, message_bytes_max };
    let size = listing::told(&mut session, Step::List, &uid.to_string(), "UID RFC822.SIZE").await?;
    let size = size.found.get(&uid).and_then(|told| told.size).unwrap_or_default();
    let message = [Listed { uid, size }];
    let mut harvest = fetch::fetch(&mut session, terms, &message, false).await?;
    match harvest.withheld {
        Some((uid, _)) => Err(ImapError::Withheld { uid }),
        None => harvest.messages.pop().ok_or(ImapError::Gone),
    }
}

/// The UID in this numbering.
fn uid(mark: &Mark, uid_validity: u32) -> Option<u32> {
    match mark {
        Mark::Imap { uid_validity: theirs, uid } if *theirs == uid_validity => Some(*uid),
        Mark::Imap { .. } | Mark::Maildir { .. } | Mark::Pop3 { .. } => None,
    }
}

/// The folder, opened for reading only whatever happens to recorded mail.
async fn opened(account: &ImapAccount) -> Result<(Session, Folder), ImapError> {
    let account = ImapAccount { after: After::Nothing, ..account.clone() };
    let mut session = login::login(&account).await?;
    let folder = login::open(&mut session, &account).await?;
    Ok((session, folder))
}
