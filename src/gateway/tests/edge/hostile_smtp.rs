//! SMTP servers that break, hang, lie or attack: what became of the message is never guessed.

use std::time::Duration;

use event::Address;
use gateway::{
    Envelope, Login, RecipientOutcome, Secret, Security, SendOutcome, SmtpAccount, SmtpSender,
    SmtpTimeouts, Trust,
};

use crate::script::{Server, Turn, say};

use Turn::{Content, Expect, Flood, Hang};

const MAIL: &[u8] = b"Subject: hi\r\n\r\nHello\r\n";

pub(crate) fn envelope(to: &str) -> Envelope {
    let address = |text: &str| text.parse::<Address>().unwrap();
    Envelope { from: Some(address("desk@support.test")), to: vec![address(to)], id: None }
}

pub(crate) fn account(port: u16) -> SmtpAccount {
    SmtpAccount {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::PlainLoopback,
        credentials: Some(("jo".to_owned(), Login::Password(Secret::new("hunter2")))),
        hello_name: "postbook.test".to_owned(),
        timeouts: SmtpTimeouts {
            connect: Duration::from_millis(500),
            step: Duration::from_millis(500),
            final_reply: Duration::from_millis(500),
        },
        trust: Trust::load(None).unwrap(),
    }
}

/// A server that behaves, to the first answer to the message.
fn session() -> Vec<Turn> {
    let mut script = vec![
        say("220 ready\r\n"),
        Expect("EHLO postbook.test"),
        say("250-hello\r\n250 AUTH PLAIN LOGIN\r\n"),
        Expect("EHLO postbook.test"),
        say("250 hello\r\n"),
        Expect("AUTH PLAIN"),
        say("235 welcome\r\n"),
    ];
    script.extend(transaction());
    script.push(say("250 taken\r\n"));
    script
}

fn transaction() -> Vec<Turn> {
    vec![
        Expect("MAIL FROM:<desk@support.test>\r\n"),
        say("250 ok\r\n"),
        Expect("RCPT TO:<ann@customer.test>\r\n"),
        say("250 ok\r\n"),
        Expect("DATA"),
        say("354 go\r\n"),
        Content,
    ]
}

/// The first `turns` of the session, and then something else.
fn broken(turns: usize, more: &[Turn]) -> Vec<Turn> {
    let mut script = session();
    script.truncate(turns);
    script.extend_from_slice(more);
    script
}

async fn outcome(script: Vec<Turn>) -> SendOutcome {
    let server = Server::start(vec![script]).await;
    SmtpSender::new(account(server.port)).send(&envelope("ann@customer.test"), MAIL).await.summary()
}

async fn deferred(script: Vec<Turn>, code: u16, expected: &str) {
    match outcome(script.clone()).await {
        SendOutcome::Deferred { code: found, text } => {
            assert_eq!(found, code, "{text}");
            assert!(text.contains(expected), "{text}\nexpected: {expected}");
        }
        other => panic!("{other:?}\nexpected: {expected}\n{script:?}"),
    }
}

async fn uncertain(script: Vec<Turn>) {
    match outcome(script.clone()).await {
        SendOutcome::Uncertain { text } => assert!(text.contains("no answer came"), "{text}"),
        other => panic!("{other:?}\n{script:?}"),
    }
}

/// Long lines, because lettre reads a reply again from its start with every line.
fn endless(code: &str) -> Turn {
    Flood(format!("{code}-{}\r\n", "x".repeat(900)))
}

const AFTER_LOGIN: usize = 7;
const AFTER_DATA: usize = 13;
const AFTER_CONTENT: usize = 14;

#[tokio::test]
async fn whatever_is_lost_before_the_final_dot_is_deferred() {
    for turns in 0..AFTER_CONTENT - 1 {
        if matches!(session()[turns], Turn::Say(_)) {
            deferred(broken(turns, &[]), 0, "").await;
            deferred(broken(turns, &[Hang]), 0, "nothing came within").await;
        }
    }
    // The message is far larger than what the network holds, so that its end is never reached.
    let mail = vec![b'x'; 16 << 20];
    let server = Server::start(vec![broken(AFTER_DATA, &[])]).await;
    let mut sender = SmtpSender::new(account(server.port));
    let outcome = sender.send(&envelope("ann@customer.test"), &mail).await.summary();
    assert!(matches!(outcome, SendOutcome::Deferred { code: 0, .. }), "{outcome:?}");
}

#[tokio::test]
async fn whatever_is_lost_after_the_final_dot_is_uncertain() {
    uncertain(broken(AFTER_CONTENT, &[])).await;
    uncertain(broken(AFTER_CONTENT, &[Hang])).await;
    uncertain(broken(AFTER_CONTENT, &[say("25")])).await;
    uncertain(broken(AFTER_CONTENT, &[say("no reply at all\r\n")])).await;
    uncertain(broken(AFTER_CONTENT, &[endless("250")])).await;
    uncertain(broken(AFTER_CONTENT, &[say("354 go on\r\n")])).await;
}

