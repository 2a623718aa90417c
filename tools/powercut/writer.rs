//! The process whose power is cut: it appends for ever and prints what is acknowledged.

use std::io::{Write, stdout};
use std::path::Path;

use anyhow::{Result, bail};
use log::{EventLog, SledLog};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::history::{Dice, batch_after};

/// Appends batches of up to `batch` events and prints the head after each, a line each.
pub(crate) fn run(folder: &Path, seed: u64, batch: u64, fdatasync: bool) -> Result<()> {
    // A stopped process would outlive a parent that was killed, and keep its mounts alive.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let log =
        if fdatasync { SledLog::open(folder)? } else { SledLog::open_without_fdatasync(folder)? };
    let mut dice = Dice::new(seed);
    let mut out = stdout().lock();
    loop {
        let head = log.head();
        match log.append(head, &batch_after(head, dice.roll(batch))) {
            Ok(head) => writeln!(out, "{head}")?,
            Err(error) => bail!("{error}"),
        }
    }
}
