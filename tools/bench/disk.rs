//! Bytes on disk beside bytes of the events, scan rate, and resident memory.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use event::{Event, Position};
use log::{EventLog, SledLog};
use serde_json::Value;

use crate::life::Lives;
use crate::measure::resident_bytes;
use crate::report::{Report, rounded};

/// What to write before it is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// How many events to write.
    #[arg(long, default_value_t = 2_000_000)]
    events: usize,
    /// Events in a commit.
    #[arg(long, value_delimiter = ',', default_values_t = [256])]
    batches: Vec<usize>,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
}

/// Which log to read.
#[derive(Args)]
pub(crate) struct ReadOptions {
    /// The folder of the log.
    folder: PathBuf,
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(
        "a log of contact lives: disk, scan, memory",
        &[
            "batch",
            "events",
            "bytes an event",
            "on disk an event",
            "ratio",
            "append/s",
            "append peak MB",
            "open s",
            "scan/s",
            "open MB",
            "scan peak MB",
        ],
    );
    for &batch in &options.batches {
        let folder = tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
        let written = write(folder.path(), options.events, batch)?;
        // A fresh process, so that the memory of writing is not counted.
        let program = std::env::current_exe()?;
        let output = Command::new(program)
            .args(["--json", "disk-read"])
            .arg(folder.path())
            .output()
            .context("a process that reads the log")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout)?;
        let found = found.pointer("/rows/0").context("a row of figures")?;
        let events = options.events as f64;
        let figures = [
            events,
            written.event_bytes as f64 / events,
            written.disk_bytes as f64 / events,
            written.disk_bytes as f64 / written.event_bytes as f64,
            events / written.seconds,
            written.peak_bytes as f64 / 1e6,
        ];
        let read = READ_COLUMNS.iter().map(|&name| found.get(name).cloned().unwrap_or_default());
        report.row([Value::from(batch)].into_iter().chain(figures.map(rounded)).chain(read));
    }
    Ok(report)
}

const READ_COLUMNS: &[&str] = &["open s", "scan/s", "open MB", "scan peak MB"];

/// Opens and scans a log, and says what that took.
pub(crate) fn read(options: &ReadOptions) -> Result<Report> {
    let start = Instant::now();
    let log = SledLog::open(&options.folder)?;
    let opened = start.elapsed();
    let (open_bytes, _) = resident_bytes()?;
    let start = Instant::now();
    let mut count = 0u64;
    log.scan(Position(1), &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    let scanned = start.elapsed();
    ensure!(count == log.head().0, "{count} events of {} were scanned", log.head());
    let (_, peak_bytes) = resident_bytes()?;
    let mut report = Report::new("a log read in a fresh process", READ_COLUMNS);
    report.row([
        rounded(opened.as_secs_f64()),
        rounded(count as f64 / scanned.as_secs_f64()),
        rounded(open_bytes as f64 / 1e6),
        rounded(peak_bytes as f64 / 1e6),
    ]);
    Ok(report)
}

struct Written {
    event_bytes: usize,
    disk_bytes: u64,
    peak_bytes: u64,
    seconds: f64,
}

fn write(folder: &Path, events: usize, batch: usize) -> Result<Written> {
    let log = SledLog::open(folder)?;
    let (mut lives, mut event_bytes, mut encoded) = (Lives::new()?, 0, Vec::new());
    let (mut left, start) = (events, Instant::now());
    while left > 0 {
        let commit: Vec<Event> = lives.by_ref().take(batch.min(left)).collect();
        for event in &commit {
            encoded.clear();
            event::encode(event, &mut encoded)?;
            event_bytes += encoded.len();
        }
        log.append(log.head(), &commit)?;
        left -= commit.len();
    }
    let seconds = start.elapsed().as_secs_f64();
    let (_, peak_bytes) = resident_bytes()?;
    Ok(Written { event_bytes, disk_bytes: log.disk_bytes()?, peak_bytes, seconds })
}
