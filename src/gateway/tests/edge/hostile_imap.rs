//! IMAP servers that break, hang, lie or attack: every one gives a clear error, and no mail.

use std::time::Duration;

use gateway::{After, History, ImapAccount, ImapTimeouts, Login, Secret, Security, Trust};

use crate::memory::{Memory, Running, uid};
use crate::script::{Server, Turn, say};

use Turn::{Expect, Flood, Hang, Line};

pub(crate) fn account(port: u16) -> ImapAccount {
    ImapAccount {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::PlainLoopback,
        user: "jo".to_owned(),
        login: Login::Password(Secret::new("hunter2")),
        folder: "INBOX".to_owned(),
        poll: Duration::from_millis(50),
        idle: true,
        message_bytes_max: 1 << 20,
        history: History::All,
        after: After::Nothing,
        timeouts: ImapTimeouts {
            connect: Duration::from_millis(500),
            step: Duration::from_millis(500),
            idle_renew: Duration::from_millis(500),
        },
        trust: Trust::load(None).unwrap(),
    }
}

/// A server that behaves, up to the first listing.
pub(crate) fn opening() -> Vec<Turn> {
    let mut script = selecting();
    script.push(Expect("UID FETCH 1:* (UID RFC822.SIZE)"));
    script
}

/// A later connection, which looks at the mail up to the cursor once more, up to its listing.
pub(crate) fn opening_again(look_back: &'static str, listing: &'static str) -> Vec<Turn> {
    let mut script = selecting();
    script.extend([Expect(look_back), say("{tag} OK done\r\n"), Expect(listing)]);
    script
}

fn selecting() -> Vec<Turn> {
    vec![
        say("* OK ready\r\n"),
        Expect("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n{tag} OK done\r\n"),
        Expect("AUTHENTICATE PLAIN"),
        say("+ \r\n"),
        Line,
        say("{tag} OK welcome\r\n"),
        Expect("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK done\r\n"),
        Expect("EXAMINE"),
        say("* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 6] x\r\n{tag} OK done\r\n"),
    ]
}

/// The same, and the listing, up to the first fetch.
fn listed() -> Vec<Turn> {
    let list = "* 1 FETCH (UID 3 RFC822.SIZE 5)\r\n* 2 FETCH (UID 5 RFC822.SIZE 5)\r\n";
    let mut script = opening();
    script.push(say(&format!("{list}{{tag}} OK done\r\n")));
    script.push(Expect("UID FETCH 3,5 (UID INTERNALDATE BODY.PEEK[])"));
    script
}

fn after(mut script: Vec<Turn>, more: &[Turn]) -> Vec<Turn> {
    script.extend_from_slice(more);
    script
}

/// Runs against the script until it fails; returns the message and the UIDs taken before.
pub(crate) async fn outcome(
    script: Vec<Turn>,
    change: impl Fn(&mut ImapAccount),
) -> (String, Vec<u32>) {
    let server = Server::start(vec![script]).await;
    let mut account = account(server.port);
    change(&mut account);
    let running = Running::imap(account, &Memory::activated());
    let message = running.failure().await;
    let taken = running.inbox.taken().iter().map(uid).collect();
    running.stop().await;
    let heard = server.heard().concat();
    assert!(!heard.contains("STORE") && !heard.contains("EXPUNGE"), "{heard}");
    (message, taken)
}

async fn check(script: Vec<Turn>, expected: &str) {
    let (message, taken) = outcome(script.clone(), |_| {}).await;
    assert!(message.contains(expected), "{message}\nexpected: {expected}\n{script:?}");
    assert_eq!(taken, [0; 0], "{expected}");
}

