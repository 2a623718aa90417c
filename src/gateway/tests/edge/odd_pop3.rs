//! POP3 servers that lack something, miscount, or break at one message: what they have is fetched,
//! once, and nothing is deleted too early.

use gateway::{Pop3Account, Pop3After};

use crate::hostile_pop3::{QUIT, account, after, listed, listing, opening_with, outcome, retr};
use crate::memory::{Memory, Running, text, uidl};
use crate::script::{Server, Turn, say};

use Turn::Expect;

const HEADERS: [&str; 3] =
    ["Subject: one\r\n", "Subject: two\r\n", "Subject: three\r\nDate: now\r\n"];

/// A session that lists mails with these headers by number, as a server without UIDL.
fn unnamed(headers: &[&str], has_top: bool) -> Vec<Turn> {
    let mut script = opening_with(if has_top { "TOP\r\n" } else { "USER\r\n" });
    let count = headers.len();
    let sizes: String = (1..=count).map(|number| format!("{number} 20\r\n")).collect();
    script.extend([
        Expect("STAT"),
        say(&format!("+OK {count} 80\r\n")),
        Expect("LIST"),
        say(&format!("+OK\r\n{sizes}.\r\n")),
        Expect("UIDL"),
        say("-ERR what?\r\n"),
    ]);
    for header in headers {
        script.push(Expect("TOP"));
        if has_top {
            script.push(say(&format!("+OK\r\n{header}\r\n.\r\n")));
        } else {
            script.push(say("-ERR what?\r\n"));
            script.extend(retr("RETR", &format!("{header}\r\nHi")));
        }
    }
    script
}

