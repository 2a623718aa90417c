//! The programs that our ingestion is measured beside.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::office::SUPPORT;
use crate::peer::{PASSWORD, Peer};

/// The user `nobody` and its group, as in Debian.
const NOBODY: u32 = 65_534;

/// `mbsync` from IMAP to a Maildir; it writes each mail with fsync.
pub(crate) fn mbsync(peer: &Peer, folder: &Path, mails: usize) -> Result<Duration> {
    let path = folder.display();
    let configuration = folder.join("mbsyncrc");
    let text = format!(
        "IMAPAccount peer\nHost 127.0.0.1\nPort {}\nUser {SUPPORT}\nPass {PASSWORD}\nSSLType None\n\n\
         IMAPStore far\nAccount peer\n\n\
         MaildirStore near\nPath {path}/mail/\nInbox {path}/mail/INBOX\n\n\
         Channel pull\nFar :far:INBOX\nNear :near:INBOX\nSync Pull\nCreate Near\nSyncState *\n",
        peer.port("IMAP")?
    );
    fs::create_dir(folder.join("mail"))?;
    fs::write(&configuration, text)?;
    let mut command = Command::new("mbsync");
    command.arg("--quiet").arg("--config").arg(&configuration).arg("pull");
    timed(command, "isync", &folder.join("mail/INBOX"), mails)
}

/// `getmail` from POP3 to a Maildir; it writes each mail with fsync. It does not do so as root.
pub(crate) fn getmail(peer: &Peer, folder: &Path, mails: usize) -> Result<Duration> {
    let maildir = folder.join("mail");
    let parts = ["cur", "new", "tmp"].map(|name| maildir.join(name));
    for part in &parts {
        fs::create_dir_all(part)?;
    }
    let text = format!(
        "[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {}\n\
         username = {SUPPORT}\npassword = {PASSWORD}\n\n\
         [destination]\ntype = Maildir\npath = {}/\n\n\
         [options]\nread_all = true\ndelete = false\nverbose = 0\n",
        peer.port("POP3")?,
        maildir.display()
    );
    fs::write(folder.join("getmailrc"), text)?;
    let mut command = Command::new("getmail");
    command.arg(format!("--getmaildir={}", folder.display())).arg("--rcfile=getmailrc");
    if fs::metadata(folder)?.uid() == 0 {
        for path in parts.iter().chain([&maildir, &folder.to_owned()]) {
            chown(path, Some(NOBODY), Some(NOBODY))?;
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    timed(command, "getmail6", &maildir, mails)
}

/// Runs a program that puts `mails` mails into a Maildir.
fn timed(mut command: Command, package: &str, maildir: &Path, mails: usize) -> Result<Duration> {
    let start = Instant::now();
    let status = command.status();
    let took = start.elapsed();
    let status = status.with_context(|| format!("install the Debian package {package}"))?;
    ensure!(status.success(), "{package} failed, see above");
    let count = |name: &str| fs::read_dir(maildir.join(name)).map(Iterator::count);
    let found = count("new")? + count("cur")?;
    ensure!(found == mails, "{package} fetched {found} mails of {mails}");
    Ok(took)
}
