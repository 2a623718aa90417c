//! Ingestion: a mailbox full of mail to durable contacts in a queue, beside `mbsync` and `getmail`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};
use event::{Line, MailboxName, Mark};
use gateway::{
    Activation, Body, Fetched, HealthCell, History, Inbox, InboxError, Maildrop, MaildropInbox,
    MessageStore, Reached, Stop, Stopper, run_imap, run_pop3,
};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::fetchers;
use crate::measure::{Folders, median};
use crate::office::{self, Office, SUPPORT};
use crate::peer::Peer;
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
    /// How the mail is fetched.
    #[arg(long, value_enum, default_value_t = Protocol::Imap)]
    protocol: Protocol,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// The program that starts the mail servers.
    #[arg(long, default_value = "tools/mailpeer")]
    mailpeer: PathBuf,
}

/// How the mail is fetched.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Protocol {
    Imap,
    Pop3,
}

const WAYS: [Way; 4] = [Way::Other, Way::Postbook, Way::FetchAndStore, Way::FetchOnly];

/// Who fetches, and how far the mail goes.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// `mbsync` by IMAP, `getmail` by POP3.
    Other,
    Postbook,
    FetchAndStore,
    FetchOnly,
}

impl Way {
    fn name(self, protocol: Protocol) -> &'static str {
        match (self, protocol) {
            (Self::Other, Protocol::Imap) => "mbsync, to a Maildir",
            (Self::Other, Protocol::Pop3) => "getmail, to a Maildir",
            (Self::Postbook, _) => "Postbook, to contacts in a queue",
            (Self::FetchAndStore, _) => "only fetched and stored",
            (Self::FetchOnly, _) => "only fetched",
        }
    }
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let (protocol, mails) = (options.protocol, options.mails);
    let peer = Peer::start(&options.mailpeer, false)?;
    peer.user(SUPPORT)?;
    peer.fill(SUPPORT, mails, &office::mail(options.bytes))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let folders = Folders::new(&options.folder)?;
    let measure = |way: Way| -> Result<f64> {
        let folder = folders.next()?;
        let took = match (way, protocol) {
            (Way::Other, Protocol::Imap) => fetchers::mbsync(&peer, &folder, mails)?,
            (Way::Other, Protocol::Pop3) => fetchers::getmail(&peer, &folder, mails)?,
            (ours, _) => runtime.block_on(postbook(&peer, &folder, (ours, protocol), mails))?,
        };
        Ok(took.as_secs_f64())
    };
    // Does not count: the server takes the sizes it gives by POP3 from its index, once they are there.
    measure(Way::FetchOnly)?;
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); WAYS.len()];
    for _ in 0..options.rounds.max(1) {
        for (&way, seconds) in WAYS.iter().zip(&mut taken) {
            seconds.push(measure(way)?);
        }
    }
    let mut report = Report::new(
        "ingestion beside a program that writes each mail with fsync, too",
        &[
            "way",
            "mails",
            "seconds",
            "mails/s",
            "times as fast as the first",
            "worst round",
            "best",
        ],
    );
    let beside = taken.first().cloned().unwrap_or_default();
    for (way, seconds) in WAYS.into_iter().zip(taken) {
        let mut ratios: Vec<f64> = beside.iter().zip(&seconds).map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        let ends = [ratios.first(), ratios.last()].map(|ratio| ratio.copied().unwrap_or_default());
        let (count, seconds) = (mails as f64, median(seconds));
        let figures = [count, seconds, count / seconds, median(ratios), ends[0], ends[1]];
        let name = Value::from(way.name(protocol));
        report.row([name].into_iter().chain(figures.map(rounded)));
    }
    Ok(report)
}

async fn postbook(
    peer: &Peer,
    folder: &Path,
    (way, protocol): (Way, Protocol),
    mails: usize,
) -> Result<Duration> {
    let start = Instant::now();
    let office = Office::open(folder).await?;
    let (sink, line) = (Sink::default(), Line::Queue(office::queue()?));
    let (stopper, stop) = Stopper::new();
    let fetching = if way == Way::Postbook {
        fetch(peer, protocol, Arc::new(office.intake()?), stop)?
    } else {
        let store = (way == Way::FetchAndStore).then(|| office.store.clone());
        fetch(peer, protocol, Arc::new(Sink { store, ..sink.clone() }), stop)?
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

fn fetch<I: MaildropInbox>(
    peer: &Peer,
    protocol: Protocol,
    inbox: Arc<I>,
    stop: Stop,
) -> Result<JoinHandle<()>> {
    let (name, health) = (office::mailbox()?, HealthCell::new());
    Ok(match protocol {
        Protocol::Imap => {
            let account = office::account(peer, History::All)?;
            tokio::spawn(run_imap(name, account, inbox, health, stop))
        }
        Protocol::Pop3 => {
            let account = office::pop3_account(peer, History::All)?;
            tokio::spawn(run_pop3(name, account, inbox, health, stop))
        }
    })
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

impl MaildropInbox for Sink {
    async fn maildrop(&self, _: &MailboxName) -> Result<Option<Maildrop>, InboxError> {
        Ok(Some(Maildrop::default()))
    }

    async fn activate_maildrop(
        &self,
        _: &MailboxName,
        _: Vec<(String, u64)>,
    ) -> Result<(), InboxError> {
        Ok(())
    }

    async fn vanished(&self, _: &MailboxName, _: Vec<String>) -> Result<(), InboxError> {
        Ok(())
    }
}