#[tokio::test]
async fn replies_decide() {
    let after_rset = [Expect("RSET"), say("250 ok\r\n")];
    for turns in [8, 10, 12, AFTER_CONTENT] {
        let answer = |text: &str| {
            let mut more = vec![say(text)];
            more.extend_from_slice(&after_rset);
            broken(turns, &more)
        };
        deferred(answer("451 4.7.1 later\r\n"), 451, "4.7.1 later").await;
        deferred(answer("421 4.3.2 closing\r\n"), 421, "4.3.2 closing").await;
        let refused = outcome(answer("550-5.1.1 no\r\n550 5.1.1 never\r\n")).await;
        let SendOutcome::Refused { code: 550, text } = refused else { panic!("{refused:?}") };
        assert!(text.contains("5.1.1 no") && text.contains("never"), "{text}");
    }
    assert_eq!(outcome(session()).await, SendOutcome::Sent);
}

#[tokio::test]
async fn an_operators_problem_bounces_no_mail() {
    deferred(broken(0, &[say("554 go away\r\n")]), 554, "go away").await;
    deferred(broken(0, &[say("HTTP/1.1 400 Bad Request\r\n")]), 0, "connection failed").await;
    deferred(broken(0, &[endless("220")]), 0, "connection failed").await;
    let refused = broken(AFTER_LOGIN - 1, &[say("535 5.7.8 wrong\r\n")]);
    deferred(refused, 0, "refused the login of jo: 5.7.8 wrong").await;
    deferred(
        broken(2, &[say("250 hello\r\n"), Expect("EHLO"), say("250 hello\r\n")]),
        0,
        "offers no login",
    )
    .await;
    let wanted = broken(AFTER_LOGIN + 1, &[say("530 5.7.0 log in first\r\n")]);
    deferred(wanted, 0, "does not accept our login: 5.7.0").await;
}

#[tokio::test]
async fn plain_text_is_never_believed_after_starttls() {
    let offer =
        [say("220 ready\r\n"), Expect("EHLO"), say("250-hello\r\n250 STARTTLS\r\n"), Expect("ST")];
    let injected = say("220 go\r\n250-hello\r\n250 AUTH PLAIN\r\n235 welcome\r\n");
    let cases = [
        ([&offer[..], &[injected, Hang]].concat(), "plain text came after STARTTLS"),
        ([&offer[..], &[say("454 not now\r\n")]].concat(), "not now"),
        ([&offer[..2], &[say("250 hello\r\n"), Turn::Line]].concat(), "offers no STARTTLS"),
    ];
    for (script, expected) in cases {
        let server = Server::start(vec![script]).await;
        let account = SmtpAccount { security: Security::StartTls, ..account(server.port) };
        let outcome =
            SmtpSender::new(account).send(&envelope("ann@customer.test"), MAIL).await.summary();
        let SendOutcome::Deferred { text, .. } = outcome else { panic!("{outcome:?}") };
        assert!(text.contains(expected), "{text}");
        assert!(!server.heard().concat().contains("AUTH"));
    }
}

#[tokio::test]
async fn a_connection_the_server_closed_meanwhile_is_no_failure() {
    let idle_close = vec![say("421 4.4.2 idle too long\r\n")];
    for end in [vec![], idle_close] {
        let first = [session(), end].concat();
        let server = Server::start(vec![first, session()]).await;
        let mut sender = SmtpSender::new(account(server.port));
        for _ in 0..2 {
            let outcome = sender.send(&envelope("ann@customer.test"), MAIL).await.summary();
            assert_eq!(outcome, SendOutcome::Sent);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let hellos = server.heard().iter().filter(|line| line.starts_with("EHLO")).count();
        assert_eq!(hellos, 4, "two of each connection");
    }
}

#[tokio::test]
async fn a_message_that_was_sent_once_is_not_sent_again() {
    let closing = [&transaction()[..], &[say("421 4.3.2 closing\r\n")]].concat();
    let server = Server::start(vec![[session(), closing].concat(), session()]).await;
    let mut sender = SmtpSender::new(account(server.port));
    let to = envelope("ann@customer.test");
    assert_eq!(sender.send(&to, MAIL).await.summary(), SendOutcome::Sent);
    let outcome = sender.send(&to, MAIL).await.summary();
    assert!(matches!(outcome, SendOutcome::Deferred { code: 421, .. }), "{outcome:?}");
}

#[tokio::test]
async fn replies_out_of_step_send_nothing() {
    // One reply too many, so that the one to DATA would be taken for a later one.
    deferred(broken(10, &[say("250 ok\r\n250 ok\r\n"), Expect("DATA"), Hang]), 0, "250").await;
    let silent = broken(8, &[say("451 later\r\n"), Expect("RSET"), Hang]);
    deferred(silent, 451, "later").await;
}

#[tokio::test]
async fn one_connection_serves_many_messages_and_a_refusal() {
    let mut script = session();
    let refuse = [transaction()[..3].to_vec(), vec![say("550 no\r\n"), Expect("RSET")]].concat();
    script.extend(refuse);
    script.push(say("250 ok\r\n"));
    script.extend(transaction());
    script.push(say("250 taken\r\n"));
    let server = Server::start(vec![script]).await;
    let mut sender = SmtpSender::new(account(server.port));
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(sender.send(&envelope("ann@customer.test"), MAIL).await.summary());
    }
    let refused = SendOutcome::Refused { code: 550, text: "no".to_owned() };
    assert_eq!(outcomes, [SendOutcome::Sent, refused, SendOutcome::Sent]);
    let hellos = server.heard().iter().filter(|line| line.starts_with("EHLO")).count();
    assert_eq!(hellos, 2, "of one connection");
}

