//! One cut after another, each on what the one before it left.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use event::Position;
use log::{EventLog, SledLog};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::Arguments;
use crate::device::{self, Mounted};
use crate::history::{Dice, is_as_written};

const IMAGE_LEN: u64 = 1 << 30;
/// A log that takes more than this is not cut again: the next cut begins with a new one.
const LOG_LEN_MAX: u64 = 300 << 20;

/// What was found after one cut.
pub(crate) struct Outcome {
    number: u32,
    /// The last event acknowledged before the cut.
    acknowledged: u64,
    /// The last event found after it.
    found: Option<u64>,
    /// What opening the log mended.
    healed: Vec<String>,
    /// Why the log could not be opened or read.
    fault: Option<String>,
}

impl Outcome {
    /// Whether an acknowledged event is gone.
    pub(crate) fn is_loss(&self) -> bool {
        self.fault.is_some() || self.found.is_none_or(|found| found < self.acknowledged)
    }

    /// For machines.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "cut": self.number,
            "acknowledged": self.acknowledged,
            "found": self.found,
            "healed": self.healed,
            "fault": self.fault,
            "loss": self.is_loss(),
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_loss() { "LOST" } else { "ok" };
        write!(f, "cut {}: {verdict}, {} acknowledged", self.number, self.acknowledged)?;
        if let Some(found) = self.found {
            write!(f, ", {found} found")?;
        }
        self.healed.iter().try_for_each(|healed| write!(f, "; {healed}"))?;
        self.fault.iter().try_for_each(|fault| write!(f, "; {fault}"))
    }
}

/// A series of cuts.
pub(crate) struct Series<'a> {
    base: &'a Path,
    arguments: &'a Arguments,
    dice: Dice,
    /// The image the next cut begins with, and whether a log is in it.
    image: PathBuf,
}

impl<'a> Series<'a> {
    /// Begins with an empty log.
    pub(crate) fn begin(base: &'a Path, arguments: &'a Arguments, dice: Dice) -> Result<Self> {
        let image = base.join("image");
        device::format(&image, IMAGE_LEN)?;
        Ok(Self { base, arguments, dice, image })
    }

    /// Lets the writer write, cuts, and looks.
    pub(crate) fn cut(&mut self, number: u32) -> Result<Outcome> {
        let copy = self.base.join("copy");
        let before = Mounted::new(&self.image, &self.base.join("before"))?;
        let mut writer = self.start(&before)?;
        // Half of the cuts come at once, the others in the middle of a later append.
        let delay = Duration::from_micros(self.dice.roll(40_000)) * (number % 2);
        let stopped = self.let_write(&mut writer).and_then(|acknowledged| {
            sleep(delay);
            stop(&writer)?;
            device::copy(&self.image, &copy)?;
            Ok(acknowledged)
        });
        writer.kill()?;
        let acknowledged = stopped?.max(last_line(&mut writer)?);
        writer.wait()?;
        before.unmount()?;
        let after = Mounted::new(&copy, &self.base.join("after"))?;
        let (outcome, log_len) = look(number, acknowledged, &after);
        after.unmount()?;
        fs::rename(&copy, &self.image)?;
        if outcome.is_loss() || log_len > LOG_LEN_MAX {
            device::format(&self.image, IMAGE_LEN)?;
        }
        Ok(outcome)
    }

    fn start(&mut self, mounted: &Mounted) -> Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--write").arg(mounted.folder().join("log"));
        command.args(["--seed", &self.dice.next().to_string()]);
        command.args(["--batch", &self.arguments.batch.to_string()]);
        if self.arguments.without_fdatasync {
            command.arg("--without-fdatasync");
        }
        command.stdout(Stdio::piped()).spawn().context("the writer")
    }

    /// Waits for some acknowledgements; gives the last one.
    fn let_write(&mut self, writer: &mut Child) -> Result<u64> {
        let mut lines = BufReader::with_capacity(1, writer.stdout.as_mut().context("a pipe")?);
        let mut acknowledged = 0;
        for _ in 0..self.dice.roll(self.arguments.acknowledgements) {
            match next_line(&mut lines)? {
                Some(head) => acknowledged = head,
                None => bail!("the writer gave up"),
            }
        }
        Ok(acknowledged)
    }
}

/// Stops every thread of the writer where it is. A system call under way is finished first, so
/// that the image does not change while it is copied.
fn stop(writer: &Child) -> Result<()> {
    let pid = i32::try_from(writer.id()).ok().and_then(Pid::from_raw).context("a process id")?;
    kill_process(pid, Signal::STOP)?;
    while !all_stopped(writer.id())? {
        sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn all_stopped(pid: u32) -> Result<bool> {
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = fs::read_to_string(thread?.path().join("stat"))?;
        // The state follows the name, which is in parentheses and may contain any character.
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        if state != Some('T') {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The last acknowledgement that was printed before the cut and not read yet.
fn last_line(writer: &mut Child) -> Result<u64> {
    let mut lines = BufReader::new(writer.stdout.as_mut().context("a pipe")?);
    let mut last = 0;
    while let Some(head) = next_line(&mut lines)? {
        last = head;
    }
    Ok(last)
}

/// The next whole line; `None` at the end.
fn next_line(lines: &mut impl BufRead) -> Result<Option<u64>> {
    let mut line = String::new();
    lines.read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(head) => Ok(Some(head.parse()?)),
        None => Ok(None),
    }
}

/// Opens the log after the cut and reads all of it; gives its length on disk, too.
fn look(number: u32, acknowledged: u64, after: &Mounted) -> (Outcome, u64) {
    let mut outcome =
        Outcome { number, acknowledged, found: None, healed: Vec::new(), fault: None };
    let log = match SledLog::open(&after.folder().join("log")) {
        Ok(log) => log,
        Err(error) => {
            outcome.fault = Some(error.to_string());
            return (outcome, 0);
        }
    };
    outcome.healed = log.healed().iter().map(ToString::to_string).collect();
    outcome.found = Some(log.head().0);
    let mut changed = None;
    let read = log.verify(&mut |_| {}).and_then(|_| {
        log.scan(Position(1), &mut |recorded| {
            if is_as_written(&recorded) {
                return ControlFlow::Continue(());
            }
            changed = Some(format!("event {} is another one", recorded.position));
            ControlFlow::Break(())
        })
    });
    outcome.fault = read.err().map(|error| error.to_string()).or(changed);
    (outcome, log.disk_bytes().unwrap_or(0))
}
