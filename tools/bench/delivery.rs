//! Delivery: mails a second from the outbox through a real Postfix, beside a bare SMTP client.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use event::{Address, ContactId, Line, Mark, OutgoingId, Position};
use gateway::{Body, Fetched, HealthCell, Inbox, Rates, SmtpSender, Stopper, Target, run_outbound};
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use mail::{AgentCopy, Purpose, TokenKey};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::measure::{Folders, median};
use crate::office::{self, AGENT_ADDRESS, INTERNAL, Office};
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

/// So long the last mail may be on its way.
const PATIENCE: Duration = Duration::from_secs(120);
/// Mails are taken in by so many.
const BATCH: usize = 200;

/// Where a mail has to be to count.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    /// In the queue of Postfix, which passes it on to nobody: that would take more of the machine
    /// than taking it, and the more, the slower it comes.
    Taken,
    /// In the agent's mailbox.
    Delivered,
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let peer = Peer::start(&options.mailpeer, true)?;
    let folders = Folders::new(&options.folder)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut report = Report::new(
        "mails from the outbox through Postfix beside a bare SMTP client that keeps its connection",
        &["until", "connections", "mails", "bare/s", "Postbook/s", "ratio", "worst round", "best"],
    );
    for (until, name) in [(Until::Taken, "taken"), (Until::Delivered, "delivered")] {
        peer.hold(AGENT_ADDRESS, until == Until::Taken)?;
        for &connections in &options.connections {
            let mut rates: [Vec<f64>; 3] = Default::default();
            // The first round fills caches and starts processes of Postfix, and does not count.
            for round in 0..=options.rounds.max(1) {
                let begun = runtime.block_on(bare(&peer, connections, options))?;
                let bare = ended(&peer, until, begun, options.mails)?;
                let folder = folders.next()?;
                let begun = runtime.block_on(postbook(&peer, &folder, connections, options))?;
                let ours = ended(&peer, until, begun, options.mails)?;
                let rate = |took: Duration| options.mails as f64 / took.as_secs_f64();
                let figures = [rate(bare), rate(ours), rate(ours) / rate(bare)];
                if round > 0 {
                    rates.iter_mut().zip(figures).for_each(|(rates, rate)| rates.push(rate));
                }
            }
            let [bare, ours, mut ratios] = rates;
            ratios.sort_by(f64::total_cmp);
            let ends = [ratios.first(), ratios.last()];
            let [worst, best] = ends.map(|ratio| ratio.copied().unwrap_or_default());
            let rates = [median(bare), median(ours), median(ratios), worst, best];
            let counts = [connections, options.mails].map(Value::from);
            report.row([name.into()].into_iter().chain(counts).chain(rates.map(rounded)));
        }
    }
    Ok(report)
}

/// What Postbook sends, composed beforehand: each copy has addresses of its own, which Postfix looks
/// up.
fn copies(options: &Options) -> Result<Vec<(Envelope, Vec<u8>)>> {
    let (key, raw) = (TokenKey::from_bytes([1; 32]), office::mail(options.bytes));
    let address = Address::new;
    let (internal, agent) = (address(INTERNAL)?, address(AGENT_ADDRESS)?);
    let bounces = address("bounces@support.test")?;
    let customer = mail::parse(&raw).ok().and_then(|parsed| parsed.from);
    let copy = |number: usize| {
        let id = OutgoingId(Position(number as u64));
        let token = key.sign(id, Purpose::Copy);
        let copy = AgentCopy {
            raw: raw.clone(),
            customer: customer.as_ref(),
            agent: &agent,
            cc: &[],
            contact: ContactId::from_digest(&[1; 32]),
            reply_to: &mail::reply_address(&internal, &token),
            message_id: &mail::message_id(&token, internal.domain()),
            via: None,
        };
        let sender = mail::reply_address(&bounces, &key.sign(id, Purpose::Envelope));
        let envelope = Envelope::new(Some(sender.as_str().parse()?), vec![AGENT_ADDRESS.parse()?])?;
        Ok((envelope, copy.compose()))
    };
    (1..=options.mails).map(copy).collect()
}

/// Each connection sends its share of the copies.
async fn bare(peer: &Peer, connections: usize, options: &Options) -> Result<(Instant, Duration)> {
    let name = ClientId::Domain("bench.test".to_owned());
    let mut open = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(("127.0.0.1", peer.port("SMTP")?)).await?;
        // As ours does: otherwise each mail waits for a delayed acknowledgement.
        stream.set_nodelay(true)?;
        open.push(AsyncSmtpConnection::connect_with_transport(Box::new(stream), &name).await?);
    }
    let (copies, sent) = (Arc::new(copies(options)?), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for mut connection in open {
        let (copies, sent) = (Arc::clone(&copies), Arc::clone(&sent));
        tasks.spawn(async move {
            while let Some((envelope, mail)) = copies.get(sent.fetch_add(1, Ordering::Relaxed)) {
                connection.send(envelope, mail).await?;
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
    Ok((start, took))
}

/// Sends copies to the agent, from an outbox that is full to one that is empty.
async fn postbook(
    peer: &Peer,
    folder: &Path,
    connections: usize,
    options: &Options,
) -> Result<(Instant, Duration)> {
    let office = full(folder, options).await?;
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
    // Asked seldom, since each question is work for the engine.
    while office.handle().read(|views| views.hot.outbox.iter().next().is_some()).await? {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = start.elapsed();
    stopper.stop();
    sending.await?;
    office.engine.stop().await?;
    Ok((start, took))
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

/// How long it took until the last mail was where it has to be; then all are taken away. `begun` is
/// when the first was sent, and how long it took to send all.
fn ended(peer: &Peer, until: Until, begun: (Instant, Duration), mails: usize) -> Result<Duration> {
    let state = Path::new(peer.value("MAIL")?);
    let folder = match until {
        Until::Taken => state.parent().context("mail lies in a folder")?.join("spool/hold"),
        Until::Delivered => state.join(AGENT_ADDRESS).join("Maildir/new"),
    };
    let (start, mut took) = begun;
    loop {
        let found = fs::read_dir(&folder).map_or(0, Iterator::count);
        if found >= mails {
            break;
        }
        ensure!(
            start.elapsed() < PATIENCE,
            "{found} mails of {mails} came to {}",
            folder.display()
        );
        std::thread::sleep(Duration::from_millis(20));
        took = start.elapsed();
    }
    for entry in fs::read_dir(&folder)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(took)
}
