//! IMAP ingestion: a mailbox full of mail to durable contacts in a queue, beside `mbsync`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use event::{Line, MailboxName, Mark};
use gateway::{
    Activation, Body, Fetched, HealthCell, History, Inbox, InboxError, MessageStore, Reached,
    Stopper, run_imap,
};
use serde_json::Value;

use crate::measure::median;
use crate::office::{self, Office, SUPPORT};
use crate::peer::{PASSWORD, Peer};
use crate::report::{Report, rounded};

/// What to fetch.
#[derive(Args)]
pub(crate) struct Options {
    /// How many mails lie in the mailbox.
    #[arg(long, default_value_t = 10_000)]
    mails: usize,
    /// Bytes of a mail.
    #[arg(long, default_value_t = 5_000)]
    bytes: usize,
    /// Measurements of each, in turn; medians are shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// The program that starts the mail servers.
    #[arg(long, default_value = "tools/mailpeer")]
    mailpeer: PathBuf,
}

const WAYS: [Way; 4] = [Way::Mbsync, Way::Postbook, Way::FetchAndStore, Way::FetchOnly];

/// Who fetches, and how far the mail goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Mbsync,
    Postbook,
    FetchAndStore,
    FetchOnly,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Mbsync => "mbsync, to a Maildir",
            Self::Postbook => "Postbook, to contacts in a queue",
            Self::FetchAndStore => "only fetched and stored",
            Self::FetchOnly => "only fetched",
        }
    }
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let peer = Peer::start(&options.mailpeer, false)?;
    peer.user(SUPPORT)?;
    peer.fill(SUPPORT, options.mails, &mail(options.bytes))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); WAYS.len()];
    for _ in 0..options.rounds.max(1) {
        for (&way, seconds) in WAYS.iter().zip(&mut taken) {
            let folder = tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
            let took = match way {
                Way::Mbsync => mbsync(&peer, folder.path(), options.mails)?,
                other => runtime.block_on(postbook(&peer, folder.path(), other, options.mails))?,
            };
            seconds.push(took.as_secs_f64());
        }
    }
    let mut report = Report::new(
        "IMAP ingestion beside mbsync, which writes each mail with fsync, too",
        &["way", "mails", "seconds", "mails/s", "times as fast as mbsync"],
    );
    let medians: Vec<f64> = taken.into_iter().map(median).collect();
    let beside = medians.first().copied().unwrap_or_default();
    for (way, seconds) in WAYS.into_iter().zip(medians) {
        let mails = options.mails as f64;
        let figures = [mails, seconds, mails / seconds, beside / seconds];
        report.row([Value::from(way.name())].into_iter().chain(figures.map(rounded)));
    }
    Ok(report)
}

/// A mail of about `bytes` bytes, without its Message-ID.
fn mail(bytes: usize) -> Vec<u8> {
    let mut mail = format!(
        "From: Jo Doe <jo@customer.test>\r\nTo: {SUPPORT}\r\nSubject: Order arrived damaged\r\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n"
    );
    while mail.len() < bytes {
        mail.push_str(
            "The second parcel came today, and its lid is broken like the first one.\r\n",
        );
    }
    mail.into_bytes()
}

fn mbsync(peer: &Peer, folder: &Path, mails: usize) -> Result<Duration> {
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
    let start = Instant::now();
    let status = Command::new("mbsync")
        .arg("--quiet")
        .arg("--config")
        .arg(&configuration)
        .arg("pull")
        .status()
        .context("mbsync is needed: install the Debian package isync")?;
    let took = start.elapsed();
    ensure!(status.success(), "mbsync failed, see above");
    let inbox = folder.join("mail/INBOX");
    let found = fs::read_dir(inbox.join("new"))?.count() + fs::read_dir(inbox.join("cur"))?.count();
    ensure!(found == mails, "mbsync fetched {found} mails of {mails}");
    Ok(took)
}

async fn postbook(peer: &Peer, folder: &Path, way: Way, mails: usize) -> Result<Duration> {
    let account = office::account(peer, History::All)?;
    let start = Instant::now();
    let office = Office::open(folder).await?;
    let (sink, line) = (Sink::default(), Line::Queue(office::queue()?));
    let (stopper, stop) = Stopper::new();
    let (name, health) = (office::mailbox()?, HealthCell::new());
    let fetching = if way == Way::Postbook {
        let inbox = Arc::new(office.intake()?);
        tokio::spawn(run_imap(name, account, inbox, health, stop))
    } else {
        let store = (way == Way::FetchAndStore).then(|| office.store.clone());
        let inbox = Arc::new(Sink { store, ..sink.clone() });
        tokio::spawn(run_imap(name, account, inbox, health, stop))
    };
    let mut durable = office.handle().durable();
    loop {
        let line = line.clone();
        let queued = office.handle().read(move |views| views.hot.queues.len(&line)).await?;
        if queued.max(sink.taken.load(Ordering::Relaxed)) >= mails {
            break;
        }
        let patience = Duration::from_millis(5);
        tokio::time::timeout(patience, durable.changed()).await.unwrap_or(Ok(()))?;
    }
    let took = start.elapsed();
    stopper.stop();
    fetching.await?;
    office.engine.stop().await?;
    Ok(took)
}

/// An inbox that stores what comes, or not even that.
#[derive(Clone, Default)]
struct Sink {
    store: Option<MessageStore>,
    taken: Arc<AtomicUsize>,
}

impl Inbox for Sink {
    async fn reached(&self, _: &MailboxName) -> Result<Option<Reached>, InboxError> {
        Ok(None)
    }

    async fn activation(&self, _: &MailboxName) -> Result<Option<Activation>, InboxError> {
        Ok(None)
    }

    async fn activate(&self, _: &MailboxName, _: Mark) -> Result<(), InboxError> {
        Ok(())
    }

    async fn take(&self, _: &MailboxName, batch: Vec<Fetched>) -> Result<(), InboxError> {
        let count = batch.len();
        let raws = batch.into_iter().filter_map(|fetched| match fetched.body {
            Body::Raw(raw) => Some(raw),
            Body::Oversize { .. } | Body::Withheld { .. } => None,
        });
        if let Some(store) = &self.store {
            store.put_all(raws.collect()).await?;
        }
        self.taken.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }
}
