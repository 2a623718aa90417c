//! A mailbox that is stopped in the middle of its work: what it took is done with, the rest is left.

use std::fs;

use gateway::{After, ImapAccount, MaildirAccount, Pop3Account, Pop3After, deliver};

use crate::after::{by_hand, counts};
use crate::memory::{Memory, Running};
use crate::peer::dovecot;

/// More than two batches.
const COUNT: usize = 1_000;

#[tokio::test]
async fn what_was_fetched_by_imap_is_recorded_and_moved() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    by_hand(peer, &user, &["CREATE Done"]);
    peer.fill(&user, COUNT, "hello");
    let after = After::Move { folder: "Done".to_owned() };
    let account = ImapAccount { after, ..peer.imap(&user) };
    let running = Running::imap(account.clone(), &Memory::activated());
    let taken = running.stop_at_first_take().await.len();
    assert!(0 < taken && taken < COUNT, "{taken}");
    let moved = counts(peer, &user, "Done").0;
    let left = counts(peer, &user, "INBOX").0;
    assert_eq!((moved as usize, left as usize), (taken, COUNT - taken));
    // Whoever goes on has the rest, and nothing twice.
    let running = Running::imap(account, &Memory::activated());
    running.healthy().await;
    assert_eq!(running.inbox.taken().len(), COUNT - taken);
    assert_eq!(counts(peer, &user, "Done").0 as usize, COUNT);
    running.stop().await;
}

#[tokio::test]
async fn what_was_fetched_by_pop3_is_recorded_and_deleted() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, COUNT, "hello");
    let account = Pop3Account { after: Pop3After::Delete, ..peer.pop3(&user) };
    let running = Running::pop3(account, &Memory::activated());
    let taken = running.stop_at_first_take().await.len();
    assert!(0 < taken && taken < COUNT, "{taken}");
    assert_eq!(counts(peer, &user, "INBOX").0 as usize, COUNT - taken);
}

#[tokio::test]
async fn what_was_read_of_a_maildir_is_recorded_and_marked_as_taken() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..COUNT {
        deliver(folder.path(), &format!("{number:04}.x"), b"mail").unwrap();
    }
    let path = folder.path().to_owned();
    let poll = std::time::Duration::from_millis(20);
    let account = MaildirAccount { path, poll, message_bytes_max: 1_000 };
    let running = Running::maildir(account, &Memory::activated());
    let taken = running.stop_at_first_take().await.len();
    assert!(0 < taken && taken < COUNT, "{taken}");
    let count = |name: &str| fs::read_dir(folder.path().join(name)).unwrap().count();
    assert_eq!((count("cur"), count("new")), (taken, COUNT - taken));
}
