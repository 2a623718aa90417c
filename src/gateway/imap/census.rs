//! What lies in a folder, whether it was fetched or not.

use std::collections::BTreeMap;

use event::Mark;

use super::error::ImapError;
use super::fetch::{UIDS_MAX, attributes, set};
use super::login::{self, Folder};
use super::session::Session;
use crate::{After, Details, ImapAccount, Present, Step};

/// Every message of the folder.
pub(crate) async fn census(account: &ImapAccount) -> Result<Vec<Present>, ImapError> {
    let (mut session, Folder { uid_validity, .. }) = opened(account).await?;
    let found = attributes(&mut session, Step::List, "1:*", "UID").await?;
    let present = |uid| Present { mark: Mark::Imap { uid_validity, uid }, is_new: false };
    Ok(found.into_keys().map(present).collect())
}

/// When messages of the folder were received, and how large they are.
pub(crate) async fn details(
    account: &ImapAccount,
    marks: &[Mark],
) -> Result<BTreeMap<Mark, Details>, ImapError> {
    let (mut session, Folder { uid_validity, .. }) = opened(account).await?;
    let uid = |mark: &Mark| match mark {
        Mark::Imap { uid_validity: theirs, uid } if *theirs == uid_validity => Some(*uid),
        Mark::Imap { .. } | Mark::Maildir { .. } | Mark::Pop3 { .. } => None,
    };
    let uids: Vec<u32> = marks.iter().filter_map(uid).collect();
    let mut found = BTreeMap::new();
    for part in uids.chunks(UIDS_MAX) {
        let items = "UID INTERNALDATE RFC822.SIZE";
        let told = attributes(&mut session, Step::List, &set(part), items).await?;
        found.extend(told.into_iter().map(|(uid, told)| {
            let details = Details { received: told.received(), size: told.size };
            (Mark::Imap { uid_validity, uid }, details)
        }));
    }
    Ok(found)
}

/// The folder, opened for reading only whatever happens to recorded mail.
async fn opened(account: &ImapAccount) -> Result<(Session, Folder), ImapError> {
    let account = ImapAccount { after: After::Nothing, ..account.clone() };
    let mut session = login::login(&account).await?;
    let folder = login::open(&mut session, &account).await?;
    Ok((session, folder))
}
