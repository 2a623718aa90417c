//! Memory: the peak of `postbook serve` above its idle while a large mail goes through it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::measure::resident_bytes_of;
use crate::office::{AGENT_ADDRESS, APPLICATION, INTERNAL, SUPPORT};
use crate::peer::{PASSWORD, Peer};
use crate::report::{Report, rounded};

/// What to send.
#[derive(Args)]
pub(crate) struct Options {
    /// Megabytes of the mail, and of the reply.
    #[arg(long, default_value_t = 50)]
    megabytes: usize,
    /// A folder for the installation.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// The program that starts the mail servers.
    #[arg(long, default_value = "tools/mailpeer")]
    mailpeer: PathBuf,
    /// The program to be measured.
    #[arg(long, default_value = "target/release/postbook")]
    program: PathBuf,
}

const CUSTOMER: &str = "jo@customer.test";
/// No step takes longer unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);
/// So long nothing happens before memory counts as idle.
const IDLE: Duration = Duration::from_secs(3);

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let peer = Peer::start(&options.mailpeer, true)?;
    for address in [SUPPORT, INTERNAL] {
        peer.user(address)?;
    }
    let folder = tempfile::tempdir_in(&options.folder).context("a folder to work in")?;
    let program = Program::start(&options.program, &peer, folder.path())?;
    let size = options.megabytes * 1_000_000;
    let mut report = Report::new(
        "resident memory of `postbook serve` while one large mail goes through it",
        &["what", "idle MB", "peak MB", "peak above idle MB"],
    );
    let mut row = |what: &str, idle: u64, peak: u64| {
        let figures = [idle, peak, peak.saturating_sub(idle)];
        let figures = figures.map(|bytes| rounded(bytes as f64 / 1e6));
        report.row([what.into()].into_iter().chain(figures));
    };
    let idle = program.idle()?;
    let head =
        format!("From: Jo <{CUSTOMER}>\r\nTo: {SUPPORT}\r\nMessage-ID: <1@customer.test>\r\n");
    peer.deliver(SUPPORT, &large(&head, size))?;
    program.until_shown(&["queue", "support", "--json"], "\"contact\"")?;
    row("a mail comes in by IMAP, to a queue", idle, program.peak()?);
    program.idle()?;
    program.text(&["agent", "ready", "1001"])?;
    let copy = arrived(&peer, AGENT_ADDRESS)?;
    row("its copy goes to an agent by SMTP", idle, program.peak()?);
    program.idle()?;
    let answer_to = reply_to(&copy).context("the copy says where answers go")?;
    let head = format!(
        "From: Agent <{AGENT_ADDRESS}>\r\nTo: {answer_to}\r\nMessage-ID: <2@agents.test>\r\n"
    );
    peer.deliver(INTERNAL, &large(&head, size))?;
    arrived(&peer, CUSTOMER)?;
    row("a reply comes back, and goes to the customer", idle, program.peak()?);
    row("afterwards", idle, program.idle()?);
    Ok(report)
}

/// A mail with an attachment, `size` bytes in all.
fn large(head: &str, size: usize) -> Vec<u8> {
    let mut mail = format!(
        "{head}Subject: The pictures\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
         Here they are.\r\n--b\r\nContent-Type: image/x-raw; name=pictures.raw\r\n\
         Content-Disposition: attachment; filename=pictures.raw\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    let line = [&[b'A'; 76][..], b"\r\n"].concat();
    while mail.len() + line.len() < size {
        mail.extend_from_slice(&line);
    }
    mail.extend_from_slice(b"--b--\r\n");
    mail
}

/// Waits for the first mail of an address.
fn arrived(peer: &Peer, address: &str) -> Result<Vec<u8>> {
    let folder = Path::new(peer.value("MAIL")?).join(address).join("Maildir/new");
    let start = Instant::now();
    loop {
        if let Some(entry) = fs::read_dir(&folder).ok().and_then(|mut entries| entries.next()) {
            return Ok(fs::read(entry?.path())?);
        }
        ensure!(start.elapsed() < PATIENCE, "no mail came to {address}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn reply_to(copy: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(copy.get(..copy.len().min(8_192))?).into_owned();
    let line = head.lines().find_map(|line| line.strip_prefix("Reply-To: "))?;
    Some(line.trim_matches(['<', '>', ' ']).to_owned())
}

/// `postbook serve` at work.
struct Program {
    program: PathBuf,
    folder: PathBuf,
    child: Child,
}

impl Program {
    fn start(program: &Path, peer: &Peer, folder: &Path) -> Result<Self> {
        let program = program.canonicalize().with_context(|| {
            format!("{} is needed: cargo build --release -p postbook", program.display())
        })?;
        fs::write(folder.join("postbook.toml"), configuration(peer)?)?;
        fs::write(folder.join("password"), PASSWORD)?;
        fs::write(folder.join("support.toml"), APPLICATION)?;
        let log = fs::File::create(folder.join("serve.log"))?;
        let child = Command::new(&program)
            .arg("serve")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let started = Self { program, folder: folder.to_owned(), child };
        started.until_shown(&["status", "--json"], "connections")?;
        Ok(started)
    }

    /// Waits until nothing happens any more, and begins to look for a new peak. The bytes resident
    /// now.
    fn idle(&self) -> Result<u64> {
        std::thread::sleep(IDLE);
        // Makes the peak what is resident now (man proc, clear_refs).
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        Ok(resident_bytes_of(self.child.id())?.0)
    }

    /// The most bytes that were resident since the last `idle`.
    fn peak(&self) -> Result<u64> {
        // What was sent may still be on its way into the log.
        std::thread::sleep(Duration::from_millis(500));
        Ok(resident_bytes_of(self.child.id())?.1)
    }

    fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            bail!("postbook {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Waits until a subcommand succeeds and prints `wanted`.
    fn until_shown(&self, arguments: &[&str], wanted: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            match self.text(arguments) {
                Ok(printed) if printed.contains(wanted) => return Ok(()),
                other if start.elapsed() > PATIENCE => {
                    let log = fs::read_to_string(self.folder.join("serve.log"))?;
                    bail!("postbook {arguments:?} does not show {wanted}: {other:?}\n{log}");
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(peer: &Peer) -> Result<String> {
    let imap = |user: &str| -> Result<String> {
        Ok(format!(
            "imap = {{ host = \"localhost\", port = {}, security = \"plain-loopback\", \
             user = \"{user}\", password_file = \"password\", history = \"all\", \
             poll_seconds = 1 }}",
            peer.port("IMAP")?
        ))
    };
    Ok(format!(
        "data = \"data\"\n[verification]\ncheck = \"off\"\n\
         [internal]\nname = \"internal\"\naddress = \"{INTERNAL}\"\n{internal}\n\
         [outgoing]\nsender = \"bounces@support.test\"\n\
         smtp = {{ host = \"localhost\", port = {smtp}, security = \"plain-loopback\" }}\n\
         [[mailbox]]\nname = \"support\"\naddresses = [\"{SUPPORT}\"]\napplication = \"support\"\n\
         {support}\n\
         [[application]]\nname = \"support\"\nfile = \"support.toml\"\n\
         [[queue]]\nname = \"support\"\n\
         [[agent]]\nnumber = 1001\nname = \"Jo Agent\"\naddress = \"{AGENT_ADDRESS}\"\n\
         queues = [\"support\"]\ncapacity = 5\n",
        internal = imap(INTERNAL)?,
        smtp = peer.port("SMTP")?,
        support = imap(SUPPORT)?,
    ))
}
