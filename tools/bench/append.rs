//! Durable appends a second: the log under group commit, beside a plain file.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use event::{Actor, Cause, Event, Fact, Position, Private, Timestamp};
use log::{Committer, SledLog};
use serde_json::Value;

use crate::measure::{Durations, median};
use crate::report::{Report, rounded};

/// What to append, and how.
#[derive(Args)]
pub(crate) struct Options {
    /// How many threads append at once, each waiting for its batch to be durable.
    #[arg(long, default_value_t = 8)]
    writers: usize,
    /// Events in a batch.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 256])]
    batches: Vec<usize>,
    /// Bytes of an event.
    #[arg(long, default_value_t = 300)]
    bytes: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Measurements of each, log and file in turn; medians are shown.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(
        "durable appends, events a second, beside a plain file with one fdatasync a batch",
        &["batch", "log/s", "file/s", "ratio", "p50 ms", "p99 ms", "p99.9 ms", "file p50 ms"],
    );
    for &batch in &options.batches {
        let (mut log_rates, mut file_rates) = (Vec::new(), Vec::new());
        let (mut log_times, mut file_times) = (Durations::default(), Durations::default());
        for _ in 0..options.rounds.max(1) {
            let folder = tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
            file_rates.push(round(options, batch, file_appender(folder.path())?, &mut file_times)?);
            let (committer, append) = log_appender(folder.path())?;
            log_rates.push(round(options, batch, append, &mut log_times)?);
            if let Some(committer) = Arc::into_inner(committer) {
                committer.stop();
            }
        }
        let (log, file) = (median(log_rates), median(file_rates));
        let figures = [
            log,
            file,
            log / file,
            log_times.quantile_ms(500),
            log_times.quantile_ms(990),
            log_times.quantile_ms(999),
            file_times.quantile_ms(500),
        ];
        report.row([Value::from(batch)].into_iter().chain(figures.map(rounded)));
    }
    Ok(report)
}

/// Makes one batch durable.
type Append = Box<dyn Fn(Vec<Event>) -> Result<()> + Send + Sync>;

/// Lets the writers append for a while; gives events a second.
fn round(options: &Options, batch: usize, append: Append, times: &mut Durations) -> Result<f64> {
    let events: Vec<Event> = (0..batch).map(|_| padded(options.bytes)).collect::<Result<_>>()?;
    let start = Barrier::new(options.writers + 1);
    let span = Duration::from_secs_f64(options.seconds);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..options.writers)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<Duration>> {
                    start.wait();
                    let (begin, mut taken) = (Instant::now(), Vec::new());
                    while begin.elapsed() < span {
                        let batch = events.clone();
                        let before = Instant::now();
                        append(batch)?;
                        taken.push(before.elapsed());
                    }
                    Ok(taken)
                })
            })
            .collect();
        start.wait();
        let (begin, mut count) = (Instant::now(), 0);
        for writer in writers {
            let taken = writer.join().map_err(|_| anyhow!("a writer panicked"))??;
            count += taken.len() * batch;
            times.extend(taken);
        }
        Ok(count as f64 / begin.elapsed().as_secs_f64())
    })
}

fn log_appender(folder: &Path) -> Result<(Arc<Committer>, Append)> {
    let log = SledLog::open(&folder.join("log"))?;
    let committer = Arc::new(Committer::start(Arc::new(log)));
    let handle = Arc::clone(&committer);
    let append = move |batch| {
        let (told, answer) = mpsc::channel();
        handle.submit(batch, Box::new(move |result| drop(told.send(result))))?;
        answer.recv()??;
        Ok(())
    };
    Ok((committer, Box::new(append)))
}

fn file_appender(folder: &Path) -> Result<Append> {
    let file = Mutex::new(File::create(folder.join("file"))?);
    Ok(Box::new(move |batch| {
        let mut bytes = Vec::new();
        for event in &batch {
            event::encode(event, &mut bytes)?;
        }
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&bytes)?;
        file.sync_data()?;
        Ok(())
    }))
}

/// An event of exactly `bytes` bytes.
fn padded(bytes: usize) -> Result<Event> {
    let event = |text: usize| Event {
        time: Timestamp(1_767_225_600_000),
        actor: Actor::Engine,
        cause: Cause::Event(Position(1)),
        fact: Fact::EngineStopped,
        private: Some(Private::Text("x".repeat(text))),
    };
    let len = |text| -> Result<usize> {
        let mut encoded = Vec::new();
        event::encode(&event(text), &mut encoded)?;
        Ok(encoded.len())
    };
    for text in 0..bytes {
        if len(text)? == bytes {
            return Ok(event(text));
        }
    }
    bail!("no event has {bytes} bytes: choose another size")
}
