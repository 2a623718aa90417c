//! What a server offers is used, and what it lacks is not asked for.

use std::time::Duration;

use event::{Address, OutgoingId, Position};
use futures::FutureExt;
use gateway::{Envelope, RecipientOutcome, SendOutcome, SmtpAccount, SmtpSender};
use tokio::sync::oneshot;

use crate::hostile_smtp::{account, envelope};
use crate::script::{Server, Turn, say};

use Turn::{Content, Expect};

/// Sends one mail to a server that answers EHLO with `offers`; the outcome, and what it heard after
/// the two EHLOs.
async fn send(offers: &str, envelope: &Envelope, mail: &[u8]) -> (SendOutcome, Vec<String>) {
    let script = vec![
        say("220 ready\r\n"),
        Expect("EHLO"),
        say(offers),
        Expect("EHLO"),
        say(offers),
        Expect("MAIL"),
        say("250 ok\r\n"),
        Expect("RCPT"),
        say("250 ok\r\n"),
        Expect("DATA"),
        say("354 go\r\n"),
        Content,
        say("250 taken\r\n"),
    ];
    let server = Server::start(vec![script]).await;
    let account = SmtpAccount { credentials: None, ..account(server.port) };
    let outcome = SmtpSender::new(account).send(envelope, mail).await.summary();
    (outcome, server.heard().split_off(2))
}

fn named(to: &str) -> Envelope {
    Envelope { id: Some(OutgoingId(Position(4711))), ..envelope(to) }
}

const ALL: &str = "250-hello\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n";
const NOTHING: &str = "250 hello\r\n";

#[tokio::test]
async fn extensions_are_used_where_they_are_offered() {
    let ascii = b"Subject: x\r\n\r\nx\r\n".as_slice();
    let eight_bit = b"Subject: x\r\n\r\n\xfc\r\n".as_slice();
    let null_sender = Envelope { from: None, ..named("a+b=c@d.test") };
    let from = "MAIL FROM:<desk@support.test>";
    let reports = "RET=HDRS ENVID=4711";
    let wanted = "NOTIFY=FAILURE,DELAY ORCPT=rfc822;";
    let cases = [
        (NOTHING, named("a@d.test"), ascii, from.to_owned(), "RCPT TO:<a@d.test>".to_owned()),
        (
            ALL,
            named("a+b=c@d.test"),
            ascii,
            format!("{from} SIZE=17 {reports}"),
            format!("RCPT TO:<a+b=c@d.test> {wanted}a+2Bb+3Dc@d.test"),
        ),
        (
            ALL,
            null_sender,
            eight_bit,
            "MAIL FROM:<> SIZE=17 BODY=8BITMIME".to_owned(),
            "RCPT TO:<a+b=c@d.test>".to_owned(),
        ),
        (
            ALL,
            named("a(b@bücher.test"),
            ascii,
            format!("{from} SIZE=17 {reports}"),
            format!("RCPT TO:<\"a(b\"@xn--bcher-kva.test> {wanted}\"a(b\"@xn--bcher-kva.test"),
        ),
        (
            ALL,
            named("ü@d.test"),
            ascii,
            format!("{from} SIZE=17 SMTPUTF8 {reports}"),
            "RCPT TO:<ü@d.test> NOTIFY=FAILURE,DELAY".to_owned(),
        ),
        (NOTHING, named("a@bücher.test"), ascii, from.to_owned(), {
            "RCPT TO:<a@xn--bcher-kva.test>".to_owned()
        }),
    ];
    for (offers, envelope, mail, mail_command, recipient_command) in cases {
        let (outcome, heard) = send(offers, &envelope, mail).await;
        assert_eq!(outcome, SendOutcome::Sent);
        assert_eq!(heard[..2], [mail_command + "\r\n", recipient_command + "\r\n"]);
    }
}

#[tokio::test]
async fn an_original_recipient_that_would_be_too_long_is_left_out() {
    let local = "=".repeat(200);
    let to: Address = format!("{local}@d.test").parse().unwrap();
    let envelope = Envelope { to: vec![to], ..named("a@d.test") };
    let (outcome, heard) = send(ALL, &envelope, b"x\r\n").await;
    assert_eq!(outcome, SendOutcome::Sent);
    assert!(heard[1].ends_with("@d.test> NOTIFY=FAILURE,DELAY\r\n"), "{heard:?}");
}

