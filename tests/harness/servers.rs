//! A real Dovecot and Postfix for one journey, by way of `tools/mailpeer`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::dialogue::{Protocol, send, submit_to};
use crate::mail::{Mail, Outgoing};
use crate::wait::until;

const MAILPEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/mailpeer");
/// The exit code of mailpeer where Dovecot is missing.
const NOT_INSTALLED: i32 = 69;

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Dovecot: IMAP, POP3, LMTP and the passwords.
    Imap,
    /// Postfix: SMTP.
    Mta,
}

/// Running servers, removed when dropped, and also when the test process dies.
#[derive(Debug)]
pub struct Servers {
    folder: PathBuf,
    values: BTreeMap<String, String>,
}

impl Servers {
    /// Starts Dovecot, and Postfix where `mta` asks for it, with their files led to by `folder`.
    /// The inner error is the reason why this machine cannot.
    pub fn start(folder: &Path, mta: bool) -> Result<Result<Self, String>> {
        let owner = std::process::id().to_string();
        let mut command = mailpeer("start", folder);
        command.args(["--owner", &owner]);
        if !mta {
            command.arg("--no-mta");
        }
        let output = command.stdin(Stdio::null()).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.code() == Some(NOT_INSTALLED) {
            return Ok(Err(complaint));
        }
        if !output.status.success() {
            bail!("mailpeer does not start: {complaint}");
        }
        let values = String::from_utf8(output.stdout)?
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let servers = Self { folder: folder.to_owned(), values };
        if mta && servers.value("MTA")? != "1" {
            return Ok(Err("Postfix needs root and the package postfix".to_owned()));
        }
        Ok(Ok(servers))
    }

    /// A port by mailpeer's name for it: `IMAP`, `IMAPS`, `POP3`, `POP3S`, `LMTP`, `SMTP`, `SUBM`
    /// (STARTTLS and a login), `SMTPS` (TLS and a login).
    pub fn port(&self, name: &str) -> Result<u16> {
        Ok(self.value(&format!("{name}_PORT"))?.parse()?)
    }

    /// The certificate authority that signed the servers' certificate for `localhost`.
    pub fn authority(&self) -> Result<PathBuf> {
        Ok(self.value("CA_FILE")?.into())
    }

    /// Where the servers log.
    pub fn logs(&self) -> Result<PathBuf> {
        Ok(self.value("LOG")?.into())
    }

    /// Gives `address` a login.
    pub fn user(&self, address: &str, password: &str) -> Result<()> {
        self.order("user", [address, password])
    }

    /// Stops, starts, pauses (it accepts and never answers) or resumes one server.
    pub fn control(&self, server: Server, action: &str) -> Result<()> {
        let name = match server {
            Server::Imap => "imap",
            Server::Mta => "mta",
        };
        self.order(name, [action])
    }

    /// Makes Postfix answer `reply`, such as `450 4.7.1 later`, to mail for `address`; accepts it
    /// again when `reply` is empty.
    pub fn answer(&self, address: &str, reply: &str) -> Result<()> {
        self.order("answer", [address, reply])
    }

    /// Starts Postfix anew, so that it takes no mail of more than so many bytes.
    pub fn limit(&self, bytes: u32) -> Result<()> {
        self.order("limit", [&bytes.to_string()])
    }

    /// Gives the inbox of `address` a new UIDVALIDITY.
    pub fn change_uid_validity(&self, address: &str) -> Result<()> {
        self.order("uidvalidity", [address])
    }

    /// Puts a mail straight into a mailbox, by LMTP.
    pub fn deliver(&self, address: &str, mail: &[u8]) -> Result<()> {
        let recipients = [address.to_owned()];
        let port = self.port("LMTP")?;
        send(Protocol::Lmtp, port, "sender@customer.test", &recipients, mail)
    }

