//! What lies in a mailbox now, looked at without changing anything.

use std::collections::BTreeMap;

use event::{Mark, Timestamp};

use crate::{Account, ImapError, MaildirError, Pop3Error, imap, maildir, pop3};

/// A message that lies in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    /// Its place.
    pub mark: Mark,
    /// When it was received, where every listing tells.
    pub received: Option<Timestamp>,
    /// Whether it lies where only mail lies that was not taken yet; not all mailboxes tell.
    pub is_new: bool,
}

/// What a mailbox tells of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// When it was received.
    pub received: Option<Timestamp>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// Why a mailbox cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum CensusError {
    /// By IMAP.
    #[error(transparent)]
    Imap(#[from] ImapError),
    /// By POP3.
    #[error(transparent)]
    Pop3(#[from] Pop3Error),
    /// As a Maildir.
    #[error(transparent)]
    Maildir(#[from] MaildirError),
}

/// Every message of a mailbox; of a POP3 mailbox, in the order of the server.
pub async fn census(account: &Account) -> Result<Vec<Present>, CensusError> {
    Ok(match account {
        Account::Imap(account) => imap::census(account).await?,
        Account::Pop3(account) => pop3::census(account).await?,
        Account::Maildir(account) => maildir::census(account).await?,
    })
}

/// What the mailbox tells of these messages; those that are gone meanwhile are left out.
pub async fn details(
    account: &Account,
    marks: &[Mark],
) -> Result<BTreeMap<Mark, Details>, CensusError> {
    Ok(match account {
        Account::Imap(account) => imap::details(account, marks).await?,
        Account::Pop3(account) => pop3::details(account, marks).await?,
        Account::Maildir(account) => maildir::details(account, marks).await?,
    })
}
