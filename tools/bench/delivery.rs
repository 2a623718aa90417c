//! Delivery: mails a second from the outbox through a real Postfix, beside a bare SMTP client.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use event::{Line, Mark};
use gateway::{Body, Fetched, HealthCell, Inbox, Rates, SmtpSender, Stopper, Target, run_outbound};
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::measure::median;
use crate::office::{self, AGENT_ADDRESS, Office};
use crate::peer::Peer;
use crate::report::{Report, rounded};

/// What to send.
#[derive(Args)]
pub(crate) struct Options {
    /// How many mails.
    #[arg(long, default_value_t = 2_000)]
    mails: usize,
    /// Bytes of a mail.
    #[arg(long, default_value_t = 5_000)]
    bytes: usize,
    /// Numbers of connections.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4])]
    connections: Vec<usize>,
    /// Measurements of each, in turn; medians are shown.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// The program that starts the mail servers.
    #[arg(long, default_value = "tools/mailpeer")]
    mailpeer: PathBuf,
}

/// So long Postfix may take to empty its queue.
const PATIENCE: Duration = Duration::from_secs(120);
/// Mails are taken in by so many.
const BATCH: usize = 200;

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let peer = Peer::start(&options.mailpeer, true)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut report = Report::new(
        "mails from the outbox through Postfix beside a bare SMTP client that keeps its connection",
        &["connections", "mails", "bare/s", "Postbook/s", "ratio", "worst round", "best"],
    );
    for &connections in &options.connections {
        let (mut bare_rates, mut our_rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        // The first round fills caches and starts processes of Postfix, and does not count.
        for round in 0..=options.rounds.max(1) {
            let bare = runtime.block_on(bare(&peer, connections, options))?;
            settle(&peer, options.mails)?;
            let ours = runtime.block_on(postbook(&peer, connections, options))?;
            settle(&peer, options.mails)?;
            if round > 0 {
                let rate = |took: Duration| options.mails as f64 / took.as_secs_f64();
                bare_rates.push(rate(bare));
                our_rates.push(rate(ours));
                ratios.push(rate(ours) / rate(bare));
            }
        }
        ratios.sort_by(f64::total_cmp);
        let ends = [ratios.first(), ratios.last()].map(|ratio| ratio.copied().unwrap_or_default());
        let rates = [median(bare_rates), median(our_rates), median(ratios), ends[0], ends[1]];
        let counts = [connections, options.mails].map(Value::from);
        report.row(counts.into_iter().chain(rates.map(rounded)));
    }
    Ok(report)
}

/// Each connection sends the same mail again and again, its size that of ours but for our fields.
async fn bare(peer: &Peer, connections: usize, options: &Options) -> Result<Duration> {
    let envelope =
        Envelope::new(Some("bounces@support.test".parse()?), vec![AGENT_ADDRESS.parse()?])?;
    let name = ClientId::Domain("bench.test".to_owned());
    let mut open = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(("127.0.0.1", peer.port("SMTP")?)).await?;
        // As ours does: otherwise each mail waits for a delayed acknowledgement.
        stream.set_nodelay(true)?;
        open.push(AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name).await?);
    }
    let (mail, sent) = (Arc::new(office::mail(options.bytes)), Arc::new(AtomicUsize::new(0)));
    let (start, mails) = (Instant::now(), options.mails);
    let mut tasks = tokio::task::JoinSet::new();
    for mut connection in open {
        let (mail, sent, envelope) = (Arc::clone(&mail), Arc::clone(&sent), envelope.clone());
        tasks.spawn(async move {
            while sent.fetch_add(1, Ordering::Relaxed) < mails {
                connection.send(&envelope, &mail).await?;
            }
            let took = start.elapsed();
            connection.quit().await?;
            anyhow::Ok(took)
        });
    }
    let mut took = Duration::ZERO;
    while let Some(ended) = tasks.join_next().await {
        took = took.max(ended??);
    }
    Ok(took)
}

/// Sends copies to the agent, from an outbox that is full to one that is empty.
async fn postbook(peer: &Peer, connections: usize, options: &Options) -> Result<Duration> {
    let folder = tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
    let office = full(folder.path(), options).await?;
    let mut targets = Vec::new();
    for _ in 0..connections {
        let account = office::smtp_account(peer.port("SMTP")?)?;
        targets.push(Target::Smtp(SmtpSender::new(account)));
    }
    let (stopper, stop) = Stopper::new();
    let outbound = office.outbound()?;
    let start = Instant::now();
    let sending =
        tokio::spawn(run_outbound(outbound, targets, Rates::default(), HealthCell::new(), stop));
    let mut durable = office.handle().durable();
    while office.handle().read(|views| views.hot.outbox.iter().next().is_some()).await? {
        durable.changed().await?;
    }
    let took = start.elapsed();
    stopper.stop();
    sending.await?;
    office.engine.stop().await?;
    Ok(took)
}

/// An office whose agent is to get every mail, and has none yet.
async fn full(folder: &Path, options: &Options) -> Result<Office> {
    let office = Office::open(folder).await?;
    let (intake, mail) = (office.intake()?, office::mail(options.bytes));
    let fetched = (1..).zip(0..options.mails).map(|(uid, number)| {
        let head = format!("Message-ID: <{number}@bench.test>\r\n").into_bytes();
        let body = Body::Raw([head, mail.clone()].concat().into());
        Fetched { mark: Mark::Imap { uid_validity: 1, uid }, received: None, body }
    });
    let fetched: Vec<Fetched> = fetched.collect();
    for batch in fetched.chunks(BATCH) {
        intake.take(&office::mailbox()?, batch.to_vec()).await?;
    }
    let line = Line::Queue(office::queue()?);
    let queued = office.handle().read(move |views| views.hot.queues.len(&line)).await?;
    ensure!(queued == options.mails, "{queued} mails of {} came to the queue", options.mails);
    office.ready().await?;
    let ready = office.handle().read(|views| views.hot.outbox.ready().count()).await?;
    ensure!(ready == options.mails, "{ready} mails of {} came to the outbox", options.mails);
    Ok(office)
}

/// Waits until Postfix has delivered `mails` mails to the agent, and takes them away.
fn settle(peer: &Peer, mails: usize) -> Result<()> {
    let folder = Path::new(peer.value("MAIL")?).join(AGENT_ADDRESS).join("Maildir/new");
    let start = Instant::now();
    loop {
        let found = fs::read_dir(&folder).map_or(0, Iterator::count);
        if found >= mails {
            break;
        }
        ensure!(start.elapsed() < PATIENCE, "{found} mails of {mails} came to the agent");
        std::thread::sleep(Duration::from_millis(20));
    }
    for entry in fs::read_dir(&folder)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}
