//! Hard cases of fetching by IMAP, against a real Dovecot.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gateway::{Account, After, History, ImapAccount};

use crate::memory::{Memory, Running, uid};
use crate::peer::{User, dovecot};
use crate::proxy::Proxy;

fn messages(user: &User) -> usize {
    let count = |name: &str| user.maildir.join(name).read_dir().unwrap().count();
    count("new") + count("cur")
}

#[tokio::test]
async fn case_019_a_first_connection_that_fails_half_way_deletes_nothing() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 20, &"x".repeat(2_000));
    for history in [History::FromNow, History::All] {
        let account = ImapAccount { after: After::Delete, history, ..peer.imap(&user) };
        // The log takes nothing, neither the activation nor a mail.
        let memory = Arc::new(Memory::default());
        memory.fail_next(1_000_000);
        let running = Running::imap(account.clone(), &memory);
        running.failure().await;
        running.stop().await;
        // The connection breaks again and again before the first message is there.
        let port = Proxy::start(Ipv4Addr::LOCALHOST, account.port, |_| Some(600)).await.port;
        let running = Running::imap(ImapAccount { port, ..account }, &Arc::new(Memory::default()));
        running.failure().await;
        running.stop().await;
        assert_eq!(messages(&user), 20);
    }
}

#[tokio::test]
async fn case_024_what_cannot_be_recorded_is_not_deleted() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 20, "hello");
    let account = ImapAccount { after: After::Delete, ..peer.imap(&user) };
    let memory = Memory::activated();
    memory.fail_next(1_000_000);
    let running = Running::imap(account.clone(), &memory);
    let message = running.failure().await;
    assert!(message.contains("the disk is full"), "{message}");
    assert_eq!((messages(&user), running.health.get().backlog), (20, Some(20)));
    memory.fail_next(0);
    running.taken(20).await;
    running.healthy().await;
    assert_eq!(messages(&user), 0);
    running.stop().await;
}

#[tokio::test]
async fn case_023_after_a_blip_the_server_is_not_hammered() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 1, "hello");
    let connections = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&connections);
    let account = peer.imap(&user);
    let proxy = Proxy::start(Ipv4Addr::LOCALHOST, account.port, move |number| {
        counted.fetch_add(1, Ordering::SeqCst);
        (number < 2).then_some(0)
    });
    let port = proxy.await.port;
    let running = Running::imap(ImapAccount { port, ..account }, &Memory::activated());
    running.taken(1).await;
    running.healthy().await;
    // One for each failure, with a pause in between, and the one that works.
    assert_eq!(connections.load(Ordering::SeqCst), 3);
    running.stop().await;
}

const MANY: u32 = 50_000;

/// Puts one message there so many times; its name tells its size, so that no file has to be read.
fn fill_quickly(user: &User, count: u32) {
    let cur = user.maildir.join("cur");
    std::fs::create_dir_all(&cur).unwrap();
    let message = b"Subject: old\r\n\r\nlong ago\r\n";
    let size = message.len();
    let first = cur.join(name(0, size));
    std::fs::write(&first, message).unwrap();
    chown_like(&user.maildir, &first);
    for number in 1..count {
        std::fs::hard_link(&first, cur.join(name(number, size))).unwrap();
    }
}

fn name(number: u32, size: usize) -> String {
    format!("1000000000.M{number:06}P1.old,S={size},W={size}:2,S")
}

fn chown_like(folder: &Path, file: &Path) {
    use std::os::unix::fs::MetadataExt;
    let owner = std::fs::metadata(folder).unwrap();
    std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid())).unwrap();
}

#[tokio::test]
async fn case_018_fifty_thousand_old_messages_are_listed_and_not_fetched() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 1, "the first");
    fill_quickly(&user, MANY);
    let account = ImapAccount { history: History::FromNow, ..peer.imap(&user) };
    let memory = Arc::new(Memory::default());
    let running = Running::imap(account.clone(), &memory);
    running.healthy().await;
    assert_eq!(memory.activation().unwrap().uid, MANY + 1);
    assert_eq!((memory.taken().len(), running.health.get().backlog), (0, Some(0)));
    peer.deliver(&user, "new");
    assert_eq!(running.taken(1).await.iter().map(uid).collect::<Vec<_>>(), [MANY + 2]);
    running.stop().await;
    let present = gateway::census(&Account::Imap(account)).await.unwrap();
    assert_eq!(present.len(), MANY as usize + 2);
}

#[tokio::test]
async fn fifty_thousand_messages_come_when_they_are_wanted() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 1, "the first");
    fill_quickly(&user, MANY);
    let running = Running::imap(peer.imap(&user), &Memory::activated());
    let taken = running.taken(MANY as usize + 1).await;
    assert!(taken.iter().map(uid).eq(1..=MANY + 1));
    running.stop().await;
}
