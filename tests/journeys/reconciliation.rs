//! `postbook mail reconcile`: what lies on the servers beside what the log says of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{Needs, Server, journey, within};
use serde_json::Value;

use super::imap::Imap;
use super::office::{LONG, Office, Plan, SALES, SUPPORT, ann, text};
use super::pop3::{self, ORDERS};

/// Copies a folder with everything in it, owners and all.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp").arg("--archive").arg(from).arg(to).status()?;
    ensure!(status.success(), "{} is copied", from.display());
    Ok(())
}

/// What the command says of a mailbox, and whether it ended with success.
pub(crate) fn reconcile(office: &Office<'_>, mailbox: &str) -> Result<(Value, bool)> {
    let output = office.program.run(&["mail", "reconcile", mailbox, "--json"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let told: Value = serde_json::from_slice(&output.stdout).context(said)?;
    Ok((told[0].clone(), output.status.success()))
}

/// Messages, recorded, history and backlog.
pub(crate) fn counts(told: &Value) -> Vec<u64> {
    let keys = ["messages", "recorded", "history", "backlog"];
    keys.iter().filter_map(|key| told[key].as_u64()).collect()
}

fn subjects(office: &Office<'_>) -> Result<Vec<String>> {
    Ok(office.all("ContactArrived")?.iter().map(|fact| fact.subject()).collect())
}

#[test]
fn a_mail_that_was_lost_is_found_and_comes_in_after_all() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let mut office = Office::install(stage, &Plan::default())?;
        let servers = office.servers;
        let deliver =
            |subject| servers.deliver(SUPPORT, &ann().write(SUPPORT, &[], subject, "Hello.").raw);
        deliver("history")?;
        office.start()?;
        deliver("one")?;
        office.arrival(1)?;
        let (told, clean) = reconcile(&office, "support")?;
        assert_eq!((counts(&told), clean), (vec![2, 1, 1, 0], true), "{told}");

        // A backup is made, a mail is deleted before we see it, and the backup brings it back.
        office.program.stop()?;
        deliver("lost")?;
        deliver("two")?;
        let (told, clean) = reconcile(&office, "support")?;
        assert_eq!((counts(&told), clean), (vec![4, 1, 1, 2], true), "{told}");
        let (maildir, backup) = (servers.maildir(SUPPORT)?, stage.folder().join("backup"));
        servers.control(Server::Imap, "stop")?;
        copy(&maildir, &backup)?;
        servers.control(Server::Imap, "start")?;
        let mut owner = Imap::login(servers, SUPPORT)?;
        for command in ["SELECT INBOX", "UID STORE 3 +FLAGS (\\Deleted)", "EXPUNGE", "LOGOUT"] {
            owner.run(command)?;
        }
        office.start()?;
        office.arrival(2)?;
        servers.control(Server::Imap, "stop")?;
        let failed = office.program.run(&["mail", "reconcile"])?;
        let said = String::from_utf8(failed.stdout)?;
        assert!(!failed.status.success() && said.contains("refuses connections"), "{said}");
        fs::remove_dir_all(&maildir)?;
        copy(&backup, &maildir)?;
        servers.control(Server::Imap, "start")?;
        within(LONG, "every mailbox is looked into again", || {
            let mut states = office.connections()?;
            states.retain(|(name, _)| name != "outgoing");
            Ok(states.iter().all(|(_, state)| state == "ok").then_some(()))
        })?;
        assert_eq!(subjects(&office)?, ["one", "two"]);
        lost(&office)?;

        // Under a new number it is new mail.
        let mut owner = Imap::login(servers, SUPPORT)?;
        let aside = ["CREATE Aside", "SELECT INBOX", "UID MOVE 3 Aside"];
        for command in [&aside[..], &["SELECT Aside", "UID MOVE 1 INBOX"]].concat() {
            owner.run(command)?;
        }
        office.arrival(3)?;
        assert_eq!(subjects(&office)?, ["one", "two", "lost"]);
        let told = office.program.text(&["mail", "reconcile"])?;
        assert!(told.contains("support") && !told.contains("WHY"), "{told}");
        office.program.stop()?;
        let (told, clean) = reconcile(&office, "support")?;
        assert_eq!((counts(&told), clean), (vec![4, 3, 1, 0], true), "{told}");
        Ok(())
    })
}

/// The mail with UID 3 is missing in the log.
fn lost(office: &Office<'_>) -> Result<()> {
    let (told, clean) = reconcile(office, "support")?;
    assert_eq!((counts(&told), clean), (vec![4, 2, 1, 0], false), "{told}");
    let found = told["unaccounted"].as_array().context("a list")?;
    assert_eq!(found.len(), 1, "{told}");
    assert!(text(&found[0], "mail").starts_with("uid 3 of "), "{told}");
    assert!(found[0]["size"].as_u64() > Some(100) && !text(&found[0], "received").is_empty());
    let printed = office.program.run(&["mail", "reconcile"])?;
    assert_eq!(printed.status.code(), Some(1));
    let said = String::from_utf8(printed.stdout)?;
    assert!(said.contains("mail behind it is recorded, and it is not"), "{said}");
    let said = String::from_utf8(printed.stderr)?;
    assert!(said.contains("1 mails are accounted for by no event"), "{said}");
    let (told, clean) = reconcile(office, "sales")?;
    assert_eq!((text(&told, "mailbox"), clean), ("sales".to_owned(), true), "{SALES}: {told}");
    let unknown = office.program.run(&["mail", "reconcile", "nobody"])?;
    let said = String::from_utf8(unknown.stderr)?;
    assert!(said.contains("there is no mailbox `nobody`; there are: internal, sales"), "{said}");
    Ok(())
}