#[tokio::test]
async fn without_unique_ids_the_header_names_a_message() {
    for has_top in [true, false] {
        let [one, two, three] = HEADERS;
        let mut first = unnamed(&[one, two], has_top);
        first.extend(retr("RETR 1", &format!("{one}\r\nHi")));
        first.extend(retr("RETR 2", &format!("{two}\r\nHi")));
        first.extend([QUIT, say("+OK\r\n")]);
        // Somebody deleted the first one, so that the others have other numbers now.
        let mut second = unnamed(&[two, three], has_top);
        second.extend(retr("RETR 2", &format!("{three}\r\nHi")));
        second.extend([QUIT, say("+OK\r\n")]);
        let third = after(unnamed(&[two, three], has_top), &[QUIT, say("+OK\r\n")]);
        let server = Server::start(vec![first, second, third]).await;
        let running = Running::pop3(account(server.port), &Memory::activated());
        running.taken(3).await;
        for _ in 0..200 {
            if server.heard().iter().filter(|line| line.starts_with("QUIT")).count() >= 3 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let subjects: Vec<String> = running.inbox.taken().iter().map(text).collect();
        assert_eq!(subjects, HEADERS.map(|header| format!("{header}\r\nHi\r\n")), "{has_top}");
        running.healthy().await;
        running.stop().await;
    }
}

/// A session that counts three messages and lists so many of them.
fn gap(messages: &[(u32, u64, &str)]) -> Vec<Turn> {
    let mut script = listing(opening_with("UIDL\r\n"), messages);
    let stat = script.iter().position(|turn| matches!(turn, Expect("STAT"))).unwrap();
    script[stat + 1] = say("+OK 3 15\r\n");
    script
}

const THREE: [(u32, u64, &str); 3] = [(1, 5, "a"), (2, 5, "b"), (3, 5, "c")];

#[tokio::test]
async fn case_012_a_server_that_counts_more_than_it_lists_is_told_and_fetched() {
    let (message, taken) = outcome(after(gap(&[]), &[QUIT, say("+OK\r\n")]), |_| {}).await;
    assert!(message.contains("counts 3 messages and lists 0: mail is missing"), "{message}");
    assert_eq!(taken, [""; 0]);

    let mut all = gap(&THREE);
    for number in ["RETR 1", "RETR 2", "RETR 3"] {
        all.extend(retr(number, "hello"));
    }
    all.extend([QUIT, say("+OK\r\n")]);
    // What is not listed for a while is not gone: it is not fetched again.
    let some = after(gap(&THREE[1..2]), &[QUIT, say("+OK\r\n")]);
    let again = after(gap(&THREE), &[QUIT, say("+OK\r\n")]);
    let server = Server::start(vec![all, some, again]).await;
    let running = Running::pop3(account(server.port), &Memory::activated());
    running.taken(3).await;
    running.failure().await;
    running.healthy().await;
    assert_eq!(running.inbox.taken().iter().map(uidl).collect::<Vec<_>>(), ["a", "b", "c"]);
    running.stop().await;
}

#[tokio::test]
async fn case_012_a_mailbox_is_not_activated_by_half_a_listing() {
    let half = after(gap(&THREE[..1]), &[QUIT, say("+OK\r\n")]);
    let whole = after(gap(&THREE), &[QUIT, say("+OK\r\n")]);
    let server = Server::start(vec![half, whole]).await;
    let account = Pop3Account { history: gateway::History::FromNow, ..account(server.port) };
    let running = Running::pop3(account, &std::sync::Arc::new(Memory::default()));
    running.failure().await;
    running.healthy().await;
    assert_eq!(running.inbox.taken(), [], "all of it is history");
    running.stop().await;
}

#[tokio::test]
async fn case_014_a_message_that_breaks_the_session_holds_up_no_other() {
    for broken in ["", "+OK\r\nhel", "what?\r\n"] {
        let breaks = || after(listed(), &[Expect("RETR 1"), say(broken)]);
        let mut others = listed();
        others.extend(retr("RETR 2", "world"));
        others.extend([QUIT, say("+OK\r\n")]);
        let mut alone = listed();
        alone.extend(retr("RETR 1", "hello"));
        alone.extend([QUIT, say("+OK\r\n")]);
        let server = Server::start(vec![breaks(), others, breaks(), alone]).await;
        let running = Running::pop3(account(server.port), &Memory::activated());
        running.taken(1).await;
        assert!(running.failure().await.contains("while fetching"), "{broken:?}");
        running.taken(2).await;
        running.healthy().await;
        let taken: Vec<String> = running.inbox.taken().iter().map(uidl).collect();
        assert_eq!(taken, ["b", "a"], "{broken:?}");
        running.stop().await;
    }
}

#[tokio::test]
async fn what_came_before_a_cut_is_recorded() {
    let mut cut = listed();
    cut.extend(retr("RETR 1", "hello"));
    cut.extend([Expect("RETR 2"), say("+OK\r\nwor")]);
    let (message, taken) = outcome(cut, |_| {}).await;
    assert!(message.contains("was cut while fetching"), "{message}");
    assert_eq!(taken, ["a"]);
}

/// The last lines of a session in which both messages are fetched and deleted.
fn deleting() -> Vec<Turn> {
    let mut script = listed();
    script.extend(retr("RETR 1", "hello"));
    script.extend(retr("RETR 2", "world"));
    script.extend(
        ["DELE 1", "DELE 2", "QUIT"].into_iter().flat_map(|line| [Expect(line), say("+OK\r\n")]),
    );
    script
}

#[tokio::test]
async fn case_019_and_024_nothing_is_deleted_before_all_of_it_is_recorded() {
    let until_fetched = deleting().len() - 6;
    for turns in 0..until_fetched {
        let mut script = deleting();
        script.truncate(turns);
        let server = Server::start(vec![script]).await;
        let account = Pop3Account { after: Pop3After::Delete, ..account(server.port) };
        let running = Running::pop3(account, &Memory::activated());
        running.failure().await;
        running.stop().await;
        let heard = server.heard().concat();
        assert!(!heard.contains("DELE") && !heard.contains("QUIT"), "{turns}: {heard}");
    }
    // The inbox fails as on a full disk.
    let server = Server::start(vec![deleting()]).await;
    let memory = Memory::activated();
    memory.fail_next(1);
    let account = Pop3Account { after: Pop3After::Delete, ..account(server.port) };
    let running = Running::pop3(account, &memory);
    assert!(running.failure().await.contains("the disk is full"));
    assert!(!server.heard().concat().contains("DELE"));
    running.taken(2).await;
    running.healthy().await;
    running.stop().await;
    let heard = server.heard().concat();
    assert!(heard.contains("DELE 1\r\nDELE 2\r\nQUIT"), "{heard}");
}

#[tokio::test]
async fn case_023_a_blip_of_the_network_is_passed_over() {
    let mut good = listed();
    good.extend(retr("RETR 1", "hello"));
    good.extend(retr("RETR 2", "world"));
    good.extend([QUIT, say("+OK\r\n")]);
    let busy = vec![say("-ERR too many connections\r\n")];
    let server = Server::start(vec![vec![], busy, good]).await;
    let running = Running::pop3(account(server.port), &Memory::activated());
    running.failure().await;
    running.taken(2).await;
    running.healthy().await;
    running.stop().await;
    let heard = server.heard();
    assert_eq!(heard.iter().filter(|line| line.starts_with("PASS")).count(), 1, "{heard:?}");
}

#[tokio::test]
async fn a_message_that_comes_short_is_recorded_at_last_and_not_deleted() {
    let messages = [(1, 300, "a"), (2, 5, "b")];
    let session = |deleted: &'static str| {
        let mut script = listing(opening_with("UIDL\r\n"), &messages);
        // It ends as if that was all of it.
        script.extend(retr("RETR 1", ""));
        script.extend(retr("RETR 2", "world"));
        script
            .extend([deleted, "QUIT"].into_iter().flat_map(|line| [Expect(line), say("+OK\r\n")]));
        script
    };
    let only_a = || listing(opening_with("UIDL\r\n"), &messages[..1]);
    let mut again = only_a();
    again.extend(retr("RETR 1", ""));
    again.extend([QUIT, say("+OK\r\n")]);
    let idle = after(only_a(), &[QUIT, say("+OK\r\n")]);
    let server = Server::start(vec![session("DELE 2"), again, idle]).await;
    let account = Pop3Account { after: Pop3After::Delete, ..account(server.port) };
    let running = Running::pop3(account, &Memory::activated());
    let message = running.failure().await;
    assert!(message.contains("of the message a came 2 of 300 bytes"), "{message}");
    assert_eq!(running.inbox.taken().iter().map(uidl).collect::<Vec<_>>(), ["b"]);
    running.taken(2).await;
    running.healthy().await;
    running.stop().await;
    let heard = server.heard().concat();
    assert!(heard.contains("DELE 2") && !heard.contains("DELE 1"), "{heard}");
}
