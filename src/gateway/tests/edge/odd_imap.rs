//! IMAP servers that do not send what they list, or list badly: no mail is lost, and none waits for
//! ever behind another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway::{HealthState, ImapAccount};

use crate::hostile_imap::{account, opening, opening_again, outcome};
use crate::memory::{Memory, Running, text, uid};
use crate::script::{Server, Turn, say};

use Turn::{Expect, Hang};

/// How a session that has fetched everything goes on.
fn end() -> [Turn; 2] {
    [Expect("IDLE"), Hang]
}

/// A listing of small messages, and the command that follows it.
fn lists(uids: &[u32], then: &'static str) -> [Turn; 2] {
    let line = |(number, uid)| format!("* {number} FETCH (UID {uid} RFC822.SIZE 5)\r\n");
    let lines: String = (1..).zip(uids).map(line).collect();
    [say(&format!("{lines}{{tag}} OK done\r\n")), Expect(then)]
}

/// The server says that message 5 is there, but answers `refusal` when it is asked for it alone.
fn withholds(refusal: &str) -> [Turn; 6] {
    [
        Expect("NOOP"),
        say("{tag} OK done\r\n"),
        Expect("UID FETCH 5 (UID)"),
        say("* 2 FETCH (UID 5)\r\n{tag} OK done\r\n"),
        Expect("UID FETCH 5 (UID INTERNALDATE BODY.PEEK[])"),
        say(refusal),
    ]
}

/// Sessions with a server that gives messages 3 and 6, and refuses message 5 as said.
fn sessions(refusal: &str) -> Vec<Vec<Turn>> {
    let good = "* 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n* 3 FETCH (UID 6 BODY[] {3}\r\nbye)\r\n";
    let script = |parts: &[&[Turn]]| parts.concat();
    let first = script(&[
        &opening(),
        &lists(&[3, 5, 6], "UID FETCH 3,5:6 (UID INTERNALDATE BODY.PEEK[])"),
        &[say(good), say(refusal)],
        &withholds(refusal),
    ]);
    // Only what came before the missing one is recorded; then another way is tried.
    let again = script(&[
        &opening_again("UID FETCH 1:3 (UID INTERNALDATE)", "UID FETCH 4:* (UID RFC822.SIZE)"),
        &lists(&[5, 6], "UID FETCH 5 (UID INTERNALDATE)"),
        &[say("{tag} OK done\r\n"), Expect("UID FETCH 5 (UID BODY.PEEK[]<0.1048576>)")],
        &[say(refusal)],
        &withholds(refusal),
    ]);
    let last = script(&[
        &opening_again("UID FETCH 1:3 (UID INTERNALDATE)", "UID FETCH 4:* (UID RFC822.SIZE)"),
        &lists(&[5, 6], "UID FETCH 6 (UID INTERNALDATE BODY.PEEK[])"),
        &[say("* 3 FETCH (UID 6 BODY[] {3}\r\nbye)\r\n{tag} OK done\r\n")],
        &end(),
    ]);
    vec![first, again.clone(), again, last]
}

#[tokio::test]
async fn case_014_a_message_that_never_comes_is_put_aside_and_the_next_ones_come() {
    let refusals = [
        ("{tag} NO cannot read it\r\n", "Withheld"),
        ("{tag} BAD unknown token\r\n", "Withheld"),
        ("{tag} OK done\r\n", "Withheld"),
        ("* 2 FETCH (UID 5 BODY[] {5}\r\nhello\r\n{tag} OK done\r\n", "Garbled"),
    ];
    for (refusal, reason) in refusals {
        let server = Server::start(sessions(refusal)).await;
        let running = Running::imap(account(server.port), &Memory::activated());
        let message = running.failure().await;
        assert!(message.contains("the message with UID 5 but does not send it"), "{message}");
        let taken = running.taken(3).await;
        let taken: Vec<(u32, String)> = taken.iter().map(|one| (uid(one), text(one))).collect();
        let expected = [(3, "hello"), (5, reason), (6, "bye")];
        assert_eq!(taken, expected.map(|(uid, text)| (uid, text.to_owned())), "{refusal}");
        running.healthy().await;
        running.stop().await;
    }
}

#[tokio::test]
async fn where_a_batch_breaks_the_connection_messages_are_fetched_one_by_one() {
    let cut = [
        &opening()[..],
        &lists(&[3, 5], "UID FETCH 3,5 (UID INTERNALDATE BODY.PEEK[])"),
        &[say("* 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n* 2 FETCH (UID 5 BODY[] {99999999}\r\n")],
    ];
    let alone = [
        &opening()[..],
        &lists(&[3, 5], "UID FETCH 3 (UID INTERNALDATE BODY.PEEK[])"),
        &[say("* 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n{tag} OK done\r\n")],
        &[Expect("UID FETCH 5 (UID INTERNALDATE BODY.PEEK[])")],
        &[say("* 2 FETCH (UID 5 BODY[] {5}\r\nagain)\r\n{tag} OK done\r\n")],
        &end(),
    ];
    let server = Server::start(vec![cut.concat(), alone.concat()]).await;
    let running = Running::imap(account(server.port), &Memory::activated());
    running.taken(2).await;
    assert_eq!(running.inbox.bodies(), ["hello", "again"]);
    running.stop().await;
}

