//! Replay: events a second folded into views, from a log on disk that was read once before.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use event::{Event, Position};
use indicatif::ProgressIterator;
use log::{EventLog, SledLog};
use projections::{Archive, DiskShelf, Hot, MemoryShelf, Queues, ShelfError, Threads};
use serde_json::Value;

use crate::life::Lives;
use crate::measure::{median, processor_seconds};
use crate::report::{Report, rounded};

/// What to replay.
#[derive(Args)]
pub(crate) struct Options {
    /// How many events to replay.
    #[arg(long, default_value_t = 2_000_000)]
    events: usize,
    /// Measurements of each, in turn; medians are shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// What to fold into.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = VIEWS)]
    into: Vec<View>,
    /// A folder for the log.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
}

/// Events in a commit; it makes no difference to reading.
const COMMIT_EVENTS: usize = 4096;

const VIEWS: [View; 6] = [
    View::None,
    View::Queues,
    View::Threads,
    View::QueuesAndThreads,
    View::Hot,
    View::HotAndArchive,
];

/// What the events are folded into.
#[derive(Clone, Copy, ValueEnum)]
enum View {
    /// Nothing: the log is read and decoded.
    None,
    /// The queue view.
    Queues,
    /// The thread view, kept in memory.
    Threads,
    /// Both.
    QueuesAndThreads,
    /// All views of what is open.
    Hot,
    /// Those, and the archive with a journal on disk: a start without snapshot and archive.
    HotAndArchive,
}

impl View {
    fn name(self) -> &'static str {
        match self {
            Self::None => "nothing (scan alone)",
            Self::Queues => "queues",
            Self::Threads => "threads",
            Self::QueuesAndThreads => "queues and threads",
            Self::Hot => "all hot views",
            Self::HotAndArchive => "all hot views, archive on disk",
        }
    }
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let folder = tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
    let log = SledLog::open(&folder.path().join("log"))?;
    fill(&log, Lives::new()?.take(options.events), options.events)?;
    scan(&log, |_, _| Ok(()))?;
    let mut taken: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); options.into.len()];
    for round in 0..options.rounds.max(1) {
        for (&view, (wall, processor)) in options.into.iter().zip(&mut taken) {
            let (start, used) = (Instant::now(), processor_seconds());
            let views = fold(&log, view, &folder.path().join(format!("views-{round}")))?;
            wall.push(start.elapsed().as_secs_f64());
            processor.push(processor_seconds() - used);
            // No start ever drops its views.
            drop(views);
        }
    }
    let mut report = Report::new(
        "replay of a log that was read once before",
        &["folded into", "events", "seconds", "events/s", "events a processor second"],
    );
    for (view, (wall, processor)) in options.into.iter().zip(taken) {
        let (events, wall, processor) = (options.events as f64, median(wall), median(processor));
        let figures = [events, wall, events / wall, events / processor];
        report.row([Value::from(view.name())].into_iter().chain(figures.map(rounded)));
    }
    Ok(report)
}

/// Appends `count` events, and shows how far it is.
pub(crate) fn fill(log: &SledLog, events: impl Iterator<Item = Event>, count: usize) -> Result<()> {
    let style = indicatif::ProgressStyle::with_template(
        "writing the log {bar:40} {human_pos} of {human_len} events, {eta} left",
    )?;
    let bar = indicatif::ProgressBar::new(count as u64).with_style(style);
    let mut events = events.progress_with(bar);
    loop {
        let commit: Vec<Event> = events.by_ref().take(COMMIT_EVENTS).collect();
        if commit.is_empty() {
            return Ok(());
        }
        log.append(log.head(), &commit)?;
    }
}

fn fold(log: &SledLog, view: View, folder: &Path) -> Result<(Queues, Threads, Hot)> {
    let shelf = MemoryShelf::default();
    let (mut queues, mut threads, mut hot) =
        (Queues::default(), Threads::default(), Hot::default());
    match view {
        View::None => scan(log, |_, _| Ok(())),
        View::Queues => scan(log, |at, event| {
            queues.apply(at, event);
            Ok(())
        }),
        View::Threads => scan(log, |at, event| threads.apply(&shelf, at, event)),
        View::QueuesAndThreads => scan(log, |at, event| {
            queues.apply(at, event);
            threads.apply(&shelf, at, event)
        }),
        View::Hot => scan(log, |at, event| {
            hot.apply(at, event);
            Ok(())
        }),
        View::HotAndArchive => {
            let mut archive = Archive::open(Arc::new(DiskShelf::open(folder)?))?;
            scan(log, |at, event| {
                hot.apply(at, event);
                archive.apply(at, event);
                if archive.is_full() { archive.flush() } else { Ok(()) }
            })?;
            Ok(archive.flush()?)
        }
    }?;
    Ok((queues, threads, hot))
}

fn scan(
    log: &SledLog,
    mut each: impl FnMut(Position, &Event) -> Result<(), ShelfError>,
) -> Result<()> {
    let (mut last, mut failure) = (Position(0), None);
    log.scan(Position(1), &mut |recorded| {
        last = recorded.position;
        failure = each(recorded.position, &recorded.event).err();
        if failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    failure.map_or(Ok(()), Err)?;
    ensure!(last == log.head(), "{last} events of {} were scanned", log.head());
    Ok(())
}
