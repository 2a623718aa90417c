//! POP3 servers that break, hang, lie or attack: every one gives a clear error, and no mail is lost.

use std::time::Duration;

use gateway::{
    Body, History, Login, Pop3Account, Pop3After, Pop3Timeouts, Secret, Security, Trust,
};

use crate::memory::{Memory, Running, text, uidl};
use crate::script::{Server, Turn, say};

use Turn::{Expect, Flood, Hang, Line};

pub(crate) fn account(port: u16) -> Pop3Account {
    Pop3Account {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::PlainLoopback,
        user: "jo".to_owned(),
        login: Login::Password(Secret::new("hunter2")),
        poll: Duration::from_millis(50),
        message_bytes_max: 1 << 20,
        history: History::All,
        after: Pop3After::Leave,
        timeouts: Pop3Timeouts {
            connect: Duration::from_millis(500),
            step: Duration::from_millis(500),
        },
        trust: Trust::load(None).unwrap(),
    }
}

/// A server that takes one command at a time, up to the login.
fn opening() -> Vec<Turn> {
    opening_with("TOP\r\nUIDL\r\n")
}

pub(crate) fn opening_with(capabilities: &str) -> Vec<Turn> {
    vec![
        say("+OK ready\r\n"),
        Expect("CAPA"),
        say(&format!("+OK\r\n{capabilities}.\r\n")),
        Expect("USER jo"),
        say("+OK\r\n"),
        Expect("PASS hunter2"),
        say("+OK\r\n"),
    ]
}

/// What `listed` and `session` list: two messages of five bytes, `a` and `b`.
const TWO: [(u32, u64, &str); 2] = [(1, 5, "a"), (2, 5, "b")];

/// The same, and the listing, up to the first fetch.
pub(crate) fn listed() -> Vec<Turn> {
    listing(opening(), &TWO)
}

pub(crate) fn listing(mut script: Vec<Turn>, messages: &[(u32, u64, &str)]) -> Vec<Turn> {
    let sizes = messages.iter().map(|(number, size, _)| format!("{number} {size}\r\n"));
    let uidls = messages.iter().map(|(number, _, uidl)| format!("{number} {uidl}\r\n"));
    script.extend([
        Expect("STAT"),
        say(&format!("+OK {} 10\r\n", messages.len())),
        Expect("LIST"),
        say(&format!("+OK\r\n{}.\r\n", sizes.collect::<String>())),
        Expect("UIDL"),
        say(&format!("+OK\r\n{}.\r\n", uidls.collect::<String>())),
    ]);
    script
}

pub(crate) fn after(mut script: Vec<Turn>, more: &[Turn]) -> Vec<Turn> {
    script.extend_from_slice(more);
    script
}

pub(crate) fn retr(number: &'static str, body: &str) -> [Turn; 2] {
    [Expect(number), say(&format!("+OK\r\n{body}\r\n.\r\n"))]
}

pub(crate) const QUIT: Turn = Expect("QUIT");

/// Runs against the script until it fails; returns the message and the ids taken before.
pub(crate) async fn outcome(
    script: Vec<Turn>,
    change: impl Fn(&mut Pop3Account),
) -> (String, Vec<String>) {
    let server = Server::start(vec![script]).await;
    let mut account = account(server.port);
    change(&mut account);
    let running = Running::pop3(account, &Memory::activated());
    let message = running.failure().await;
    let taken = running.inbox.taken().iter().map(uidl).collect();
    running.stop().await;
    (message, taken)
}

async fn check(script: Vec<Turn>, expected: &str) {
    let (message, taken) = outcome(script.clone(), |_| {}).await;
    assert!(message.contains(expected), "{message}\nexpected: {expected}\n{script:?}");
    assert_eq!(taken, [""; 0], "{expected}");
}

#[tokio::test]
async fn silence_names_the_step() {
    let steps = [
        (0, "waiting for its greeting"),
        (2, "asking what it can do"),
        (4, "logging in"),
        (6, "logging in"),
        (8, "looking for new messages"),
        (10, "looking for new messages"),
        (12, "looking for new messages"),
    ];
    for (turns, step) in steps {
        let mut script = listed();
        script.truncate(turns);
        check(after(script, &[Hang]), &format!("nothing came within 500ms while {step}")).await;
    }
    check(after(listed(), &[Hang]), "nothing came within 500ms while fetching messages").await;
    // Half a message is no message.
    check(after(listed(), &[Line, say("+OK\r\nhel"), Hang]), "while fetching messages").await;
}