/// Changing bytes would break signatures, and every server in use takes them.
#[tokio::test]
async fn bodies_of_8_bit_bytes_go_unchanged_to_a_server_that_does_not_offer_them() {
    let (outcome, heard) =
        send(NOTHING, &named("a@d.test"), "Subject: x\r\n\r\nü\r\n".as_bytes()).await;
    assert_eq!(outcome, SendOutcome::Sent);
    assert_eq!(heard[3], "Subject: x\r\n\r\nü\r\n.\r\n");
}

#[tokio::test]
async fn what_a_server_cannot_take_is_refused_before_it_hears_of_it() {
    let large = vec![b'x'; 999];
    for (envelope, mail, expected) in [
        (named("ü@d.test"), b"x".as_slice(), "takes no addresses beyond ASCII"),
        (named("a@d.test"), large.as_slice(), "it has 1001 bytes, and 1000 are allowed"),
    ] {
        let (outcome, heard) = send("250-hello\r\n250 SIZE 1000\r\n", &envelope, mail).await;
        let (SendOutcome::Refused { code: 0, text } | SendOutcome::TooLarge { code: 0, text }) =
            outcome
        else {
            panic!("{outcome:?}")
        };
        assert!(text.contains(expected), "{text}");
        assert_eq!(heard, [""; 0]);
    }
    for (offers, size) in
        [("250-hello\r\n250 SIZE 1000\r\n", 998), ("250-hello\r\n250 SIZE 0\r\n", 5_000)]
    {
        let (outcome, _) = send(offers, &named("a@d.test"), &vec![b'x'; size]).await;
        assert_eq!(outcome, SendOutcome::Sent, "{size}");
    }
}

#[tokio::test]
async fn a_server_that_takes_one_ehlo_is_used_without_extensions() {
    let script = vec![
        say("220 ready\r\n"),
        Expect("EHLO"),
        say(ALL),
        Expect("EHLO"),
        say("503 5.5.1 you said that\r\n"),
        Expect("MAIL FROM:<desk@support.test>\r\n"),
        say("250 ok\r\n"),
        Expect("RCPT TO:<a@d.test>\r\n"),
        say("250 ok\r\n"),
        Expect("DATA"),
        say("354 go\r\n"),
        Content,
        say("250 taken\r\n"),
    ];
    let server = Server::start(vec![script]).await;
    let account = SmtpAccount { credentials: None, ..account(server.port) };
    let outcome = SmtpSender::new(account).send(&named("a@d.test"), b"x").await.summary();
    assert_eq!(outcome, SendOutcome::Sent);
}

/// What becomes of a mail for two people where the server takes all commands at once and gives all
/// `answers` after the last, and what it hears then.
async fn at_once(answers: &str, more: &[Turn]) -> (Vec<RecipientOutcome>, Vec<String>) {
    let offers = "250-hello\r\n250 PIPELINING\r\n";
    let mut script = vec![say("220 ready\r\n"), Expect("EHLO"), say(offers)];
    script.extend([Expect("EHLO"), say(offers)]);
    script.extend(["MAIL", "RCPT", "RCPT", "DATA"].map(Expect));
    script.push(say(answers));
    script.extend_from_slice(more);
    let server = Server::start(vec![script]).await;
    let account = SmtpAccount { credentials: None, ..account(server.port) };
    let two = ["a@d.test", "b@d.test"].map(|to| to.parse().unwrap()).to_vec();
    let envelope = Envelope { to: two, ..named("a@d.test") };
    let report = SmtpSender::new(account).send(&envelope, b"Subject: x\r\n\r\nx\r\n").await;
    let outcomes = report.recipients.into_iter().map(|(_, outcome)| outcome).collect();
    (outcomes, server.heard().split_off(6))
}

fn deferred(code: u16, text: &str) -> RecipientOutcome {
    RecipientOutcome::Deferred { code, text: text.to_owned() }
}

