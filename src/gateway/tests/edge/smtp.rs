//! SMTP against a real Postfix.

use std::future::ready;
use std::time::Duration;

use event::{OutgoingId, Position};
use gateway::{
    Envelope, Login, RecipientOutcome, Secret, Security, SendOutcome, SmtpAccount, SmtpSender,
    SmtpTimeouts, Target, Trust,
};

use crate::hostile_smtp::envelope;
use crate::memory::{Memory, Running};
use crate::peer::{Peer, User, postfix};

fn submission(peer: &Peer, user: &User) -> SmtpAccount {
    SmtpAccount {
        host: "localhost".to_owned(),
        port: peer.port("SUBM"),
        security: Security::StartTls,
        credentials: Some((user.address.clone(), Login::Password(Secret::new("pw")))),
        hello_name: "postbook.test".to_owned(),
        timeouts: SmtpTimeouts::default(),
        trust: peer.trust(),
    }
}

#[tokio::test]
async fn mail_goes_out_under_every_kind_of_protection() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let start_tls = submission(peer, &user);
    let tls =
        SmtpAccount { security: Security::Tls, port: peer.port("SMTPS"), ..start_tls.clone() };
    let plain = SmtpAccount {
        security: Security::PlainLoopback,
        port: peer.port("SMTP"),
        credentials: None,
        ..start_tls.clone()
    };
    let accounts = [start_tls, tls, plain];
    for (number, account) in accounts.into_iter().enumerate() {
        let mut target = Target::Smtp(SmtpSender::new(account));
        for turn in 0..3 {
            let mail = format!("Subject: {number}.{turn} \u{fc}ber\n\n.dots\n..\n.\nend\n");
            let outcome =
                target.send_when(ready(()), &envelope(&user.address), mail.as_bytes(), "x").await;
            assert_eq!(outcome, SendOutcome::Sent, "{number}");
        }
    }
    let running = Running::imap(peer.imap(&user), &Memory::activated());
    running.taken(9).await;
    let bodies = running.inbox.bodies();
    running.stop().await;
    for subject in ["0.0", "0.2", "1.1", "2.2"] {
        let subject = format!("Subject: {subject} \u{fc}ber\r\n");
        let body = bodies.iter().find(|body| body.contains(&subject)).expect("it arrived");
        assert!(body.ends_with("\r\n\r\n.dots\r\n..\r\n.\r\nend\r\n"), "{body}");
    }
}

#[tokio::test]
async fn postfix_defers_and_refuses() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let mut sender = SmtpSender::new(submission(peer, &user));
    let cases = [
        ("grey@customer.test", 450, "greylisted"),
        ("full@customer.test", 452, "mailbox full"),
        ("refuse@customer.test", 554, "not wanted here"),
        ("drop421@customer.test", 421, "closing"),
        ("nouser@customer.test", 550, "unknown"),
    ];
    for (to, expected, words) in cases {
        let outcome = sender.send(&envelope(to), b"Subject: x\r\n\r\nx\r\n").await.summary();
        let (code, text) = match outcome {
            SendOutcome::Deferred { code, text } if expected < 500 => (code, text),
            SendOutcome::Refused { code, text } if expected >= 500 => (code, text),
            other => panic!("{to}: {other:?}"),
        };
        assert_eq!(code, expected, "{text}");
        assert!(text.contains(words), "{text}");
    }
    let outcome = sender.send(&envelope(&user.address), b"Subject: x\r\n\r\nx\r\n").await.summary();
    assert_eq!(outcome, SendOutcome::Sent);
}

#[tokio::test]
async fn a_wrong_password_or_certificate_defers_and_says_so() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let right = submission(peer, &user);
    let wrong_password = SmtpAccount {
        credentials: Some((user.address.clone(), Login::Password(Secret::new("wrong")))),
        ..right.clone()
    };
    let strange = SmtpAccount { trust: Trust::load(None).unwrap(), ..right.clone() };
    let no_login = SmtpAccount { credentials: None, ..right };
    let cases = [
        (wrong_password, "refused the login"),
        (strange, "is not accepted"),
        (no_login, "Access denied"),
    ];
    for (account, expected) in cases {
        let mut sender = SmtpSender::new(account);
        let outcome =
            sender.send(&envelope(&user.address), b"Subject: x\r\n\r\nx\r\n").await.summary();
        let text = match outcome {
            SendOutcome::Deferred { code: 0, text } => text,
            // Postfix words a missing login as a refused recipient.
            SendOutcome::Refused { code: 554, text } => text,
            other => panic!("{other:?}"),
        };
        assert!(text.contains(expected), "{text}");
    }
}

#[tokio::test]
async fn case_097_a_refused_recipient_is_told_at_once_and_stops_no_other() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let mut sender = SmtpSender::new(submission(peer, &user));
    let mut all = envelope("nouser@customer.test");
    for to in ["grey@customer.test", &user.address] {
        all.to.push(to.parse().unwrap());
    }
    let report = sender.send(&all, b"Subject: for whom it may\r\n\r\nx\r\n").await;
    let outcomes: Vec<_> = report.recipients.iter().map(|(_, outcome)| outcome).collect();
    assert!(matches!(outcomes[0], RecipientOutcome::Refused { code: 550, .. }), "{report:?}");
    assert!(matches!(outcomes[1], RecipientOutcome::Deferred { code: 450, .. }), "{report:?}");
    assert_eq!(outcomes[2], &RecipientOutcome::Taken);
    assert!(matches!(report.summary(), SendOutcome::Deferred { code: 450, .. }));
    let running = Running::imap(peer.imap(&user), &Memory::activated());
    running.taken(1).await;
    let bodies = running.inbox.bodies();
    running.stop().await;
    assert!(bodies[0].contains("for whom it may"), "{bodies:?}");
}

