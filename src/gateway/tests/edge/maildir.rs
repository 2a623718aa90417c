//! A Maildir as a mailbox.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use event::Mark;
use gateway::{Body, MaildirAccount, deliver};

use crate::memory::{Memory, Running, text};

fn account(path: &Path) -> MaildirAccount {
    MaildirAccount {
        path: path.to_owned(),
        poll: Duration::from_millis(20),
        message_bytes_max: 1_000,
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn new_mail_is_taken_in_order_and_moved() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..450 {
        deliver(folder.path(), &format!("{number:04}.x"), format!("mail {number}").as_bytes())
            .unwrap();
    }
    fs::write(folder.path().join("new/.hidden"), "").unwrap();
    fs::create_dir(folder.path().join("new/folder")).unwrap();
    let running = Running::maildir(account(folder.path()), &Memory::activated());
    let taken = running.taken(450).await;
    for (number, fetched) in taken.iter().enumerate() {
        assert_eq!(fetched.mark, Mark::Maildir { name: format!("{number:04}.x") });
        assert_eq!(text(fetched), format!("mail {number}"));
        assert!(fetched.received.is_some());
    }
    running.healthy().await;
    assert_eq!(names(&folder.path().join("new")), [".hidden", "folder"]);
    assert_eq!(names(&folder.path().join("cur"))[449], "0449.x:2,");
    deliver(folder.path(), "later", b"later").unwrap();
    running.taken(451).await;
    running.stop().await;
}

#[tokio::test]
async fn mail_stays_until_the_inbox_has_it() {
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path(), "one", b"mail").unwrap();
    let memory = Memory::activated();
    memory.fail_next(1);
    let running = Running::maildir(account(folder.path()), &memory);
    let message = running.failure().await;
    assert!(message.contains("the disk is full"), "{message}");
    assert_eq!(names(&folder.path().join("new")), ["one"]);
    assert_eq!(running.taken(1).await.len(), 1);
    running.healthy().await;
    running.stop().await;
    assert_eq!(names(&folder.path().join("cur")), ["one:2,"]);
}

#[tokio::test]
async fn a_folder_that_vanishes_is_reported_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    let running = Running::maildir(account(&path), &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("does not exist"), "{message}");
    deliver(&path, "one", b"mail").unwrap();
    running.taken(1).await;
    running.healthy().await;
    fs::remove_dir_all(&path).unwrap();
    running.failure().await;
    deliver(&path, "two", b"mail").unwrap();
    running.taken(2).await;
    running.stop().await;
}

#[tokio::test]
async fn of_oversize_mail_the_header_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let big = format!("Subject: big\n\n{}", "x".repeat(987));
    deliver(folder.path(), "big", big.as_bytes()).unwrap();
    deliver(folder.path(), "fits", &[b'x'; 1_000]).unwrap();
    let running = Running::maildir(account(folder.path()), &Memory::activated());
    let taken = running.taken(2).await;
    let header = Bytes::from_static(b"Subject: big\n\n");
    assert_eq!(taken[0].body, Body::Oversize { size: 1_001, size_max: 1_000, header });
    assert_eq!(text(&taken[1]).len(), 1_000);
    running.stop().await;
}
