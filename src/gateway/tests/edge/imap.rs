//! IMAP against a real Dovecot.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use gateway::{
    Body, HealthState, History, ImapAccount, ImapTimeouts, Login, Secret, Security, Trust,
};

use crate::memory::{Memory, Running, text, uid};
use crate::peer::{User, dovecot};
use crate::proxy::Proxy;

/// Fetches until `count` messages are there, and checks that each came once and in order.
async fn all_once(account: ImapAccount, count: u32) -> Running {
    let running = Running::imap(account, &Memory::activated());
    let taken = running.taken(count as usize).await;
    running.healthy().await;
    let uids: Vec<u32> = taken.iter().map(uid).collect();
    assert_eq!(uids, (1..=count).collect::<Vec<_>>());
    assert!(taken.iter().all(|fetched| fetched.received.is_some()));
    running
}

#[tokio::test]
async fn every_kind_of_protection_works() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 3, "hello");
    let cases = [
        (Security::PlainLoopback, "IMAP", "127.0.0.1"),
        (Security::StartTls, "IMAP", "localhost"),
        (Security::Tls, "IMAPS", "localhost"),
        (Security::Tls, "IMAPS", "127.0.0.1"),
    ];
    for (security, port, host) in cases {
        let mut account = peer.imap(&user);
        account.security = security;
        account.port = peer.port(port);
        account.host = host.to_owned();
        let running = all_once(account, 3).await;
        assert!(running.inbox.bodies()[0].ends_with("hello\r\n"));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_certificate_is_refused() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    let other_name = Ipv4Addr::new(127, 0, 0, 2);
    for security in [Security::Tls, Security::StartTls] {
        let port = peer.port(if security == Security::Tls { "IMAPS" } else { "IMAP" });
        let strange =
            ImapAccount { security, port, trust: Trust::load(None).unwrap(), ..peer.imap(&user) };
        let misnamed = ImapAccount {
            security,
            host: other_name.to_string(),
            port: Proxy::start(other_name, port, |_| None).await.port,
            ..peer.imap(&user)
        };
        for account in [strange, misnamed] {
            let running = Running::imap(account, &Memory::activated());
            let message = running.failure().await;
            assert!(message.contains("is not accepted"), "{message}");
            running.stop().await;
        }
    }
}

#[tokio::test]
async fn a_refused_login_and_a_missing_folder_are_named() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    let wrong = ImapAccount { login: Login::Password(Secret::new("wr\"ong")), ..peer.imap(&user) };
    let running = Running::imap(wrong, &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains(&format!("refused the login of {}", user.address)), "{message}");
    assert!(!message.contains("wr\"ong"));
    running.stop().await;
    let missing = ImapAccount { folder: "Entwürfe & mehr".to_owned(), ..peer.imap(&user) };
    let running = Running::imap(missing, &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("the folder Entwürfe & mehr cannot be opened"), "{message}");
    running.stop().await;
}

#[tokio::test]
async fn case_007_a_cut_in_the_middle_of_a_fetch_loses_nothing() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 450, &"x".repeat(2_000));
    // The first connection is cut after some 50 messages, the second after some 250.
    let limits = [Some(100_000), Some(550_000), None];
    let limit = move |number| limits[usize::try_from(number).unwrap().min(2)];
    let mut account = peer.imap(&user);
    account.port = Proxy::start(Ipv4Addr::LOCALHOST, account.port, limit).await.port;
    let running = Running::imap(account.clone(), &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("the connection was cut while fetching"), "{message}");
    assert!(running.inbox.taken().is_empty());
    running.taken(200).await;
    running.taken(450).await;
    running.stop().await;
    account.port = peer.port("IMAP");
    all_once(account, 450).await.stop().await;
}

