//! Start: from a long history to the first assignment, each time in a fresh process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use command::{Command, SetAgentState};
use engine::{Engine, Options as EngineOptions};
use event::{Actor, AgentNumber, AgentState};
use log::{EventLog, SledLog};
use projections::DiskShelf;
use serde_json::Value;

use crate::life::Lives;
use crate::measure::{median, processor_seconds, resident_bytes};
use crate::replay::fill;
use crate::report::{Report, rounded};

/// What history to start on.
#[derive(Args)]
pub(crate) struct Options {
    /// How many contacts are in the history.
    #[arg(long, default_value_t = 1_000_000)]
    contacts: u64,
    /// How many of them wait in queues.
    #[arg(long, default_value_t = 10_000)]
    open: u64,
    /// Starts of each kind; medians are shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// A folder on the disk to be measured.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Keep the history in this folder, and use the one that lies there already.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// One start, in a process of its own.
#[derive(Args)]
pub(crate) struct OnceOptions {
    /// The data folder.
    data: PathBuf,
    /// End in good order, with a snapshot, instead of as by a kill.
    #[arg(long)]
    stop: bool,
}

/// What lies beside the log at a start.
#[derive(Clone, Copy)]
enum Kind {
    Snapshot,
    NoSnapshot,
    NoViews,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "with a snapshot",
            Self::NoSnapshot => "no snapshot: hot views replayed",
            Self::NoViews => "log alone: hot views and archive replayed",
        }
    }

    fn prepare(self, data: &Path) -> Result<()> {
        match self {
            Self::Snapshot => Ok(()),
            Self::NoSnapshot => remove(&data.join("snapshots")),
            Self::NoViews => {
                remove(&data.join("views"))?;
                remove(&data.join("snapshots"))
            }
        }
    }
}

const KINDS: [Kind; 3] = [Kind::Snapshot, Kind::NoSnapshot, Kind::NoViews];
const ONCE_COLUMNS: &[&str] = &[
    "events",
    "replayed",
    "open",
    "sled s",
    "archive s",
    "to assignment s",
    "in all s",
    "processor s",
    "resident MB",
    "peak MB",
];

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let parent = options.keep.as_ref().unwrap_or(&options.folder);
    fs::create_dir_all(parent)?;
    let temporary = match options.keep {
        Some(_) => None,
        None => Some(tempfile::tempdir_in(parent).context("a folder to write in")?),
    };
    let data = temporary.as_ref().map_or(parent.as_path(), |folder| folder.path());
    prepare(data, options)?;
    let mut report = Report::new(
        "start to the first durable assignment, in fresh processes",
        &[
            "start",
            "events",
            "replayed",
            "open",
            "sled s",
            "archive s",
            "to assignment s",
            "in all s",
            "processor s",
            "resident MB",
            "peak MB",
        ],
    );
    for kind in KINDS {
        let mut figures: Vec<Vec<f64>> = vec![Vec::new(); ONCE_COLUMNS.len()];
        for _ in 0..options.rounds.max(1) {
            kind.prepare(data)?;
            let found = start(data, false)?;
            for (name, samples) in ONCE_COLUMNS.iter().zip(&mut figures) {
                samples.push(found.get(*name).and_then(Value::as_f64).context("a figure")?);
            }
        }
        let figures = figures.into_iter().map(|samples| rounded(median(samples)));
        report.row([Value::from(kind.name())].into_iter().chain(figures));
    }
    if options.keep.is_some() {
        start(data, true)?;
    }
    Ok(report)
}

/// Writes the history where there is none, and the views and a snapshot beside it.
fn prepare(data: &Path, options: &Options) -> Result<()> {
    let (mark, part) = (data.join("contacts"), data.join("log"));
    let wanted = format!("{} {}", options.contacts, options.open);
    let found = fs::read_to_string(&mark).unwrap_or_default();
    if found != wanted {
        ensure!(
            !part.exists(),
            "{} holds another history ({found}): name another folder, or delete it",
            data.display()
        );
        let released = options.contacts.saturating_sub(options.open);
        let lives = || Lives::ending(released, options.open);
        let count = lives()?.count();
        let log = SledLog::open(&part)?;
        fill(&log, lives()?, count)?;
        fs::write(mark, wanted)?;
    }
    start(data, true).map(drop)
}

/// Runs one start in a fresh process, so that its memory is its own.
fn start(data: &Path, stop: bool) -> Result<Value> {
    let mut process = Process::new(std::env::current_exe()?);
    process.args(["--json", "start-once"]).arg(data);
    if stop {
        process.arg("--stop");
    }
    let output = process.output().context("a process that starts")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout)?;
    found.pointer("/rows/0").cloned().context("a row of figures")
}

/// Opens the log and the engine, makes an agent ready, and says what that took until the
/// assignment was durable.
pub(crate) fn once(options: &OnceOptions) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let data = &options.data;
        let begin = Instant::now();
        let log: Arc<dyn EventLog> = Arc::new(SledLog::open(&data.join("log"))?);
        let sled = begin.elapsed();
        let shelf = Arc::new(DiskShelf::open(&data.join("views"))?);
        let archive = begin.elapsed() - sled;
        let (engine, opened) = Engine::open(EngineOptions {
            log,
            shelf,
            snapshots: Some(data.join("snapshots")),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
        .await?;
        let agent = assign(&engine).await?;
        let all = begin.elapsed();
        let (processor, (resident, peak)) = (processor_seconds(), resident_bytes()?);
        // Signing out puts the contact back in its queue, for the next start.
        set_state(&engine, agent, AgentState::SignedOut).await?;
        if options.stop {
            engine.stop().await?;
        }
        let mut report = Report::new("one start", ONCE_COLUMNS);
        let figures = [
            opened.head.0 as f64,
            opened.replayed as f64,
            opened.open as f64,
            sled.as_secs_f64(),
            archive.as_secs_f64(),
            (all - sled).as_secs_f64(),
            all.as_secs_f64(),
            processor,
            resident as f64 / 1e6,
            peak as f64 / 1e6,
        ];
        report.row(figures.map(rounded));
        Ok(report)
    })
}

/// An agent becomes ready, and gets a contact.
async fn assign(engine: &Engine) -> Result<AgentNumber> {
    let handle = engine.handle();
    let first = handle.read(|views| views.hot.agents.iter().map(|(number, _)| number).next());
    let agent = first.await?.context("the history has no agent")?;
    set_state(engine, agent, AgentState::Ready).await?;
    let held = handle
        .read(move |views| views.hot.agents.get(agent).map_or(0, |agent| agent.held.len()))
        .await?;
    ensure!(held == 1, "agent {agent} holds {held} contacts");
    Ok(agent)
}

async fn set_state(engine: &Engine, agent: AgentNumber, state: AgentState) -> Result<()> {
    let command = Command::SetAgentState(SetAgentState { agent, state });
    engine.handle().submit(Actor::Agent(agent), command).await?;
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.with_context(|| format!("cannot delete {}", folder.display())),
    }
}
