//! POP3 against a real Dovecot.

use std::net::Ipv4Addr;

use event::Mark;
use gateway::{Account, Login, Pop3Account, Secret, Security, Trust, census};

use crate::memory::{Memory, Running, uidl};
use crate::peer::dovecot;
use crate::proxy::Proxy;

#[tokio::test]
async fn every_kind_of_protection_works_for_pop3() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 3, ".\r\n..\r\nhello");
    let cases = [
        (Security::PlainLoopback, "POP3", "127.0.0.1"),
        (Security::StartTls, "POP3", "localhost"),
        (Security::Tls, "POP3S", "localhost"),
        (Security::Tls, "POP3S", "127.0.0.1"),
    ];
    for (security, port, host) in cases {
        let mut account = peer.pop3(&user);
        account.security = security;
        account.port = peer.port(port);
        account.host = host.to_owned();
        let running = Running::pop3(account.clone(), &Memory::activated());
        let taken = running.taken(3).await;
        running.healthy().await;
        assert!(running.inbox.bodies()[0].ends_with("\r\n\r\n.\r\n..\r\nhello\r\n"));
        running.stop().await;
        let marks: Vec<Mark> = taken.into_iter().map(|fetched| fetched.mark).collect();
        let present = census(&Account::Pop3(account)).await.unwrap();
        let present: Vec<Mark> = present.into_iter().map(|present| present.mark).collect();
        assert_eq!(present, marks);
    }
}

#[tokio::test]
async fn a_wrong_certificate_is_refused_by_pop3() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    let other_name = Ipv4Addr::new(127, 0, 0, 2);
    for security in [Security::Tls, Security::StartTls] {
        let port = peer.port(if security == Security::Tls { "POP3S" } else { "POP3" });
        let strange =
            Pop3Account { security, port, trust: Trust::load(None).unwrap(), ..peer.pop3(&user) };
        let misnamed = Pop3Account {
            security,
            host: other_name.to_string(),
            port: Proxy::start(other_name, port, |_| None).await.port,
            ..peer.pop3(&user)
        };
        for account in [strange, misnamed] {
            let running = Running::pop3(account, &Memory::activated());
            let message = running.failure().await;
            assert!(message.contains("is not accepted"), "{message}");
            running.stop().await;
        }
    }
}

#[tokio::test]
async fn mail_that_is_left_on_a_pop3_server_comes_once() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 450, "hello");
    let inbox = Memory::activated();
    let running = Running::pop3(peer.pop3(&user), &inbox);
    running.taken(450).await;
    running.stop().await;
    let running = Running::pop3(peer.pop3(&user), &inbox);
    running.healthy().await;
    assert_eq!(running.health.get().backlog, Some(0));
    peer.deliver(&user, "new");
    let taken = running.taken(451).await;
    assert!(taken[450].received.is_some());
    running.stop().await;
    let mut uidls: Vec<String> = taken.iter().map(uidl).collect();
    uidls.sort();
    uidls.dedup();
    assert_eq!(uidls.len(), 451);
}

#[tokio::test]
async fn a_refused_pop3_login_is_named() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    let wrong = Pop3Account { login: Login::Password(Secret::new("wrong")), ..peer.pop3(&user) };
    let running = Running::pop3(wrong, &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("refused the login of"), "{message}");
    running.stop().await;
}
