//! A mailbox that is fetched by POP3: whatever is killed or full, no mail comes twice and none is lost.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;

use anyhow::{Context, Result, ensure};
use harness::{Mail, Needs, Servers, Stage, journey, skip, within};

use super::disk::Disk;
use super::happenings::Happening;
use super::office::{INTERNAL, LONG, Office, PASSWORD, Plan, SUPPORT, agnes, ann};
use super::reconciliation::{counts, reconcile};
use super::trouble::configure;

/// The mailbox that is fetched by POP3.
pub(crate) const ORDERS: &str = "orders@support.test";

/// Sets a contact centre up that fetches one more mailbox by POP3, and starts nothing.
pub(crate) fn install<'a>(
    stage: &'a Stage,
    (port, security): (&str, &str),
    more: &str,
) -> Result<Office<'a>> {
    let servers = stage.servers()?;
    servers.user(ORDERS, PASSWORD)?;
    let extra = format!(
        "[[mailbox]]\nname = \"orders\"\naddresses = [\"{ORDERS}\"]\napplication = \"support\"\n\
         [mailbox.pop3]\nhost = \"localhost\"\nport = {}\nsecurity = \"{security}\"\n\
         user = \"{ORDERS}\"\npassword_file = \"password\"\npoll_seconds = 1\n{more}\n",
        servers.port(port)?
    );
    Office::install(stage, &Plan { extra, ..Plan::default() })
}

/// Puts a mail into it.
pub(crate) fn deliver(servers: &Servers, subject: &str) -> Result<()> {
    servers.deliver(ORDERS, &ann().write(ORDERS, &[], subject, "Hello.").raw)
}

fn subjects(office: &Office<'_>) -> Result<Vec<String>> {
    Ok(office.all("ContactArrived")?.iter().map(Happening::subject).collect())
}

/// Waits until so many mails are left on the server.
fn left(servers: &Servers, count: usize) -> Result<()> {
    within(LONG, &format!("{count} mails lie on the server"), || {
        Ok((servers.mailbox(ORDERS)?.len() == count).then_some(()))
    })
}

#[test]
fn mail_that_is_left_comes_once_whatever_is_restarted() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let mut office = install(stage, ("POP3S", "tls"), "after = \"leave\"")?;
        let servers = office.servers;
        deliver(servers, "history")?;
        office.start()?;
        deliver(servers, "one")?;
        deliver(servers, "two")?;
        office.arrival(2)?;
        office.program.kill()?;
        deliver(servers, "three")?;
        office.start()?;
        office.arrival(3)?;
        office.program.stop()?;
        office.start()?;
        deliver(servers, "four")?;
        office.arrival(4)?;
        assert_eq!(subjects(&office)?, ["one", "two", "three", "four"]);
        assert_eq!(office.all("MailDuplicated")?.len(), 0);
        assert_eq!(servers.mailbox(ORDERS)?.len(), 5);
        let (told, clean) = reconcile(&office, "orders")?;
        assert_eq!((counts(&told), clean), (vec![5, 4, 1, 0], true), "{told}");
        office.verify()
    })
}

/// After every kill, each mail lies on the server or is in the log.
#[test]
fn case_003_and_007_mail_is_deleted_once_it_is_recorded_whenever_it_is_killed() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let settings = "after = \"delete\"\nhistory = \"all\"";
        let mut office = install(stage, ("POP3", "starttls"), settings)?;
        let servers = office.servers;
        let names: BTreeSet<String> = (1..=301).map(|number| format!("mail {number}")).collect();
        let mut mails: Vec<Vec<u8>> = (1..=301)
            .map(|number| ann().write(ORDERS, &[], &format!("mail {number}"), "Hello.").raw)
            .collect();
        mails[249] = b"\xff no header at all\r\n\xfe\r\n".to_vec();
        servers.fill(ORDERS, mails.iter().map(Vec::as_slice))?;
        for events in [2, 60, 250, 290, 301] {
            office.program.start(&["status"])?;
            within(LONG, "some of it is recorded", || {
                Ok((recorded(&office)? >= events).then_some(()))
            })?;
            office.program.kill()?;
            let on_server: BTreeSet<String> =
                servers.mailbox(ORDERS)?.iter().map(|mail| mail.field("Subject")).collect();
            let known: BTreeSet<String> = subjects(&office)?.into_iter().collect();
            let lost: Vec<&String> = names
                .iter()
                .filter(|name| !on_server.contains(*name) && !known.contains(*name))
                .collect();
            ensure!(lost.is_empty() || lost == ["mail 250"], "lost: {lost:?}");
        }
        deliver(servers, "the last")?;
        office.start()?;
        left(servers, 0)?;
        let arrived = subjects(&office)?;
        assert_eq!(arrived.len(), 301, "300 mails and the last one");
        assert_eq!(arrived.iter().collect::<BTreeSet<_>>().len(), 301, "none comes twice");
        assert_eq!(office.all("MailSetAside")?.len(), 1);
        let (told, clean) = reconcile(&office, "orders")?;
        assert_eq!((counts(&told), clean), (vec![0, 0, 0, 0], true), "{told}");
        office.verify()
    })
}