#[tokio::test]
async fn case_007_a_cut_in_the_middle_of_a_pop3_message_yields_nothing() {
    for last in ["", "+OK\r\n", "+OK\r\nhel", "+OK\r\nhello\r\n", "+OK\r\nhello\r\n.\r"] {
        check(after(listed(), &[Line, say(last)]), "the connection was cut while fetching").await;
    }
    check(vec![], "the connection was cut while waiting for its greeting").await;
}

#[tokio::test]
async fn what_is_no_pop3_is_refused() {
    check(vec![say("HTTP/1.1 400 Bad Request\r\n")], "neither +OK nor -ERR").await;
    check(vec![say("-ERR too many\r\n")], "refused while waiting for its greeting: too many").await;
    check(vec![Flood("x".to_owned())], "a line is longer than").await;
    check(after(opening(), &[Line, say("+OK many\r\n"), Line, Hang]), "within 500ms").await;
    let endless = [Line, say("+OK 1 1\r\n"), Line, say("+OK\r\n"), Flood("1 1\r\n".to_owned())];
    // A busy machine takes its time for so many.
    let patient = |account: &mut Pop3Account| account.timeouts.step = Duration::from_secs(30);
    let (message, _) = outcome(after(opening(), &endless), patient).await;
    assert!(message.contains("more than 500000 lines"), "{message}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let cases = [
        ("-ERR [AUTH] wrong", "refused the login of jo: [AUTH] wrong"),
        ("-ERR wrong", "refused the login of jo: wrong"),
        ("-ERR [IN-USE] busy", "the mailbox is in use: [IN-USE] busy"),
        ("-ERR maildrop already locked", "the mailbox is in use: maildrop already locked"),
        ("-ERR [SYS/TEMP] later", "the server refused while logging in: [SYS/TEMP] later"),
        ("-ERR [LOGIN-DELAY] slow", "the server refused while logging in: [LOGIN-DELAY] slow"),
        ("+ more", "waits for more of a command"),
    ];
    let mut login = opening();
    login.truncate(6);
    for (answer, expected) in cases {
        check(after(login.clone(), &[say(&format!("{answer}\r\n"))]), expected).await;
    }
    let listing = [Line, say("+OK 1 5\r\n"), Line, say("-ERR cannot scan\r\n")];
    check(after(opening(), &listing), "while looking for new messages: cannot scan").await;
}

#[tokio::test]
async fn case_016_an_empty_pop3_mailbox_is_no_error() {
    let stat = |answer: &str| vec![Expect("STAT"), say(answer)];
    let list = |answer: &str| [stat("+OK\r\n"), vec![Expect("LIST"), say(answer)]].concat();
    let cases = [
        stat("+OK 0 0\r\n"),
        stat("-ERR Mailbox is empty\r\n"),
        stat("-ERR no messages\r\n"),
        list("-ERR Mailbox is empty\r\n"),
        list("+OK\r\n.\r\n"),
    ];
    for case in cases {
        let mut script = after(opening(), &case);
        if case.len() == 4 && matches!(&case[3], Turn::Say(text) if text.starts_with('+')) {
            script.extend([Expect("UIDL"), say("+OK\r\n.\r\n")]);
        }
        script.extend([QUIT, say("+OK\r\n")]);
        let server = Server::start(vec![script]).await;
        let running = Running::pop3(account(server.port), &Memory::activated());
        running.healthy().await;
        assert_eq!(running.inbox.taken(), []);
        running.stop().await;
        // It was not asked for more than it has.
        assert!(!server.heard().concat().contains("RETR"), "{case:?}");
    }
}

#[tokio::test]
async fn case_014_a_message_that_is_not_sent_holds_up_no_other() {
    let mut script = listed();
    script.extend([Expect("RETR 1"), say("-ERR cannot read it\r\n")]);
    script.extend(retr("RETR 2", "hello"));
    script.extend([QUIT, say("+OK\r\n")]);
    let (message, taken) = outcome(script, |_| {}).await;
    assert!(message.contains("lists the message a but does not send it: cannot read"), "{message}");
    assert_eq!(taken, ["b"]);
}

#[tokio::test]
async fn sizes_that_are_lies_do_no_harm() {
    let sizes = [(1, 99_999_999_999, "a"), (2, 0, "b"), (3, 900_000, "c"), (4, 5, "d")];
    let mut script = listing(opening(), &sizes);
    let large = "x".repeat(3 << 20);
    script.extend([Expect("TOP 1 0"), say("-ERR not here\r\n")]);
    script.extend(retr("RETR 2", &large));
    script.extend(retr("RETR 3", "hello"));
    script.extend(retr("RETR 4", "world"));
    script.extend([QUIT, say("+OK\r\n")]);
    // What comes shorter than it is listed is fetched once more.
    let mut again = listing(opening(), &sizes);
    again.extend(retr("RETR 3", "hello"));
    again.extend([QUIT, say("+OK\r\n")]);
    let server = Server::start(vec![script, again]).await;
    let running = Running::pop3(account(server.port), &Memory::activated());
    let bodies: Vec<String> = running.taken(4).await.iter().map(text).collect();
    assert_eq!(bodies, ["oversize 99999999999", "oversize 3145730", "world\r\n", "hello\r\n"]);
    running.stop().await;
}

