//! Cuts the power under the log, again and again, and looks for acknowledged events.

mod cut;
mod device;
mod history;
mod writer;

use std::env;
use std::io::{Write, stdout};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Parser;

use cut::{Outcome, Series};
use history::Dice;

/// Cuts the power under a log that is being written, and checks that no acknowledged event is
/// lost.
///
/// For each cut a process appends to a log on ext4 on a loop device. Just after an
/// acknowledgement it is stopped, and the image behind the device is copied: it holds what the
/// device had received, and nothing of what was still in memory. The copy is mounted, the log in
/// it is opened, and every acknowledged event must be there, unchanged; the next cut goes on
/// from there. Needs root, loop devices and mkfs.ext4; where one is missing it prints `skipped`
/// with the reason and succeeds.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How many cuts.
    #[arg(long, default_value_t = 20)]
    cuts: u32,
    /// Leave out the fdatasync that makes appends durable, and succeed only if that loses
    /// acknowledged events: shows that this test can fail.
    #[arg(long)]
    without_fdatasync: bool,
    /// Acknowledgements before a cut, at most.
    #[arg(long, default_value_t = 150)]
    acknowledgements: u64,
    /// Events in one append, at most.
    #[arg(long, default_value_t = 8192)]
    batch: u64,
    /// Repeats the choices of an earlier run, as far as time allows; it prints its seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the images are kept while this runs: up to 3 GiB.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Append to the log in this folder for ever; used by this program itself.
    #[arg(long, hide = true, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

/// Set in the process that has mounts of its own.
const INSIDE: &str = "POSTBOOK_POWERCUT_INSIDE";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("powercut: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Gives whether what was to be shown was shown.
fn run(arguments: &Arguments) -> Result<bool> {
    let seed = arguments.seed.unwrap_or_else(|| u64::from(std::process::id()) << 20);
    if let Some(folder) = &arguments.write {
        writer::run(folder, seed, arguments.batch, !arguments.without_fdatasync)?;
    }
    if let Some(reason) = device::missing() {
        return say(arguments, &[], Some(&reason)).map(|()| true);
    }
    if env::var_os(INSIDE).is_none() {
        // Mounts of our own end with us, however we end, and their loop devices with them.
        let error = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "--"])
            .arg(env::current_exe()?)
            .args(env::args_os().skip(1))
            .env(INSIDE, "1")
            .exec();
        return Err(error).context("unshare --mount");
    }
    let base = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let base = base.context("a folder for the images")?;
    let mut series = Series::begin(base.path(), arguments, Dice::new(seed))?;
    let mut outcomes = Vec::new();
    for number in 1..=arguments.cuts {
        let outcome = series.cut(number).with_context(|| format!("cut {number}, seed {seed}"))?;
        if !arguments.json {
            writeln!(stdout(), "{outcome}")?;
        }
        outcomes.push(outcome);
    }
    say(arguments, &outcomes, None)?;
    let lost = outcomes.iter().any(Outcome::is_loss);
    Ok(lost == arguments.without_fdatasync)
}

fn say(arguments: &Arguments, outcomes: &[Outcome], skipped: Option<&str>) -> Result<()> {
    let losses = outcomes.iter().filter(|outcome| outcome.is_loss()).count();
    let text = if arguments.json {
        let cuts: Vec<_> = outcomes.iter().map(Outcome::to_json).collect();
        let report = serde_json::json!({
            "skipped": skipped,
            "without_fdatasync": arguments.without_fdatasync,
            "cuts": cuts,
            "losses": losses,
        });
        serde_json::to_string_pretty(&report)?
    } else if let Some(reason) = skipped {
        format!("skipped: {reason}")
    } else {
        let mode = if arguments.without_fdatasync { " without fdatasync" } else { "" };
        format!("{} cuts{mode}, {losses} lost acknowledged events", outcomes.len())
    };
    Ok(writeln!(stdout(), "{text}")?)
}