#[tokio::test]
async fn a_send_that_was_dropped_leaves_no_connection_behind() {
    let server = Server::start(vec![broken(AFTER_CONTENT, &[Hang]), session()]).await;
    let mut sender = SmtpSender::new(account(server.port));
    let to = envelope("ann@customer.test");
    {
        let sending = sender.send(&to, MAIL);
        assert!(tokio::time::timeout(Duration::from_millis(100), sending).await.is_err());
    }
    assert_eq!(sender.send(&to, MAIL).await.summary(), SendOutcome::Sent);
}

#[tokio::test]
async fn no_message_can_end_early() {
    let smuggled = "a\r\n.\nMAIL FROM:<x@y>\n.\rb\r\n.c\n.\r\n";
    let server = Server::start(vec![session()]).await;
    let mut sender = SmtpSender::new(account(server.port));
    let outcome = sender.send(&envelope("ann@customer.test"), smuggled.as_bytes()).await.summary();
    assert_eq!(outcome, SendOutcome::Sent);
    let content = server.heard().pop().unwrap();
    assert_eq!(content, "a\r\n..\r\nMAIL FROM:<x@y>\r\n..\r\nb\r\n..c\r\n..\r\n.\r\n");
}

/// A server that refuses the first of two recipients and takes the second, up to the message.
fn half_refused() -> Vec<Turn> {
    let refused = [Expect("RCPT TO:<gone@customer.test>\r\n"), say("550 5.1.1 gone\r\n")];
    let mut script = session();
    script.truncate(AFTER_CONTENT);
    script.splice(9..9, refused);
    script
}

fn two_recipients() -> Envelope {
    let mut both = envelope("gone@customer.test");
    both.to.push("ann@customer.test".parse().unwrap());
    both
}

fn gone() -> RecipientOutcome {
    RecipientOutcome::Refused { code: 550, text: "5.1.1 gone".to_owned() }
}

#[tokio::test]
async fn case_096_a_lost_answer_is_uncertain_and_never_sent_again_by_itself() {
    let server = Server::start(vec![half_refused(), session()]).await;
    let mut sender = SmtpSender::new(account(server.port));
    let report = sender.send(&two_recipients(), MAIL).await;
    let outcomes: Vec<_> = report.recipients.iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes[0], &gone());
    assert!(matches!(outcomes[1], RecipientOutcome::Uncertain { .. }), "{report:?}");
    assert!(matches!(report.summary(), SendOutcome::Uncertain { .. }));
    let contents = server.heard().iter().filter(|line| line.contains("Hello")).count();
    assert_eq!(contents, 1);
}

#[tokio::test]
async fn a_hang_up_between_recipients_keeps_what_was_refused() {
    for end in [vec![], vec![say("421 4.3.2 closing\r\n")]] {
        let script = [half_refused()[..12].to_vec(), end].concat();
        let server = Server::start(vec![script]).await;
        let mut sender = SmtpSender::new(account(server.port));
        let report = sender.send(&two_recipients(), MAIL).await;
        assert_eq!(report.recipients[0].1, gone());
        assert!(matches!(report.recipients[1].1, RecipientOutcome::Deferred { .. }), "{report:?}");
        assert!(!server.heard().concat().contains("DATA"));
    }
}

#[tokio::test]
async fn no_recipient_is_no_success() {
    let script = [broken(9, &[]), vec![Expect("RSET"), say("250 ok\r\n")]].concat();
    let server = Server::start(vec![script]).await;
    let nobody = Envelope { to: Vec::new(), ..envelope("ann@customer.test") };
    let outcome = SmtpSender::new(account(server.port)).send(&nobody, MAIL).await.summary();
    assert!(matches!(outcome, SendOutcome::Refused { code: 0, .. }), "{outcome:?}");
    assert!(!server.heard().concat().contains("DATA"));
}
