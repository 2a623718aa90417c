//! What happens on the server to recorded messages.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use gateway::{After, History, ImapAccount};

use crate::hostile_imap::account;
use crate::memory::{Memory, Running, uid};
use crate::peer::{Peer, User, dovecot};
use crate::script::{Server, Turn, say};

use Turn::{Expect, Line};

/// Runs commands as another client of the same mailbox; returns all answers.
pub(crate) fn by_hand(peer: &Peer, user: &User, commands: &[&str]) -> String {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, peer.port("IMAP"))).unwrap();
    let mut stream = BufReader::new(stream);
    let mut answers = String::new();
    let login = format!("LOGIN {} pw", user.address);
    for command in [&[login.as_str()], commands].concat() {
        stream.get_mut().write_all(format!("A {command}\r\n").as_bytes()).unwrap();
        let from = answers.len();
        while !answers[from..].lines().any(|line| line.starts_with("A ")) {
            assert_ne!(stream.read_line(&mut answers).unwrap(), 0, "{command}: {answers}");
        }
        assert!(answers[from..].contains("A OK"), "{command}: {answers}");
    }
    answers
}

/// How many messages a folder holds, and how many of them are unread.
pub(crate) fn counts(peer: &Peer, user: &User, folder: &str) -> (u32, u32) {
    let command = format!("STATUS \"{folder}\" (MESSAGES UNSEEN)");
    let answers = by_hand(peer, user, &[&command]);
    let line = answers.lines().find(|line| line.starts_with("* STATUS")).unwrap();
    let number = |name: &str| {
        let (_, rest) = line.split_once(name).unwrap();
        rest.trim().split([' ', ')']).next().unwrap().parse().unwrap()
    };
    (number("MESSAGES"), number("UNSEEN"))
}

fn moving(folder: &str) -> After {
    After::Move { folder: folder.to_owned() }
}

#[tokio::test]
async fn recorded_mail_is_left_marked_moved_or_deleted() {
    let Some(peer) = dovecot() else { return };
    let cases = [
        (After::Nothing, (3, 3), (0, 0)),
        (After::Seen, (3, 0), (0, 0)),
        (moving("Erledigt & gut"), (0, 0), (3, 3)),
        (After::Delete, (0, 0), (0, 0)),
    ];
    for (after, inbox, other) in cases {
        let user = peer.user();
        by_hand(peer, &user, &["CREATE \"Erledigt &- gut\""]);
        peer.fill(&user, 3, "hello");
        let account = ImapAccount { after: after.clone(), ..peer.imap(&user) };
        let running = Running::imap(account, &Memory::activated());
        running.healthy().await;
        assert_eq!(running.inbox.taken().len(), 3, "{after:?}");
        assert_eq!(counts(peer, &user, "INBOX"), inbox, "{after:?}");
        assert_eq!(counts(peer, &user, "Erledigt &- gut"), other, "{after:?}");
        running.stop().await;
    }
}

#[tokio::test]
async fn history_and_what_others_delete_is_not_touched() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.fill(&user, 2, "old");
    by_hand(peer, &user, &["SELECT INBOX", "STORE 1 +FLAGS (\\Deleted)"]);
    // Servers tell the time of receipt in whole seconds; what is in doubt is no history.
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let memory = Arc::new(Memory::default());
    let account =
        ImapAccount { history: History::FromNow, after: After::Delete, ..peer.imap(&user) };
    let running = Running::imap(account.clone(), &memory);
    running.healthy().await;
    peer.deliver(&user, "new");
    running.taken(1).await;
    gone(peer, &user, 2).await;
    running.stop().await;
    // Everything is offered anew, also what was history.
    peer.run("uidvalidity", &[&user.address], b"");
    let running = Running::imap(account, &memory);
    running.taken(3).await;
    running.healthy().await;
    assert_eq!(counts(peer, &user, "INBOX").0, 2);
    running.stop().await;
}