#[tokio::test]
async fn silence_names_the_step() {
    let steps = [
        (0, "waiting for its greeting"),
        (2, "asking what it can do"),
        (4, "logging in"),
        (6, "logging in"),
        (8, "asking what it can do"),
        (10, "opening the folder"),
        (12, "looking for new messages"),
    ];
    for (turns, step) in steps {
        let mut script = opening();
        script.truncate(turns);
        check(after(script, &[Hang]), &format!("nothing came within 500ms while {step}")).await;
    }
    check(after(listed(), &[Hang]), "nothing came within 500ms while fetching messages").await;
    // Half an answer is no answer.
    let half = say("* 1 FETCH (UID 3 BODY[] {5}\r\nab");
    check(after(listed(), &[half, Hang]), "while fetching messages").await;
}

#[tokio::test]
async fn a_cut_connection_yields_nothing() {
    let message = "* 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n";
    for last in ["", "* 1 FETCH (UID 3 BODY[] {5}\r\nab", message] {
        check(after(listed(), &[say(last)]), "the connection was cut while fetching").await;
    }
    check(vec![], "the connection was cut while waiting for its greeting").await;
}

#[tokio::test]
async fn what_is_no_imap_is_refused() {
    check(vec![say("HTTP/1.1 400 Bad Request\r\n")], "does not greet as an IMAP server").await;
    check(vec![say("* BYE too many connections\r\n")], "too many connections").await;
    check(vec![Flood("x".to_owned())], "a line is longer than").await;
    check(after(opening(), &[say("P99 OK done\r\n")]), "a command that was not given").await;
}

#[tokio::test]
async fn floods_are_ended() {
    let mut script = opening();
    script.truncate(10);
    check(
        after(script, &[Flood("* OK still thinking\r\n".to_owned())]),
        "more than 10000 responses",
    )
    .await;
}