/// How many mails the log accounts for.
fn recorded(office: &Office<'_>) -> Result<usize> {
    Ok(office.all("ContactArrived")?.len() + office.all("MailSetAside")?.len())
}

#[test]
fn an_answer_that_comes_back_by_pop3_is_relayed_once() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::install(stage, &Plan::default())?;
        let servers = office.servers;
        let account = |key: &str, port: u16, seconds: u32, more: &str| {
            format!(
                "{key} = {{ host = \"localhost\", port = {port}, security = \"starttls\", \
                 user = \"{INTERNAL}\", password_file = \"password\", \
                 poll_seconds = {seconds}{more} }}"
            )
        };
        let imap = account("imap", servers.port("IMAP")?, 3600, "");
        let pop3 = account("pop3", servers.port("POP3")?, 1, ", after = \"delete\"");
        configure(&office, &imap, &pop3)?;
        office.start()?;
        office.ready(&agnes())?;
        servers.deliver(SUPPORT, &ann().write(SUPPORT, &[], "parcel", "Where is it?").raw)?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        servers.submit(&agnes().reply(&copy, "Here it is."))?;
        let relayed = office.newest_mail(&ann().address, 1)?;
        assert!(relayed.text().starts_with("Here it is."), "{}", relayed.text());
        within(LONG, "the answer is deleted", || {
            Ok(servers.mailbox(INTERNAL)?.is_empty().then_some(()))
        })?;
        // A kill before that is recorded leaves it uncertain.
        office.wait_for("ReplyRelayed", 1)?;
        office.restart()?;
        assert_eq!(office.settled()?.len(), 0);
        assert_eq!(servers.mailbox(&ann().address)?.len(), 1);
        assert_eq!(office.all("ReplyReceived")?.len(), 1);
        Ok(())
    })
}

/// Dovecot ends a mail that it cannot read as if it was complete.
#[test]
fn a_mail_that_the_server_cannot_read_is_not_deleted() -> Result<()> {
    journey(Needs::Imap, |stage| {
        let settings = "after = \"delete\"\nhistory = \"all\"";
        let mut office = install(stage, ("POP3S", "tls"), settings)?;
        let servers = office.servers;
        deliver(servers, "damaged")?;
        let new = servers.maildir(ORDERS)?.join("new");
        let file = fs::read_dir(&new)?.next().context("it was delivered")??.path();
        OpenOptions::new().append(true).open(&file)?.write_all(&b"longer\r\n".repeat(9_000))?;
        deliver(servers, "whole")?;
        office.start()?;
        left(servers, 1)?;
        office.wait_for("MailSetAside", 1)?;
        assert_eq!(subjects(&office)?, ["whole"]);
        office.restart()?;
        let kept = servers.mailbox(ORDERS)?;
        assert_eq!(kept.iter().map(Mail::subject).collect::<Vec<_>>(), ["damaged"]);
        assert_eq!(office.all("MailSetAside")?.len(), 1);
        Ok(())
    })
}

#[test]
fn case_024_a_full_disk_deletes_nothing_on_a_pop3_server() -> Result<()> {
    for (left_kib, words) in [(10 * 1024, "the disk is full"), (0, "is full: make space")] {
        full_disk(left_kib, words)?;
    }
    Ok(())
}

/// Plays the journey with so many KiB left; `words` is what the operator reads.
fn full_disk(left_kib: u64, words: &str) -> Result<()> {
    journey(Needs::Imap, |stage| {
        let disk = match Disk::mount(&stage.folder().join("installation/data"))? {
            Ok(disk) => disk,
            Err(reason) => return skip(&format!("no small file system can be mounted: {reason}")),
        };
        let mut office = install(stage, ("POP3S", "tls"), "after = \"delete\"")?;
        let servers = office.servers;
        office.start()?;
        deliver(servers, "before")?;
        left(servers, 0)?;
        disk.fill(left_kib)?;
        deliver(servers, "meanwhile")?;
        deliver(servers, "meanwhile, too")?;
        within(LONG, &format!("the operator reads `{words}`"), || {
            ensure!(office.program.exited()?.is_none(), "the program gave up");
            let status = office.program.run(&["status"])?;
            let status = String::from_utf8_lossy(&status.stdout).into_owned();
            Ok((status.contains(words) || office.program.log().contains(words)).then_some(()))
        })?;
        assert_eq!(servers.mailbox(ORDERS)?.len(), 2, "mail stays on the server");
        disk.empty()?;
        // Asked first, since `log tail` would read, and so hold, a folder without a server.
        within(LONG, "the program works again", || {
            Ok(office.program.run(&["status"])?.status.success().then_some(()))
        })?;
        left(servers, 0)?;
        assert_eq!(subjects(&office)?, ["before", "meanwhile", "meanwhile, too"]);
        office.verify()
    })
}