/// Waits until the inbox holds no more than `left` messages.
async fn gone(peer: &Peer, user: &User, left: u32) {
    for _ in 0..600 {
        if counts(peer, user, "INBOX").0 <= left {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(counts(peer, user, "INBOX").0, left);
}

#[tokio::test]
async fn case_006_a_refused_move_makes_no_second_contact_and_is_made_up_for() {
    let Some(peer) = dovecot() else { return };
    let user = peer.user();
    peer.deliver(&user, "one");
    let account = ImapAccount { after: moving("Done"), ..peer.imap(&user) };
    let running = Running::imap(account.clone(), &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("cannot be moved to the folder Done and stays"), "{message}");
    // New mail goes on to be recorded.
    peer.deliver(&user, "two");
    running.taken(2).await;
    assert_eq!(counts(peer, &user, "INBOX").0, 2);
    by_hand(peer, &user, &["CREATE Done"]);
    running.healthy().await;
    assert_eq!(counts(peer, &user, "INBOX").0, 0);
    assert_eq!(counts(peer, &user, "Done").0, 2);
    let inbox = Arc::clone(&running.inbox);
    running.stop().await;
    let running = Running::imap(account, &inbox);
    running.healthy().await;
    assert_eq!(inbox.taken().iter().map(uid).collect::<Vec<_>>(), [1, 2]);
    running.stop().await;
}

/// A server with these capabilities, up to the end of what it lists first.
fn session(capabilities: &str, first: &'static str, listing: &str) -> Vec<Turn> {
    vec![
        say("* OK ready\r\n"),
        Expect("CAPABILITY"),
        say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n"),
        Expect("AUTHENTICATE PLAIN"),
        say("+ \r\n"),
        Line,
        say("{tag} OK welcome\r\n"),
        Expect("CAPABILITY"),
        say(&format!("* CAPABILITY IMAP4rev1 {capabilities}\r\n{{tag}} OK done\r\n")),
        Expect("SELECT"),
        say("* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 6] x\r\n{tag} OK done\r\n"),
        Expect(first),
        say(&format!("{listing}{{tag}} OK done\r\n")),
    ]
}

/// The first session: two messages are fetched.
fn fetched(capabilities: &str) -> Vec<Turn> {
    let listing = "* 1 FETCH (UID 3 RFC822.SIZE 5)\r\n* 2 FETCH (UID 5 RFC822.SIZE 5)\r\n";
    let mut script = session(capabilities, "UID FETCH 1:*", listing);
    script.push(Expect("UID FETCH 3,5 (UID INTERNALDATE BODY.PEEK[])"));
    script.push(say("* 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n\
         * 2 FETCH (UID 5 BODY[] {5}\r\nworld)\r\n{tag} OK done\r\n"));
    script
}

/// A later session, in which nothing is new.
fn looked_back(capabilities: &str) -> Vec<Turn> {
    let mut script = session(capabilities, "UID FETCH 1:5 (UID INTERNALDATE)", "");
    // The last message is listed whatever its number is.
    let listing = say("* 2 FETCH (UID 5 RFC822.SIZE 5)\r\n{tag} OK done\r\n");
    script.extend([Expect("UID FETCH 6:* (UID RFC822.SIZE)"), listing]);
    script
}

#[tokio::test]
async fn case_006_a_cut_after_the_recording_makes_no_second_contact() {
    let mut first = fetched("UIDPLUS");
    first.push(Expect("UID STORE 3,5 +FLAGS.SILENT (\\Deleted)"));
    let mut second = looked_back("UIDPLUS");
    for command in ["UID STORE 3,5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 3,5"] {
        second.extend([Expect(command), say("{tag} OK done\r\n")]);
    }
    second.push(Turn::Hang);
    let server = Server::start(vec![first, second]).await;
    let account = ImapAccount { after: After::Delete, ..account(server.port) };
    let running = Running::imap(account, &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("while marking, moving or deleting recorded mail"), "{message}");
    running.healthy().await;
    assert_eq!(running.inbox.taken().iter().map(uid).collect::<Vec<_>>(), [3, 5]);
    running.stop().await;
}

#[tokio::test]
async fn without_move_mail_is_copied_once_and_removed_by_its_uid() {
    let mut first = fetched("UIDPLUS");
    first.extend([Expect("UID COPY 3,5 \"Done\""), say("{tag} OK done\r\n")]);
    first.push(Expect("UID STORE 3,5 +FLAGS.SILENT (\\Deleted)"));
    let mut second = looked_back("UIDPLUS");
    for command in ["UID STORE 3,5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 3,5"] {
        second.extend([Expect(command), say("{tag} OK done\r\n")]);
    }
    second.push(Turn::Hang);
    let server = Server::start(vec![first, second]).await;
    let account = ImapAccount { after: moving("Done"), ..account(server.port) };
    let running = Running::imap(account, &Memory::activated());
    running.failure().await;
    running.healthy().await;
    let heard = server.heard().concat();
    assert_eq!(heard.matches("UID COPY").count(), 1, "{heard}");
    running.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_remove_single_messages_is_told_and_nothing_is_removed() {
    let cases = [
        (After::Delete, "MOVE", "the server has no UIDPLUS"),
        (moving("Done"), "IDLE", "the server has no MOVE and no UIDPLUS"),
    ];
    for (after, capabilities, expected) in cases {
        let mut script = fetched(capabilities);
        script.push(Turn::Hang);
        let server = Server::start(vec![script]).await;
        let account = ImapAccount { after, ..account(server.port) };
        let running = Running::imap(account, &Memory::activated());
        let message = running.failure().await;
        assert!(message.contains(expected), "{message}");
        assert_eq!(running.inbox.taken().len(), 2);
        running.stop().await;
        let heard = server.heard().concat();
        let touched = ["STORE", "EXPUNGE", "COPY", "UID MOVE"];
        assert!(!touched.iter().any(|verb| heard.contains(verb)), "{heard}");
    }
}