#[tokio::test]
async fn idle_wakes_at_new_mail() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    let account = ImapAccount {
        idle: true,
        // Neither can be what finds the mail.
        poll: Duration::from_secs(3_600),
        timeouts: ImapTimeouts { idle_renew: Duration::from_secs(1_000), ..Default::default() },
        ..peer.imap(&user)
    };
    let running = Running::imap(account, &Memory::activated());
    running.healthy().await;
    for number in 1..=3 {
        peer.deliver(&user, &format!("number {number}"));
        let taken = running.taken(number).await;
        assert!(text(&taken[number - 1]).contains(&format!("Subject: number {number}")));
    }
    running.stop().await;
}

#[tokio::test]
async fn polling_and_renewed_idle_find_new_mail() {
    let Some(peer) = dovecot() else { return };
    for idle in [false, true] {
        let user = peer.user();
        let timeouts = ImapTimeouts { idle_renew: Duration::from_millis(50), ..Default::default() };
        let account = ImapAccount { idle, timeouts, ..peer.imap(&user) };
        let running = Running::imap(account, &Memory::activated());
        running.healthy().await;
        for number in 1..=3 {
            // Enough for several rounds without news.
            tokio::time::sleep(Duration::from_millis(120)).await;
            peer.deliver(&user, "news");
            running.taken(number).await;
        }
        assert_eq!(running.health.get().state, HealthState::Ok);
        running.stop().await;
    }
}

#[tokio::test]
async fn case_018_history_stays_history() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 5, "old");
    let account = ImapAccount { history: History::FromNow, ..peer.imap(&user) };
    let memory = std::sync::Arc::new(Memory::default());
    let running = Running::imap(account.clone(), &memory);
    running.healthy().await;
    assert_eq!(memory.activation().unwrap().uid, 5);
    peer.deliver(&user, "new");
    assert_eq!(running.taken(1).await.iter().map(uid).collect::<Vec<_>>(), [6]);
    running.stop().await;
    // The second start knows how far the first one came.
    peer.deliver(&user, "newer");
    let running = Running::imap(account, &memory);
    assert_eq!(running.taken(2).await.iter().map(uid).collect::<Vec<_>>(), [6, 7]);
    running.stop().await;
}

#[tokio::test]
async fn a_renumbered_folder_is_looked_at_again() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 3, "hello");
    let memory = Memory::activated();
    let running = Running::imap(peer.imap(&user), &memory);
    running.taken(3).await;
    peer.run("uidvalidity", &[&user.address], b"");
    let taken = running.taken(6).await;
    let marks = taken.iter().map(|fetched| fetched.mark.to_string()).collect::<Vec<_>>();
    assert_ne!(marks[..3], marks[3..]);
    assert_eq!(memory.bodies()[..3], memory.bodies()[3..]);
    running.stop().await;
}

#[tokio::test]
async fn a_failing_inbox_is_offered_the_same_mail_again() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 250, "hello");
    let memory = Memory::activated();
    memory.fail_next(1);
    let running = Running::imap(peer.imap(&user), &memory);
    let message = running.failure().await;
    assert!(message.contains("the disk is full"), "{message}");
    assert_eq!(running.health.get().backlog, Some(250));
    let taken = running.taken(250).await;
    let uids: Vec<u32> = taken.iter().map(uid).collect();
    assert_eq!(uids, (1..=250).collect::<Vec<_>>());
    running.healthy().await;
    assert_eq!(running.health.get().backlog, Some(0));
    running.stop().await;
}

#[tokio::test]
async fn case_001_mail_seen_or_deleted_by_others_is_no_obstacle() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 2, "hello");
    seen_by_another_client(&user);
    peer.deliver(&user, "third");
    all_once(peer.imap(&user), 3).await.stop().await;
    let still_new = |name: &str| user.maildir.join(name).read_dir().unwrap().count();
    assert_eq!(still_new("new") + still_new("cur"), 3);
}

fn seen_by_another_client(user: &User) {
    for entry in user.maildir.join("new").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{}:2,S", path.file_name().unwrap().to_str().unwrap());
        std::fs::rename(&path, user.maildir.join("cur").join(name)).unwrap();
    }
}