#[tokio::test]
async fn a_huge_literal_is_refused_before_memory_is_taken() {
    for announced in ["4294967295", "99999999999999999999"] {
        let literal = format!("* 1 FETCH (UID 3 BODY[] {{{announced}}}\r\n");
        check(after(listed(), &[say(&literal), Hang]), "at most 1048576 are allowed").await;
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let mut login = opening();
    login.truncate(6);
    let refused = after(login.clone(), &[say("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n")]);
    check(refused, "refused the login of jo: [AUTHENTICATIONFAILED] wrong").await;
    let later = after(login, &[say("{tag} NO [UNAVAILABLE] later\r\n")]);
    check(later, "the server refused while logging in: [UNAVAILABLE] later").await;
    let mut open = opening();
    open.truncate(10);
    let gone = after(open.clone(), &[say("{tag} NO no such mailbox\r\n")]);
    check(gone, "the folder INBOX cannot be opened: no such mailbox").await;
    check(after(open, &[say("{tag} OK done\r\n")]), "no UIDVALIDITY").await;
    let mut unknown = opening();
    unknown.truncate(2);
    let disabled = say("* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{tag} OK\r\n");
    check(after(unknown, &[disabled]), "offers no login with a password").await;
}

#[tokio::test]
async fn a_message_without_a_size_is_fetched() {
    let script = [
        say("* 1 FETCH (UID 4)\r\n{tag} OK done\r\n"),
        Expect("UID FETCH 4 (UID INTERNALDATE BODY.PEEK[])"),
        say("* 1 FETCH (UID 4 BODY[] \"hello\")\r\n{tag} OK done\r\n"),
        Expect("IDLE"),
        say("* BYE done\r\n"),
    ];
    let (_, taken) = outcome(after(opening(), &script), |_| {}).await;
    assert_eq!(taken, [4]);
}

#[tokio::test]
async fn a_message_smaller_than_its_size_comes_to_an_end() {
    let script = [
        say("* 1 FETCH (UID 4 RFC822.SIZE 2000000)\r\n{tag} OK done\r\n"),
        Expect("UID FETCH 4 (UID INTERNALDATE)"),
        say("{tag} OK done\r\n"),
        Expect("UID FETCH 4 (UID BODY.PEEK[]<0.1048576>)"),
        say("* 1 FETCH (UID 4 BODY[]<0> {5}\r\nhello)\r\n{tag} OK done\r\n"),
        Expect("UID FETCH 4 (UID BODY.PEEK[]<5.1048576>)"),
        say("* 1 FETCH (UID 4 BODY[]<5> \"\")\r\n{tag} OK done\r\n"),
        Expect("IDLE"),
        say("* BYE done\r\n"),
    ];
    let allow = |account: &mut ImapAccount| account.message_bytes_max = 4 << 20;
    let (message, taken) = outcome(after(opening(), &script), allow).await;
    assert!(message.contains("while waiting for news"), "{message}");
    assert_eq!(taken, [4]);
}

#[tokio::test]
async fn a_message_that_vanished_is_left_out() {
    let vanished = [
        say("* 2 FETCH (UID 5 BODY[] {5}\r\nhello)\r\n{tag} NO [EXPUNGEISSUED] gone\r\n"),
        Expect("NOOP"),
        say("* 1 EXPUNGE\r\n{tag} OK done\r\n"),
        Expect("UID FETCH 3 (UID)"),
        say("{tag} OK done\r\n"),
        Expect("IDLE"),
        say("* BYE done\r\n"),
    ];
    let (message, taken) = outcome(after(listed(), &vanished), |_| {}).await;
    assert!(message.contains("while waiting for news: done"), "{message}");
    assert_eq!(taken, [5]);
}

#[tokio::test]
async fn plain_text_is_never_believed_after_starttls() {
    let start_tls = |account: &mut ImapAccount| account.security = Security::StartTls;
    let offer = [
        say("* OK ready\r\n"),
        Expect("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n{tag} OK done\r\n"),
        Expect("STARTTLS"),
    ];
    let injected = say("{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nP1 OK done\r\n");
    let cases = [
        (after(offer.to_vec(), &[injected, Hang]), "plain text came after STARTTLS"),
        (after(offer.to_vec(), &[say("{tag} NO sorry\r\n")]), "while asking for TLS: sorry"),
        (
            after(offer[..2].to_vec(), &[say("* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"), Line]),
            "offers no STARTTLS",
        ),
        (vec![say("* PREAUTH welcome\r\n"), Line], "in plain text that we are logged in"),
    ];
    for (script, expected) in cases {
        let server = Server::start(vec![script]).await;
        let mut account = account(server.port);
        start_tls(&mut account);
        let running = Running::imap(account, &Memory::activated());
        let message = running.failure().await;
        assert!(message.contains(expected), "{message}");
        running.stop().await;
        let heard = server.heard().concat();
        assert!(!heard.contains("LOGIN") && !heard.contains("AUTHENTICATE"), "{heard}");
    }
}

#[tokio::test]
async fn where_there_is_no_server_the_error_says_what_to_check() {
    let running = Running::imap(account(1), &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("refuses connections: check `port`"), "{message}");
    running.stop().await;
    let far = ImapAccount { host: "192.0.2.1".to_owned(), ..account(143) };
    let running = Running::imap(far, &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("without TLS only loopback addresses"), "{message}");
    running.stop().await;
}

#[tokio::test]
async fn login_is_used_where_authenticate_is_not_offered() {
    let script = vec![
        say("* OK ready\r\n"),
        Expect("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"),
        Expect("LOGIN \"jo\" \"a\\\"b\\\\c\""),
        say("{tag} NO wrong\r\n"),
    ];
    let password =
        |account: &mut ImapAccount| account.login = Login::Password(Secret::new("a\"b\\c"));
    let (message, _) = outcome(script.clone(), password).await;
    assert!(message.contains("refused the login of jo: wrong"), "{message}");
    let injected =
        |account: &mut ImapAccount| account.login = Login::Password(Secret::new("a\r\nP9 LOGOUT"));
    let (message, _) = outcome(script, injected).await;
    assert!(message.contains("password holds a line end"), "{message}");
    assert!(!message.contains("LOGOUT"), "{message}");
}
