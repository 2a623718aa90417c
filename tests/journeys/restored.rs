//! A mail server that is put back to a backup and gives numbers of lost mail to new mail.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use harness::{Mail, Needs, Server, Servers, journey};

use super::office::{INTERNAL, Office, Plan, SUPPORT, agnes, ann};

/// Copies a folder with everything in it, owners and all.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let status = Command::new("cp").arg("--archive").arg(from).arg(to).status()?;
    ensure!(status.success(), "{} is copied", from.display());
    Ok(())
}

/// Starts Dovecot, and Postfix anew, which else tries to check passwords by the one that is gone.
fn start(servers: &Servers) -> Result<()> {
    servers.control(Server::Imap, "start")?;
    servers.control(Server::Mta, "stop")?;
    servers.control(Server::Mta, "start")
}

/// A mail of the customer, delivered to Agnès as her `count`-th.
fn delivered(office: &Office<'_>, count: usize) -> Result<Mail> {
    office.servers.submit(&ann().write(SUPPORT, &[], &format!("mail {count}"), "Hello."))?;
    office.arrival(count)?;
    office.newest_mail(&agnes().address, count)
}

/// Agnès answers, the answers are recorded, and the server loses all but the first of them; then she
/// answers `new` mails, each of which comes under a number that was used before or behind it.
fn restore(answers: usize, new: usize) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let agnes = agnes();
        let mut office = Office::open(stage, &Plan::default())?;
        let servers = office.servers;
        office.ready(&agnes)?;
        let (maildir, backup) = (servers.maildir(INTERNAL)?, stage.folder().join("backup"));
        for number in 1..=answers {
            let copied = delivered(&office, number)?;
            servers.submit(&agnes.reply(&copied, &format!("Answer {number}.")))?;
            office.newest_mail(&ann().address, number)?;
            office.release(&agnes)?;
            if number == 1 {
                servers.control(Server::Imap, "stop")?;
                copy(&maildir, &backup)?;
                start(servers)?;
            }
        }
        let mut copies = Vec::new();
        for number in answers + 1..=answers + new {
            copies.push(delivered(&office, number)?);
            office.release(&agnes)?;
        }
        // INTERNALDATE has whole seconds.
        std::thread::sleep(std::time::Duration::from_secs(2));
        office.program.stop()?;
        servers.control(Server::Imap, "stop")?;
        fs::remove_dir_all(&maildir)?;
        copy(&backup, &maildir)?;
        start(servers)?;
        for (copied, number) in copies.iter().zip(answers + 1..) {
            servers.submit(&agnes.reply(copied, &format!("Answer {number}.")))?;
        }
        servers.wait_until_delivered()?;
        office.start()?;
        office.newest_mail(&ann().address, answers + new)?;
        let mut texts: Vec<String> =
            servers.mailbox(&ann().address)?.iter().map(Mail::text).collect();
        texts.sort();
        for (text, number) in texts.iter().zip(1..) {
            ensure!(text.starts_with(&format!("Answer {number}.")), "{texts:?}");
        }
        assert_eq!(office.all("ReplyReceived")?.len(), answers + new);
        assert_eq!(office.all("MailDuplicated")?.len(), 0);
        let reconciled = office.program.run(&["mail", "reconcile", "internal"])?;
        let said = String::from_utf8_lossy(&reconciled.stdout).into_owned();
        assert!(reconciled.status.success(), "{said}");
        Ok(())
    })
}

#[test]
fn a_reply_under_a_number_that_was_used_is_relayed() -> Result<()> {
    restore(3, 1)
}

#[test]
fn replies_up_to_and_beyond_the_highest_number_that_was_used_are_relayed() -> Result<()> {
    restore(3, 4)
}
