//! A writer that is killed at random, again and again, loses nothing it had acknowledged.
//!
//! `POSTBOOK_KILL_CUTS` sets how often; 50 times where it is not set.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::env;
use std::io::{BufRead, BufReader, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use event::{Event, Position};
use log::conformance::sample;
use log::{EventLog, OpenError, SledLog};

/// Set in the process that is to be killed.
const FOLDER: &str = "POSTBOOK_KILL_FOLDER";
const SEED: &str = "POSTBOOK_KILL_SEED";

/// The writer, when this program starts itself; as a test of its own it does nothing.
#[test]
fn writer() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let mut dice = Dice(env::var(SEED).unwrap().parse().unwrap());
    let log = SledLog::open(&PathBuf::from(folder)).unwrap();
    let mut out = stdout().lock();
    writeln!(out, "\n{}", log.head()).unwrap();
    loop {
        let head = log.head();
        let limit = 2 << dice.below(12);
        let count = 1 + dice.below(limit);
        let batch: Vec<Event> = (1..=count).map(|place| event_at(head.0 + place)).collect();
        let head = log.append(head, &batch).unwrap();
        // The test harness has printed the name of the test without ending the line.
        writeln!(out, "\n{head}").unwrap();
    }
}

#[test]
fn a_killed_writer_loses_nothing_it_had_acknowledged() {
    let cuts: u32 = env::var("POSTBOOK_KILL_CUTS").map_or(50, |cuts| cuts.parse().unwrap());
    let mut dice = Dice(u64::from(std::process::id()));
    println!("seed {}", dice.0);
    let folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut while_opening, mut healed) = (0, 0, Vec::new());
    for cut in 1..=cuts {
        // Every second writer may open the log first; the others are killed about then.
        let opened = cut % 2 == 0;
        let delay = Duration::from_micros(dice.below(if opened { 100_000 } else { 60_000 }));
        match run_and_kill(folder.path(), dice.next(), opened, delay) {
            Some(head) => acknowledged = acknowledged.max(head),
            None => while_opening += 1,
        }
        let log = SledLog::open(folder.path()).unwrap();
        healed.extend(log.healed().iter().map(ToString::to_string));
        let head = log.head().0;
        assert!(head >= acknowledged, "cut {cut}: {acknowledged} acknowledged, {head} found");
        acknowledged = head;
        if cut % 10 == 0 || cut == cuts {
            check(&log, 1);
            assert_eq!(log.verify(&mut |_| {}).unwrap().events, head);
        } else {
            check(&log, head.saturating_sub(10_000).max(1));
        }
    }
    println!(
        "{cuts} kills, {while_opening} while opening; {acknowledged} events; healed: \
         {healed:#?}"
    );
    assert!(acknowledged > 0 || cuts < 10, "some writer came as far as an append");
}

/// Gives the last head the writer had acknowledged.
fn run_and_kill(folder: &Path, seed: u64, opened: bool, delay: Duration) -> Option<u64> {
    let mut writer = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(FOLDER, folder)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap());
    let mut last = None;
    while opened && last.is_none() {
        last = next_head(&mut lines).expect("the writer opens the log");
    }
    if opened {
        let refused = SledLog::open(folder).err();
        assert!(matches!(refused, Some(OpenError::Busy { .. })), "{refused:?}");
    }
    sleep(delay);
    writer.kill().unwrap();
    while let Some(head) = next_head(&mut lines) {
        last = head.or(last);
    }
    let status = writer.wait().unwrap();
    assert!(status.code().is_none(), "the writer gave up by itself: {status}");
    last
}

/// The head on the next line, if that is what is there; `None` at the end.
fn next_head(lines: &mut impl BufRead) -> Option<Option<u64>> {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    // A line without its end was not an acknowledgement yet.
    line.strip_suffix('\n').map(|head| head.parse().ok())
}

/// Checks that every event from `from` on is the one that was appended there.
fn check(log: &SledLog, from: u64) {
    let found = log.read(Position(from), usize::MAX).unwrap();
    assert_eq!(found.len() as u64, log.head().0.saturating_sub(from - 1));
    for (expected, recorded) in (from..).zip(&found) {
        assert_eq!(recorded.position, Position(expected));
        assert_eq!(recorded.event, event_at(expected));
    }
}

fn event_at(position: u64) -> Event {
    let len = if position.is_multiple_of(3_000) { 100_000 } else { position * 37 % 200 };
    sample(position, len as usize)
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