/// Bodies that something on the way might change, and what is to arrive.
fn delicate() -> Vec<(Vec<u8>, Vec<u8>)> {
    let same = |text: &str| (text.as_bytes().to_vec(), text.as_bytes().to_vec());
    let mut bodies = vec![
        same(".\r\n..\r\n...\r\n.a\r\n\r\n.\r\n"),
        same("\r\n\r\n\r\n"),
        same("From jo\r\n>From jo\r\n--\r\n-- \r\n \t \r\n\tx \r\n"),
        same(&format!("{}\r\n", "x".repeat(990))),
        (b".a\n.\n.\rMAIL FROM:<x@y>\n.\r\n\xfc\xff\n".to_vec(), {
            b".a\r\n.\r\n.\r\nMAIL FROM:<x@y>\r\n.\r\n\xfc\xff\r\n".to_vec()
        }),
        (b"no end".to_vec(), b"no end\r\n".to_vec()),
    ];
    // More than is written at once, so that some line of dots begins at each place of a border.
    bodies
        .extend((0..5).map(|start| same(&("x".repeat(start) + &"\r\n..".repeat(40_000) + "\r\n"))));
    bodies
}

#[tokio::test]
async fn bytes_arrive_as_they_are_but_for_line_ends() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let mut sender = SmtpSender::new(submission(peer, &user));
    let bodies = delicate();
    for (number, (body, _)) in bodies.iter().enumerate() {
        let mail = [format!("Subject: {number}\r\n\r\n").as_bytes(), body].concat();
        let outcome = sender.send(&envelope(&user.address), &mail).await.summary();
        assert_eq!(outcome, SendOutcome::Sent, "{number}");
    }
    let running = Running::imap(peer.imap(&user), &Memory::activated());
    running.taken(bodies.len()).await;
    let arrived = running.inbox.raw_bodies();
    running.stop().await;
    for (number, (_, expected)) in bodies.iter().enumerate() {
        let subject = format!("Subject: {number}\r\n");
        // Postfix completes the header.
        let body = arrived.iter().find_map(|mail| {
            let end = mail.windows(4).position(|end| end == b"\r\n\r\n")?;
            String::from_utf8_lossy(&mail[..end + 2]).contains(&subject).then(|| &mail[end + 4..])
        });
        assert!(body.is_some_and(|body| body == expected), "{number}");
    }
}

#[tokio::test]
async fn a_mail_beyond_the_servers_limit_is_refused_at_once() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let mut sender = SmtpSender::new(submission(peer, &user));
    let mail = vec![b'x'; 101 << 20];
    let outcome = sender.send(&envelope(&user.address), &mail).await.summary();
    let SendOutcome::TooLarge { code: 0, text } = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("104857600 are allowed"), "{text}");
    let outcome = sender.send(&envelope(&user.address), b"Subject: x\r\n\r\nx\r\n").await.summary();
    assert_eq!(outcome, SendOutcome::Sent);
}

#[tokio::test]
async fn a_report_names_the_mail_and_its_recipient_and_has_no_body() {
    let Some(peer) = postfix() else { return };
    let user = peer.user();
    let mut sender = SmtpSender::new(submission(peer, &user));
    let undeliverable = Envelope {
        from: Some(user.address.parse().unwrap()),
        to: vec!["jo!x+y@customer.test".parse().unwrap()],
        id: Some(OutgoingId(Position(4711))),
    };
    let outcome = sender.send(&undeliverable, b"Subject: lost\r\n\r\nprivate words\r\n").await;
    assert_eq!(outcome.summary(), SendOutcome::Sent);
    let running = Running::imap(peer.imap(&user), &Memory::activated());
    running.taken(1).await;
    let report = running.inbox.bodies().concat();
    running.stop().await;
    assert!(report.contains("Original-Envelope-Id: 4711\r\n"), "{report}");
    assert!(report.contains("Original-Recipient: rfc822;jo!x+y@customer.test\r\n"), "{report}");
    assert!(report.contains("Subject: lost") && !report.contains("private words"), "{report}");
}

#[tokio::test]
async fn a_domain_of_any_letters_is_reached_under_its_dns_name() {
    let Some(peer) = postfix() else { return };
    let mut sender = SmtpSender::new(submission(peer, &peer.user()));
    let mail = b"Subject: umlaut\r\n\r\nx\r\n";
    let outcome = sender.send(&envelope("jo@bücher.test"), mail).await.summary();
    assert_eq!(outcome, SendOutcome::Sent);
    for _ in 0..500 {
        if peer.run("list", &["jo@xn--bcher-kva.test"], b"").contains("umlaut") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not arrive");
}
