//! The program is killed again and again at random moments while everybody goes on working.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Needs, Random, journey};

use super::crowd;
use super::office::{Office, SUPPORT, agnes, bruno};

const MAILS: usize = 300;
const KILLS: usize = 10;
/// The customers' mails come in this many heaps.
const HEAPS: usize = 10;

/// Stops the program in good order and starts it at random moments, while the customers go on
/// writing.
fn stop_and_start(office: &mut Office<'_>) -> Result<()> {
    let mut random = Random::seeded("the moments")?;
    for heap in crowd::mails(0..MAILS).chunks(MAILS / HEAPS) {
        office.servers.fill(SUPPORT, heap.iter().map(Vec::as_slice))?;
        thread::sleep(Duration::from_millis(random.below(700)));
        office.program.stop()?;
        office.program.start(&["status"])?;
    }
    Ok(())
}

/// Kills and starts the program at random moments, while the customers go on writing.
fn kill_and_start(office: &mut Office<'_>) -> Result<()> {
    let mut random = Random::seeded("the moments")?;
    let mails = crowd::mails(0..MAILS);
    let mut heaps = mails.chunks(MAILS / HEAPS);
    for _ in 0..KILLS {
        if let Some(heap) = heaps.next() {
            office.servers.fill(SUPPORT, heap.iter().map(Vec::as_slice))?;
        }
        thread::sleep(Duration::from_millis(random.below(700)));
        office.program.kill()?;
        // Now and then it dies while it opens, too.
        if random.below(3) == 0 {
            office.program.spawn()?;
            thread::sleep(Duration::from_millis(random.below(150)));
            office.program.kill()?;
        }
        office.program.start(&["status"])?;
    }
    for heap in heaps {
        office.servers.fill(SUPPORT, heap.iter().map(Vec::as_slice))?;
    }
    Ok(())
}

/// Two agents work while `disturb` does what it does; then everything is checked.
fn work_through(
    disturb: impl FnOnce(&mut Office<'_>) -> Result<()>,
    check_more: impl FnOnce(&Office<'_>) -> Result<()>,
) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let mut office = Office::open(stage, &crowd::roomy("keep"))?;
        office.ready(&agnes())?;
        office.ready(&bruno())?;
        crowd::answer_during(office.servers, || {
            disturb(&mut office)?;
            crowd::check_answered(&office, MAILS)
        })?;
        let interrupted = office.all("SendUncertain")?;
        let is_restart = interrupted.iter().all(|fact| fact.text("reason") == "Restart");
        ensure!(is_restart, "only what a kill interrupted is uncertain");
        check_more(&office)?;
        office.verify()
    })
}

#[test]
fn kills_at_random_moments_lose_and_double_nothing() -> Result<()> {
    work_through(kill_and_start, |_| Ok(()))
}

#[test]
fn stops_at_random_moments_leave_nothing_open() -> Result<()> {
    work_through(stop_and_start, |office| {
        for kind in ["SendUncertain", "SendDeferred", "ContactReleased"] {
            ensure!(office.all(kind)?.is_empty(), "{kind} after a stop in good order");
        }
        ensure!(office.all("EngineStopped")?.len() == HEAPS, "every stop is recorded");
        Ok(())
    })
}