#[tokio::test]
async fn where_commands_go_at_once_each_answer_counts_for_its_own() {
    use RecipientOutcome::Taken;
    let refused = || RecipientOutcome::Refused { code: 550, text: "5.1.1 gone".to_owned() };
    let later = || deferred(450, "4.7.1 later");
    let taken = || vec![Content, say("250 taken\r\n")];
    let reset = || vec![Expect("RSET"), say("250 ok\r\n")];
    let dot = || [vec![Expect("."), say("554 nobody\r\n")], reset()].concat();
    let cases = [
        ("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", taken(), [Taken, Taken]),
        ("250 ok\r\n550 5.1.1 gone\r\n250 ok\r\n354 go\r\n", taken(), [refused(), Taken]),
        ("250 ok\r\n450 4.7.1 later\r\n250 ok\r\n354 go\r\n", taken(), [later(), Taken]),
        (
            "250 ok\r\n550 5.1.1 gone\r\n550 5.1.1 gone\r\n554 to whom\r\n",
            reset(),
            [refused(), refused()],
        ),
        // It must not wait for a message.
        ("250 ok\r\n550 5.1.1 gone\r\n550 5.1.1 gone\r\n354 go\r\n", dot(), [refused(), refused()]),
        ("450 4.7.1 later\r\n503 who\r\n503 who\r\n503 who\r\n", reset(), [later(), later()]),
        ("250 ok\r\n250 ok\r\n250 ok\r\n450 4.7.1 later\r\n", reset(), [later(), later()]),
    ];
    for (answers, more, expected) in cases {
        let turns = more.len();
        let (outcomes, heard) = at_once(answers, &more).await;
        assert_eq!(outcomes, expected, "{answers}");
        assert_eq!(heard.len(), turns / 2, "{answers}: {heard:?}");
    }
}

#[tokio::test]
async fn where_commands_go_at_once_a_lost_connection_loses_no_mail() {
    let (outcomes, _) = at_once("250 ok\r\n550 5.1.1 gone\r\n", &[]).await;
    assert!(matches!(outcomes[0], RecipientOutcome::Refused { .. }), "{outcomes:?}");
    assert!(matches!(outcomes[1], RecipientOutcome::Deferred { code: 0, .. }), "{outcomes:?}");
    // Whatever the server says of the recipients of a sender it refuses.
    for others in ["", "421 4.7.0 bye\r\n", "250 ok\r\n250 ok\r\n354 go\r\n"] {
        let (outcomes, heard) = at_once(&format!("550 5.7.1 no\r\n{others}"), &[]).await;
        let no = RecipientOutcome::Refused { code: 550, text: "5.7.1 no".to_owned() };
        assert_eq!(outcomes, [no.clone(), no], "{others}");
        assert_eq!(heard, [""; 0], "it got no message");
    }
}

#[tokio::test]
async fn the_server_gets_the_message_once_it_may_and_not_before() {
    let one_by_one = ["MAIL", "250 ok\r\n", "RCPT", "250 ok\r\n", "DATA", "354 go\r\n"];
    let at_once = ["MAIL", "RCPT", "DATA", "250 ok\r\n250 ok\r\n354 go\r\n"];
    let cases: [(&str, &[&'static str]); 2] =
        [(NOTHING, &one_by_one), ("250-hello\r\n250 PIPELINING\r\n", &at_once)];
    for (offers, named_by) in cases {
        for may in [true, false] {
            let mut script = vec![say("220 ready\r\n"), Expect("EHLO"), say(offers)];
            script.extend([Expect("EHLO"), say(offers)]);
            script.extend(named_by.iter().map(|&turn| match turn.ends_with('\n') {
                true => say(turn),
                false => Expect(turn),
            }));
            script.extend([Content, say("250 taken\r\n")]);
            let server = Server::start(vec![script]).await;
            let account = SmtpAccount { credentials: None, ..account(server.port) };
            let (tell, told) = oneshot::channel::<()>();
            let go = async { told.await.unwrap_or_else(|_| panic!("it is never told")) }.shared();
            let sending = tokio::spawn(async move {
                let mail = b"Subject: x\r\n\r\nHello.\r\n";
                SmtpSender::new(account).send_when(go, &named("a@d.test"), mail).await.summary()
            });
            while !server.heard().iter().any(|line| line.starts_with("DATA")) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(!server.heard().concat().contains("Hello"), "{offers}");
            if may {
                tell.send(()).unwrap();
                assert_eq!(sending.await.unwrap(), SendOutcome::Sent);
                assert!(server.heard().concat().contains("Hello"), "{offers}");
            } else {
                sending.abort();
                assert!(sending.await.unwrap_err().is_cancelled());
                assert!(!server.heard().concat().contains("Hello"), "{offers}");
            }
        }
    }
}