#[tokio::test]
async fn case_004_messages_that_vanish_while_they_are_fetched_are_left_out() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 1_000, &"x".repeat(1_000));
    let memory = Memory::activated();
    let maildir = user.maildir.clone();
    // The first batch is taken while the second is fetched, so these are listed only.
    memory.at_first_take(move || remove(&maildir, |number| number >= 500 && number % 7 == 0));
    let running = Running::imap(peer.imap(&user), &memory);
    running.taken(1_000 - (500..1_000).filter(|number| number % 7 == 0).count()).await;
    running.healthy().await;
    let bodies = memory.bodies().concat();
    for number in 0..1_000 {
        let there = bodies.contains(&format!("<fill-{number}."));
        assert_eq!(there, number < 500 || number % 7 != 0, "{number}");
    }
    running.stop().await;
}

/// Removes the files of the filled messages with these numbers.
fn remove(maildir: &Path, gone: impl Fn(u32) -> bool) {
    for folder in ["new", "cur"] {
        for entry in maildir.join(folder).read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let digits = name.split_once(".M").and_then(|(_, rest)| rest.split_once('P'));
            if gone(digits.unwrap().0.parse().unwrap()) {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}

/// A line of this process's own memory, in KiB.
fn memory_kib(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_large_message_comes_in_parts_and_of_an_oversize_one_the_header() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 1, "first");
    let large = large_message(50 << 20);
    put(&user, "1000000000.M1P1.large", &large);
    let mut account = peer.imap(&user);
    let before = memory_kib("VmRSS");
    let measured = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let running = Running::imap(account.clone(), &Memory::activated());
    let taken = running.taken(2).await;
    let peak = memory_kib("VmHWM");
    running.stop().await;
    let Body::Raw(raw) = &taken[0].body else { panic!("{:?}", taken[0].mark) };
    assert!(raw == &large, "{} of {} bytes", raw.len(), large.len());
    assert!(taken[0].received.is_some());
    if measured {
        // Once as a whole; parts, buffers and the other tests share the rest.
        assert!(peak < before + 80 * 1024, "{before} KiB before, {peak} KiB at most");
    }
    account.message_bytes_max = 10 << 20;
    let running = Running::imap(account, &Memory::activated());
    let taken = running.taken(2).await;
    let size = large.len() as u64;
    let header = Bytes::from_static(b"Subject: large\r\n\r\n");
    assert_eq!(taken[0].body, Body::Oversize { size, size_max: 10 << 20, header });
    assert!(taken[0].received.is_some());
    assert!(text(&taken[1]).ends_with("first\r\n"));
    running.stop().await;
}

fn large_message(bytes: usize) -> Vec<u8> {
    let mut message = b"Subject: large\r\n\r\n".to_vec();
    for number in 0u64.. {
        if message.len() >= bytes {
            break;
        }
        message.extend_from_slice(format!("{number:076}\r\n").as_bytes());
    }
    message
}

fn put(user: &User, name: &str, message: &[u8]) {
    std::fs::write(user.maildir.join("new").join(name), message).unwrap();
}

#[tokio::test]
async fn a_connection_that_is_cut_while_waiting_is_made_again() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 1, "hello");
    for idle in [true, false] {
        let account = ImapAccount { idle, ..peer.imap(&user) };
        let proxy = Proxy::start(Ipv4Addr::LOCALHOST, account.port, |_| None).await;
        let account = ImapAccount { port: proxy.port, ..account };
        let running = Running::imap(account, &Memory::activated());
        running.healthy().await;
        let before = running.inbox.taken().len();
        proxy.cut();
        let message = running.failure().await;
        assert!(message.contains("the connection was cut while"), "{message}");
        peer.deliver(&user, "after the cut");
        running.taken(before + 1).await;
        running.healthy().await;
        running.stop().await;
    }
}
