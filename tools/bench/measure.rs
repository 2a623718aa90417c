//! What can be measured of this process and of samples.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

/// Resident memory of this process in bytes: now, and at its peak.
pub(crate) fn resident_bytes() -> Result<(u64, u64)> {
    resident_bytes_of(std::process::id())
}

/// Resident memory of a process in bytes: now, and at its peak.
pub(crate) fn resident_bytes_of(process: u32) -> Result<(u64, u64)> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).with_context(|| format!("no {name} in {path}"))
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// Seconds of processor time this process has used, in all its threads.
pub(crate) fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Durations, to be asked for quantiles.
#[derive(Default)]
pub(crate) struct Durations {
    samples: Vec<Duration>,
    sorted: bool,
}

impl Durations {
    /// Adds samples.
    pub(crate) fn extend(&mut self, samples: impl IntoIterator<Item = Duration>) {
        self.samples.extend(samples);
        self.sorted = false;
    }

    /// The sample that `permille` of a thousand samples do not exceed, in milliseconds.
    pub(crate) fn quantile_ms(&mut self, permille: usize) -> f64 {
        if !std::mem::replace(&mut self.sorted, true) {
            self.samples.sort_unstable();
        }
        let index = (self.samples.len() * permille / 1000).min(self.samples.len().max(1) - 1);
        self.samples.get(index).map_or(0.0, |sample| sample.as_secs_f64() * 1e3)
    }
}

/// The median; 0 of nothing.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// Folders for measurements, deleted all together at the end: for minutes after files were
/// deleted ext4 makes new ones slowly (it passes over inodes that were freed lately), which would
/// be counted against whoever comes next.
pub(crate) struct Folders(TempDir);

impl Folders {
    /// Folders below `parent`, which other users can read.
    pub(crate) fn new(parent: &Path) -> Result<Self> {
        let all =
            tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir_in(parent);
        Ok(Self(all.context("a folder to write in")?))
    }

    /// An empty folder.
    pub(crate) fn next(&self) -> Result<PathBuf> {
        Ok(tempfile::tempdir_in(self.0.path()).context("a folder to write in")?.keep())
    }
}