#[test]
fn a_mail_that_a_pop3_server_lists_again_is_told_until_it_is_fetched() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let mut office = pop3::install(stage, ("POP3S", "tls"), "after = \"leave\"")?;
        let servers = office.servers;
        pop3::deliver(servers, "history")?;
        office.start()?;
        pop3::deliver(servers, "one")?;
        office.arrival(1)?;
        office.program.stop()?;
        pop3::deliver(servers, "lost")?;
        pop3::deliver(servers, "two")?;
        let (told, clean) = reconcile(&office, "orders")?;
        assert_eq!((counts(&told), clean), (vec![4, 1, 1, 2], true), "{told}");

        // A mail is deleted before we see it, and a backup brings it back.
        let (maildir, backup) = (servers.maildir(ORDERS)?, stage.folder().join("backup"));
        servers.control(Server::Imap, "stop")?;
        copy(&maildir, &backup)?;
        servers.control(Server::Imap, "start")?;
        let mut owner = Imap::login(servers, ORDERS)?;
        for command in ["SELECT INBOX", "UID STORE 3 +FLAGS (\\Deleted)", "EXPUNGE", "LOGOUT"] {
            owner.run(command)?;
        }
        office.start()?;
        office.arrival(2)?;
        office.program.stop()?;
        servers.control(Server::Imap, "stop")?;
        fs::remove_dir_all(&maildir)?;
        copy(&backup, &maildir)?;
        servers.control(Server::Imap, "start")?;
        let (told, clean) = reconcile(&office, "orders")?;
        assert_eq!((counts(&told), clean), (vec![4, 2, 1, 0], false), "{told}");
        let found = told["unaccounted"].as_array().context("a list")?;
        assert_eq!(found.len(), 1, "{told}");
        assert_eq!(text(&found[0], "why"), "mail behind it is recorded, and it is not");
        assert!(found[0]["size"].as_u64() > Some(100) && !text(&found[0], "received").is_empty());

        office.start()?;
        office.arrival(3)?;
        assert_eq!(subjects(&office)?, ["one", "two", "lost"]);
        let (told, clean) = reconcile(&office, "orders")?;
        assert_eq!((counts(&told), clean), (vec![4, 3, 1, 0], true), "{told}");
        Ok(())
    })
}

#[test]
fn a_file_that_another_program_took_and_one_recorded_twice_are_told() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let extra = "[[mailbox]]\nname = \"post\"\naddresses = [\"post@support.test\"]\n\
                     application = \"support\"\n\
                     maildir = { path = \"post\", poll_seconds = 1, message_bytes_max = 5000 }\n";
        let mut office =
            Office::install(stage, &Plan { extra: extra.to_owned(), ..Plan::default() })?;
        let post = office.program.folder().join("post");
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir_all(post.join(folder))?;
        }
        let put = |name: &str, body: &str| {
            let mail = ann().write("post@support.test", &[], "by file", body);
            fs::write(post.join(name), mail.raw)
        };
        put("cur/1.old:2,S", "history")?;
        office.start()?;
        put("new/2.mail", "mail")?;
        put("new/3.large", &"x".repeat(6000))?;
        office.arrival(1)?;
        office.wait_for("MailRefused", 1)?;
        let (told, clean) = reconcile(&office, "post")?;
        assert_eq!((counts(&told), clean), (vec![3, 2, 1, 0], true), "{told}");

        put("cur/4.taken:2,S", "taken")?;
        let (told, clean) = reconcile(&office, "post")?;
        assert_eq!((counts(&told), clean), (vec![4, 2, 1, 0], false), "{told}");
        assert_eq!(text(&told["unaccounted"][0], "mail"), "file 4.taken");
        fs::rename(post.join("cur/4.taken:2,S"), post.join("new/4.taken"))?;
        office.arrival(2)?;

        fs::rename(post.join("cur/3.large:2,"), post.join("new/3.large"))?;
        office.wait_for("MailRefused", 2)?;
        let (told, clean) = reconcile(&office, "post")?;
        assert_eq!((counts(&told), clean), (vec![4, 3, 1, 0], false), "{told}");
        let twice = told["repeated"].as_array().context("a list")?;
        assert_eq!((twice.len(), text(&twice[0], "mail").as_str()), (1, "file 3.large"));
        assert_eq!(twice[0]["positions"].as_array().map(Vec::len), Some(2));
        Ok(())
    })
}