#[tokio::test]
async fn case_015_a_server_without_parts_gives_the_whole() {
    let script = [
        say("* 1 FETCH (UID 5 RFC822.SIZE 2000000)\r\n{tag} OK done\r\n"),
        Expect("UID FETCH 5 (UID INTERNALDATE)"),
        say("{tag} OK done\r\n"),
        Expect("UID FETCH 5 (UID BODY.PEEK[]<0.1048576>)"),
        say("{tag} BAD no parts here\r\n"),
    ];
    let whole = "* 2 FETCH (UID 5 BODY[] {5}\r\nhello)\r\n{tag} OK done\r\n";
    let script = [&opening()[..], &script, &withholds(whole), &end()].concat();
    let allow = |account: &mut ImapAccount| account.message_bytes_max = 4 << 20;
    let (_, taken) = outcome(script, allow).await;
    assert_eq!(taken, [5]);
}

#[tokio::test]
async fn case_014_where_the_listing_fails_the_server_is_asked_to_search() {
    let listings = [
        "{tag} BAD unknown token\r\n",
        "{tag} NO not now\r\n",
        "* 1 FETCH (UID 3 X\r\n* 2 FETCH (UID 5 RFC822.SIZE 5)\r\n{tag} OK done\r\n",
    ];
    for listing in listings {
        let script = [
            say(listing),
            Expect("UID SEARCH UID 1:*"),
            say("* SEARCH 3 5\r\n{tag} OK done\r\n"),
            Expect("UID FETCH 3,5 (UID INTERNALDATE BODY.PEEK[])"),
            say("* 1 FETCH (UID 3 BODY[] {1}\r\na)\r\n* 2 FETCH (UID 5 BODY[] {1}\r\nb)\r\n"),
            say("{tag} OK done\r\n"),
        ];
        let (_, taken) = outcome([&opening()[..], &script, &end()].concat(), |_| {}).await;
        assert_eq!(taken, [3, 5], "{listing}");
    }
}

#[tokio::test]
async fn case_012_a_folder_that_hides_its_mail_is_red() {
    let asked = [
        say("{tag} OK done\r\n"),
        Expect("NOOP"),
        say("{tag} OK done\r\n"),
        Expect("FETCH * (UID)"),
    ];
    let hidden = [
        say("{tag} OK done\r\n"),
        Expect("UID SEARCH UID 1:*"),
        say("* SEARCH\r\n{tag} OK done\r\n"),
    ];
    let (message, taken) = outcome([&opening()[..], &asked, &hidden].concat(), |_| {}).await;
    assert!(message.contains("holds 2 messages and lists none of them"), "{message}");
    assert_eq!(taken, [0; 0]);
    // Servers that do not name the last message again have nothing new.
    let old = [say("* 2 FETCH (UID 5)\r\n{tag} OK done\r\n"), Expect("IDLE"), Hang];
    let opened =
        opening_again("UID FETCH 1:5 (UID INTERNALDATE)", "UID FETCH 6:* (UID RFC822.SIZE)");
    let first = [
        &opening()[..],
        &lists(&[3, 5], "UID FETCH 3,5 (UID INTERNALDATE BODY.PEEK[])"),
        &[say("* 1 FETCH (UID 3 BODY[] {1}\r\na)\r\n* 2 FETCH (UID 5 BODY[] {1}\r\nb)\r\n")],
        &[say("{tag} OK done\r\n")],
    ];
    let server = Server::start(vec![first.concat(), [&opened[..], &asked, &old].concat()]).await;
    let running = Running::imap(account(server.port), &Memory::activated());
    running.taken(2).await;
    running.failure().await;
    running.healthy().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_are_not_held_together() {
    let large = |uid: u32| format!("* {uid} FETCH (UID {uid} RFC822.SIZE 9000000)\r\n");
    let part = |uid| {
        let commands: [&'static str; 2] = match uid {
            1 => ["UID FETCH 1 (UID INTERNALDATE)", "UID FETCH 1 (UID BODY.PEEK[]<0.1048576>)"],
            _ => ["UID FETCH 2 (UID INTERNALDATE)", "UID FETCH 2 (UID BODY.PEEK[]<0.1048576>)"],
        };
        let [date, part] = commands;
        [Expect(date), say("{tag} OK done\r\n"), Expect(part)]
    };
    let give = |uid: u32| {
        let end = format!("* {uid} FETCH (UID {uid} BODY[]<5> \"\")\r\n{{tag}} OK done\r\n");
        let text =
            format!("* {uid} FETCH (UID {uid} BODY[]<0> {{5}}\r\nhello)\r\n{{tag}} OK done\r\n");
        [say(&text), Expect("BODY.PEEK[]<5.1048576>"), say(&end)]
    };
    let script = [
        &opening()[..],
        &[say(&format!("{}{}{{tag}} OK done\r\n", large(1), large(2)))],
        &part(1),
        &give(1),
        &part(2),
        &give(2),
        &end(),
    ];
    let server = Arc::new(Server::start(vec![script.concat()]).await);
    let memory = Memory::activated();
    let (heard, listener) = (Arc::new(Mutex::new(String::new())), Arc::clone(&server));
    let seen = Arc::clone(&heard);
    memory.at_first_take(move || {
        std::thread::sleep(Duration::from_millis(300));
        *seen.lock().unwrap() = listener.heard().concat();
    });
    let allow = ImapAccount { message_bytes_max: 16 << 20, ..account(server.port) };
    let running = Running::imap(allow, &memory);
    running.taken(2).await;
    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains("FETCH 1 (") && !heard.contains("FETCH 2 ("), "{heard}");
    running.health(|health| health.state == HealthState::Ok && health.backlog == Some(0)).await;
    running.stop().await;
}