#[tokio::test]
async fn a_header_that_breaks_the_session_is_gone_without() {
    let listed = || listing(opening(), &[(1, 99_999_999_999, "a"), (2, 5, "b")]);
    let breaks = [listed(), vec![Expect("TOP 1 0"), say("+OK\r\nSubj")]].concat();
    let end = || vec![QUIT, say("+OK\r\n")];
    let other = [listed(), retr("RETR 2", "hello").to_vec(), end()].concat();
    let alone = [listed(), end()].concat();
    let server = Server::start(vec![breaks, other, alone]).await;
    let running = Running::pop3(account(server.port), &Memory::activated());
    let bodies: Vec<String> = running.taken(2).await.iter().map(text).collect();
    assert_eq!(bodies, ["hello\r\n", "oversize 99999999999"]);
    running.stop().await;
}

#[tokio::test]
async fn many_messages_that_are_much_larger_than_announced_come_one_by_one() {
    let names: Vec<String> = (1..=12).map(|number| format!("m{number}")).collect();
    let messages: Vec<(u32, u64, &str)> =
        names.iter().zip(1..).map(|(name, number)| (number, 5, &**name)).collect();
    let mut script = listing(opening_with("UIDL\r\nPIPELINING\r\n"), &messages);
    let large = "x".repeat(1 << 20);
    // Eight fill the memory that a batch may take; the others are asked for again, by their sizes.
    for count in [12, 3, 1] {
        script.extend(vec![Expect("RETR"); count]);
        script.extend(vec![say(&format!("+OK\r\n{large}\r\n.\r\n")); count]);
    }
    script.extend([QUIT, say("+OK\r\n")]);
    let server = Server::start(vec![script]).await;
    let allow = Pop3Account { message_bytes_max: 4 << 20, ..account(server.port) };
    let running = Running::pop3(allow, &Memory::activated());
    let taken = running.taken(12).await;
    assert_eq!(taken.iter().map(uidl).collect::<Vec<_>>(), names);
    assert!(
        taken
            .iter()
            .all(|fetched| matches!(&fetched.body, Body::Raw(raw) if raw.len() == (1 << 20) + 2))
    );
    running.stop().await;
    let asked = server.heard().iter().filter(|line| line.starts_with("RETR")).count();
    assert_eq!(asked, 16);
}

#[tokio::test]
async fn a_sender_cannot_end_the_message_and_speak_for_the_server() {
    let mut script = listed();
    script.extend(retr("RETR 1", "Subject: x\r\n\r\nend\n.\n+OK\r\n..\r\n..."));
    script.extend(retr("RETR 2", "hello"));
    script.extend([QUIT, say("+OK\r\n")]);
    let server = Server::start(vec![script]).await;
    let running = Running::pop3(account(server.port), &Memory::activated());
    let bodies: Vec<String> = running.taken(2).await.iter().map(text).collect();
    assert_eq!(bodies, ["Subject: x\r\n\r\nend\n.\n+OK\r\n.\r\n..\r\n", "hello\r\n"]);
    running.stop().await;
}

#[tokio::test]
async fn plain_text_is_never_believed_after_stls() {
    let offer = |answer: &str| vec![say("+OK ready\r\n"), Expect("STLS"), say(answer), Line];
    let cases = [
        (offer("+OK go\r\n+OK\r\nUSER\r\n.\r\n"), "plain text came after STLS"),
        (offer("-ERR unknown command\r\n"), "refused STLS: unknown command"),
        (offer("+OK go\r\n"), "does not speak TLS here"),
    ];
    for (script, expected) in cases {
        let server = Server::start(vec![script]).await;
        let account = Pop3Account { security: Security::StartTls, ..account(server.port) };
        let running = Running::pop3(account, &Memory::activated());
        let message = running.failure().await;
        assert!(message.contains(expected), "{message}");
        running.stop().await;
        let heard = server.heard().concat();
        assert!(!heard.contains("USER") && !heard.contains("PASS"), "{heard}");
    }
}

#[tokio::test]
async fn nothing_is_smuggled_into_a_login() {
    let injected =
        |account: &mut Pop3Account| account.login = Login::Password(Secret::new("a\r\nDELE 1"));
    let (message, _) = outcome(opening(), injected).await;
    assert!(message.contains("password holds a line end"), "{message}");
    assert!(!message.contains("DELE"), "{message}");
}