    /// Puts many mails into the inbox of `address` at once and in this order, as files of its
    /// Maildir: a thousand take less than a second.
    pub fn fill<'a>(&self, address: &str, mails: impl IntoIterator<Item = &'a [u8]>) -> Result<()> {
        static FILLS: AtomicU32 = AtomicU32::new(1);
        let root = Path::new(self.value("MAIL")?);
        let owner = fs::metadata(root)?;
        let home = root.join(address);
        let maildir = home.join("Maildir");
        let [tmp, new, cur] = ["tmp", "new", "cur"].map(|name| maildir.join(name));
        let own = |path: &Path| chown(path, Some(owner.uid()), Some(owner.gid()));
        for folder in [&home, &maildir, &tmp, &new, &cur] {
            fs::create_dir_all(folder)?;
            own(folder)?;
        }
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let fill = FILLS.fetch_add(1, Ordering::Relaxed);
        for (number, mail) in mails.into_iter().enumerate() {
            let name = format!("{seconds}.M{number:06}P{}F{fill}.filled", std::process::id());
            let staged = tmp.join(&name);
            fs::write(&staged, mail)?;
            own(&staged)?;
            fs::rename(staged, new.join(name))?;
        }
        Ok(())
    }

    /// Sends a mail through Postfix; the error is Postfix's own line.
    pub fn submit(&self, mail: &Outgoing) -> Result<()> {
        submit_to(self.port("SMTP")?, mail)
    }

    /// The Maildir of `address`.
    pub fn maildir(&self, address: &str) -> Result<PathBuf> {
        Ok(Path::new(self.value("MAIL")?).join(address).join("Maildir"))
    }

    /// All mails in the inbox of `address`, oldest first.
    pub fn mailbox(&self, address: &str) -> Result<Vec<Mail>> {
        let maildir = self.maildir(address)?;
        let mut found = Vec::new();
        for folder in ["cur", "new"] {
            let entries = match fs::read_dir(maildir.join(folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            for entry in entries {
                let path = entry?.path();
                match fs::read(&path) {
                    Ok(raw) => found.push((arrival(&path), Mail::new(raw))),
                    // A server moved it from new to cur meanwhile: look again.
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        return self.mailbox(address);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        found.sort_by_key(|(arrival, _)| *arrival);
        Ok(found.into_iter().map(|(_, mail)| mail).collect())
    }

    /// Waits until `address` has at least `count` mails, and gives them all, oldest first.
    pub fn wait_for_mail(&self, address: &str, count: usize) -> Result<Vec<Mail>> {
        until(&format!("{address} has {count} mails"), || {
            let mails = self.mailbox(address)?;
            Ok((mails.len() >= count).then_some(mails))
        })
    }

    /// Waits until Postfix holds no mail any more: what it took lies in its mailbox, or went back.
    pub fn wait_until_delivered(&self) -> Result<()> {
        let spool = Path::new(self.value("MAIL")?).with_file_name("spool");
        until("Postfix has delivered everything", || {
            for queue in ["maildrop", "incoming", "active", "deferred"] {
                match fs::read_dir(spool.join(queue)).map(|mut entries| entries.next().is_some()) {
                    Ok(true) => return Ok(None),
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                    Ok(false) | Err(_) => {}
                }
            }
            Ok(Some(()))
        })
    }

    fn value(&self, name: &str) -> Result<&str> {
        let value = self.values.get(name).map(String::as_str);
        value.with_context(|| format!("mailpeer did not say {name}"))
    }

    fn order<const N: usize>(&self, command: &str, arguments: [&str; N]) -> Result<()> {
        let output =
            mailpeer(command, &self.folder).args(arguments).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("mailpeer {command}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Where this fails, mailpeer removes them by itself when this process ends.
        let _ = self.order("remove", []);
    }
}

fn mailpeer(command: &str, folder: &Path) -> Command {
    let mut process = Command::new(MAILPEER);
    process.arg(command).arg(folder);
    process
}

/// The order of arrival that Dovecot writes into its file names: seconds, then microseconds.
fn arrival(path: &Path) -> (u64, u64) {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let (seconds, rest) = name.split_once('.').unwrap_or_default();
    let fraction: String =
        rest.trim_start_matches('M').chars().take_while(char::is_ascii_digit).collect();
    (seconds.parse().unwrap_or_default(), fraction.parse().unwrap_or_default())
}
