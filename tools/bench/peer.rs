//! A real Dovecot and Postfix for one measurement, by way of `tools/mailpeer`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Every login of these servers has this password.
pub(crate) const PASSWORD: &str = "bench";

/// Running servers; they end when dropped.
pub(crate) struct Peer {
    program: PathBuf,
    folder: tempfile::TempDir,
    values: BTreeMap<String, String>,
}

impl Peer {
    /// Starts Dovecot, and Postfix where `mta` asks for it. Mail lies in memory, so that the
    /// servers do not share the disk that is measured.
    pub(crate) fn start(program: &Path, mta: bool) -> Result<Self> {
        let folder = tempfile::tempdir().context("a folder for the servers")?;
        let mut peer = Self { program: program.to_owned(), folder, values: BTreeMap::new() };
        let owner = std::process::id().to_string();
        let mut options = vec!["--owner", &owner];
        if !mta {
            options.push("--no-mta");
        }
        let told = peer.run("start", &options, b"")?;
        peer.values = told
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        ensure!(
            !mta || peer.value("MTA")? == "1",
            "Postfix is needed: install the Debian package postfix, and run as root"
        );
        Ok(peer)
    }

    /// What `mailpeer env` says under `name`.
    pub(crate) fn value(&self, name: &str) -> Result<&str> {
        self.values.get(name).map(String::as_str).with_context(|| format!("mailpeer has no {name}"))
    }

    /// A port by its name, such as `IMAP`.
    pub(crate) fn port(&self, name: &str) -> Result<u16> {
        Ok(self.value(&format!("{name}_PORT"))?.parse()?)
    }

    /// Makes a login.
    pub(crate) fn user(&self, address: &str) -> Result<()> {
        self.run("user", &[address, PASSWORD], b"").map(drop)
    }

    /// Puts `count` copies of a mail into a mailbox, each with its own Message-ID, and has the
    /// server read its folder once.
    pub(crate) fn fill(&self, address: &str, count: usize, mail: &[u8]) -> Result<()> {
        self.run("fill", &[address, &count.to_string()], mail)?;
        let listed = self.run("list", &[address], b"")?.lines().count();
        ensure!(listed > count, "the server lists {listed} lines for {count} mails");
        Ok(())
    }

    /// Puts a mail into a mailbox by LMTP.
    pub(crate) fn deliver(&self, address: &str, mail: &[u8]) -> Result<()> {
        self.run("deliver", &[address], mail).map(drop)
    }

    /// Has Postfix keep in its queue what it takes for an address, or pass it on again.
    pub(crate) fn hold(&self, address: &str, hold: bool) -> Result<()> {
        let arguments: &[&str] = if hold { &[address, "HOLD"] } else { &[address] };
        self.run("answer", arguments, b"").map(drop)
    }

    fn run(&self, command: &str, arguments: &[&str], input: &[u8]) -> Result<String> {
        let mut child = Command::new(&self.program)
            .arg(command)
            .arg(self.folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(input)?;
        }
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "mailpeer {command} failed, see above");
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The servers also end by themselves once this process is gone.
        let _ = self.run("remove", &[], b"");
    }
}
