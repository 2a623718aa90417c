//! Latency: from a mail in the public mailbox to its copy in the agent's mailbox.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use event::{MailboxName, Mark};
use gateway::{
    Activation, Fetched, HealthCell, History, Inbox, InboxError, Intake, Rates, Reached,
    SmtpSender, Stopper, Target, run_imap, run_outbound,
};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::measure::Durations;
use crate::office::{self, AGENT_ADDRESS, Office, SUPPORT};
use crate::peer::Peer;
use crate::report::{Report, rounded};

/// What to send.
#[derive(Args)]
pub(crate) struct Options {
    /// How many mails, one after the other.
    #[arg(long, default_value_t = 200)]
    mails: usize,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// The program that starts the mail servers.
    #[arg(long, default_value = "tools/mailpeer")]
    mailpeer: PathBuf,
}

const STAGES: [&str; 4] = [
    "server: in the mailbox, to fetched by IDLE",
    "us: fetched, to MAIL FROM",
    "SMTP: MAIL FROM, to in the agent's mailbox",
    "in all",
];
/// How often the agent's mailbox is looked at.
const LOOK: Duration = Duration::from_millis(1);
/// No mail takes longer unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// When the mail that is under way got where.
#[derive(Clone, Default)]
struct Times {
    fetched: Arc<Mutex<Option<Instant>>>,
    sending: Arc<Mutex<Option<Instant>>>,
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let peer = Peer::start(&options.mailpeer, true)?;
    peer.user(SUPPORT)?;
    let folder = tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut durations = runtime.block_on(measure(&peer, folder.path(), options.mails))?;
    let mut report = Report::new(
        "mail in the public mailbox to mail in the agent's mailbox, IDLE on",
        &["from, to", "mails", "p50 ms", "p90 ms", "p99 ms"],
    );
    for (name, durations) in STAGES.into_iter().zip(&mut durations) {
        let quantiles = [500, 900, 990].map(|permille| durations.quantile_ms(permille));
        let row = [Value::from(name), Value::from(options.mails)].into_iter();
        report.row(row.chain(quantiles.map(rounded)));
    }
    Ok(report)
}

async fn measure(peer: &Peer, folder: &Path, mails: usize) -> Result<[Durations; 4]> {
    let office = Office::open(folder).await?;
    office.ready().await?;
    let times = Times::default();
    let (stopper, stop) = Stopper::new();
    let inbox = Arc::new(Timed { intake: office.intake()?, times: times.clone() });
    let account = office::account(peer, History::All)?;
    let health = HealthCell::new();
    let fetching = tokio::spawn(run_imap(office::mailbox()?, account, inbox, health, stop.clone()));
    let outbound = office.outbound()?;
    let target =
        Target::Smtp(SmtpSender::new(office::smtp_account(watched(peer, times.clone()).await?)?));
    let sending = tokio::spawn(run_outbound(
        outbound,
        vec![target],
        Rates::default(),
        HealthCell::new(),
        stop,
    ));
    let agent = Path::new(peer.value("MAIL")?).join(AGENT_ADDRESS).join("Maildir/new");
    let mut durations: [Durations; 4] = Default::default();
    // The first mail finds connections that are not there yet, and does not count.
    for number in 0..=mails {
        let taken = one(peer, number, &times, &agent).await?;
        if number > 0 {
            for (durations, taken) in durations.iter_mut().zip(taken) {
                durations.extend([taken]);
            }
        }
        // Until the engine has recorded it and the mailbox waits in IDLE again.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stopper.stop();
    fetching.await?;
    sending.await?;
    office.engine.stop().await?;
    Ok(durations)
}

/// One mail on its way.
async fn one(peer: &Peer, number: usize, times: &Times, agent: &Path) -> Result<[Duration; 4]> {
    take(&times.fetched);
    take(&times.sending);
    deliver(peer, number).await?;
    let delivered = Instant::now();
    let seen = tokio::time::timeout(PATIENCE, seen(agent)).await;
    let seen = seen.context("a mail did not reach the agent; are the servers well?")??;
    let fetched = take(&times.fetched).context("the mail was never fetched")?;
    let sending = take(&times.sending).context("the mail was never sent")?;
    Ok([
        fetched.saturating_duration_since(delivered),
        sending.saturating_duration_since(fetched),
        seen.saturating_duration_since(sending),
        seen.saturating_duration_since(delivered),
    ])
}

fn take(time: &Mutex<Option<Instant>>) -> Option<Instant> {
    time.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Keeps the first time.
fn note(time: &Mutex<Option<Instant>>) {
    time.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
}

/// Waits for a mail in a Maildir, and takes it out.
async fn seen(folder: &Path) -> Result<Instant> {
    loop {
        let found = std::fs::read_dir(folder).ok().and_then(|mut entries| entries.next());
        if let Some(entry) = found {
            let now = Instant::now();
            std::fs::remove_file(entry?.path())?;
            return Ok(now);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Puts a mail into the public mailbox by LMTP (RFC 2033); returns when the server has it.
async fn deliver(peer: &Peer, number: usize) -> Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", peer.port("LMTP")?)).await?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mail = format!(
        "Message-ID: <{number}@bench.test>\r\nFrom: Jo Doe <jo@customer.test>\r\nTo: {SUPPORT}\r\n\
         Subject: Order {number} arrived damaged\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\r\n\
         The lid is broken.\r\n."
    );
    let recipient = format!("RCPT TO:<{SUPPORT}>");
    let steps = ["LHLO bench.test", "MAIL FROM:<jo@customer.test>", &recipient, "DATA", &mail];
    answer(&mut stream).await?;
    for step in steps {
        stream.write_all(format!("{step}\r\n").as_bytes()).await?;
        answer(&mut stream).await?;
    }
    Ok(())
}

/// Reads an answer to its last line, and demands that it is a good one.
async fn answer(stream: &mut BufReader<TcpStream>) -> Result<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        ensure!(line.starts_with(['2', '3']), "the server says: {line}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

/// A port that leads to Postfix and notes when a mail begins.
async fn watched(peer: &Peer, times: Times) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let (port, behind) = (listener.local_addr()?.port(), peer.port("SMTP")?);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on(client, behind, times.clone()));
        }
    });
    Ok(port)
}

async fn pass_on(client: TcpStream, port: u16, times: Times) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut bytes = vec![0; 64 << 10];
    loop {
        let count = from_client.read(&mut bytes).await?;
        let sent = bytes.get(..count).unwrap_or_default();
        if sent.is_empty() {
            return Ok(());
        }
        if sent.starts_with(b"MAIL FROM") {
            note(&times.sending);
        }
        to_server.write_all(sent).await?;
    }
}

/// Notes when mail has been fetched, and takes it in.
struct Timed {
    intake: Intake,
    times: Times,
}

impl Inbox for Timed {
    async fn reached(&self, mailbox: &MailboxName) -> Result<Option<Reached>, InboxError> {
        self.intake.reached(mailbox).await
    }

    async fn activation(&self, mailbox: &MailboxName) -> Result<Option<Activation>, InboxError> {
        self.intake.activation(mailbox).await
    }

    async fn activate(&self, mailbox: &MailboxName, mark: Mark) -> Result<(), InboxError> {
        self.intake.activate(mailbox, mark).await
    }

    async fn take(&self, mailbox: &MailboxName, batch: Vec<Fetched>) -> Result<(), InboxError> {
        note(&self.times.fetched);
        self.intake.take(mailbox, batch).await
    }
}
