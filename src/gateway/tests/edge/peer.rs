//! Real servers: one Dovecot and one Postfix for all tests of this program.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gateway::{
    After, History, ImapAccount, ImapTimeouts, Login, Pop3Account, Pop3After, Pop3Timeouts, Secret,
    Security, Trust,
};

const USERS: u32 = 60;

/// The servers, with their ports and paths.
pub(crate) struct Peer {
    folder: PathBuf,
    values: HashMap<String, String>,
    users_given: AtomicU32,
}

/// A login of its own for a test.
pub(crate) struct User {
    pub(crate) address: String,
    pub(crate) maildir: PathBuf,
}

/// The servers; `None`, and a line that says so, where Dovecot is not installed.
pub(crate) fn dovecot() -> Option<&'static Peer> {
    static PEER: OnceLock<Option<Peer>> = OnceLock::new();
    let peer = PEER.get_or_init(|| start(None)).as_ref();
    if peer.is_none() {
        println!("skipped: Dovecot is not installed");
    }
    peer
}

/// Servers of their own, which ask `url` whose an access token is; `None` where they cannot run.
pub(crate) fn with_oauth(url: &str) -> Option<Peer> {
    let peer = start(Some(url)).filter(|peer| peer.value("MTA") == "1");
    if peer.is_none() {
        println!("skipped: this needs root, Dovecot 2.3 and the Debian package postfix");
    }
    peer
}

/// The servers with Postfix; `None`, and a line that says so, where it cannot run.
pub(crate) fn postfix() -> Option<&'static Peer> {
    let peer = dovecot()?;
    if peer.value("MTA") != "1" {
        println!("skipped: Postfix needs root and the Debian package postfix");
        return None;
    }
    Some(peer)
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/mailpeer")
}

fn start(oauth: Option<&str>) -> Option<Peer> {
    static STARTS: AtomicU32 = AtomicU32::new(0);
    let number = STARTS.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("postbook-edge-{}-{number}", std::process::id()));
    let users = USERS.to_string();
    // With an owner, the servers and their files go when this program ends, however it ends.
    let owner = std::process::id().to_string();
    let output = Command::new(script())
        .arg("start")
        .arg(&folder)
        .args(["--users", &users, "--owner", &owner])
        .args(oauth.iter().flat_map(|url| ["--oauth", url]))
        .output()
        .expect("mailpeer runs");
    if output.status.code() == Some(69) {
        return None;
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let values = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(Peer { folder, values, users_given: AtomicU32::new(0) })
}

impl Peer {
    fn value(&self, name: &str) -> &str {
        &self.values[name]
    }

    pub(crate) fn port(&self, name: &str) -> u16 {
        self.value(&format!("{name}_PORT")).parse().unwrap()
    }

    /// Trusts the servers' own authority.
    pub(crate) fn trust(&self) -> Trust {
        Trust::load(Some(Path::new(self.value("CA_FILE")))).unwrap()
    }

    /// A login that no other test uses.
    pub(crate) fn user(&self) -> User {
        let number = self.users_given.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(number <= USERS, "more users than the servers were started with");
        let address = format!("u{number}@customer.test");
        let maildir = Path::new(self.value("MAIL")).join(&address).join("Maildir");
        User { address, maildir }
    }

    /// Runs a command of the script, with `input` on its standard input.
    pub(crate) fn run(&self, command: &str, arguments: &[&str], input: &[u8]) -> String {
        let mut child = Command::new(script())
            .arg(command)
            .arg(&self.folder)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "mailpeer {command} {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Puts `count` messages into the user's inbox, numbered from 0 in their order.
    pub(crate) fn fill(&self, user: &User, count: usize, body: &str) {
        let mail = format!("Subject: filled\r\n\r\n{body}\r\n");
        self.run("fill", &[&user.address, &count.to_string()], mail.as_bytes());
    }

    /// Delivers one message by LMTP.
    pub(crate) fn deliver(&self, user: &User, subject: &str) {
        let mail = format!("From: jo@customer.test\r\nSubject: {subject}\r\n\r\nHello\r\n");
        self.run("deliver", &[&user.address], mail.as_bytes());
    }

    /// The user's inbox over plain IMAP, all of it, by polling.
    pub(crate) fn imap(&self, user: &User) -> ImapAccount {
        ImapAccount {
            host: "127.0.0.1".to_owned(),
            port: self.port("IMAP"),
            security: Security::PlainLoopback,
            user: user.address.clone(),
            login: Login::Password(Secret::new("pw")),
            folder: "INBOX".to_owned(),
            poll: Duration::from_millis(50),
            idle: false,
            message_bytes_max: 100 << 20,
            history: History::All,
            after: After::Nothing,
            timeouts: ImapTimeouts::default(),
            trust: self.trust(),
        }
    }

    /// The user's mailbox over plain POP3, all of it.
    pub(crate) fn pop3(&self, user: &User) -> Pop3Account {
        Pop3Account {
            host: "127.0.0.1".to_owned(),
            port: self.port("POP3"),
            security: Security::PlainLoopback,
            user: user.address.clone(),
            login: Login::Password(Secret::new("pw")),
            poll: Duration::from_millis(50),
            message_bytes_max: 100 << 20,
            history: History::All,
            after: Pop3After::Leave,
            timeouts: Pop3Timeouts::default(),
            trust: self.trust(),
        }
    }
}
