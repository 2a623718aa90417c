//! What a crash or a bad disk leaves behind is mended or told, and never passed on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use event::Position;
use log::conformance::samples;
use log::{EventLog, Healed, OpenError, SledLog, Verified};
use tempfile::TempDir;

/// A closed log of 30,000 events, large enough that sled has moved pages and has a snapshot.
fn closed_log() -> (TempDir, Verified) {
    let folder = tempfile::tempdir().unwrap();
    let mut found = None;
    for _ in 0..2 {
        let log = SledLog::open(folder.path()).unwrap();
        for batch in samples(log.head().0 + 1, 15_000).chunks(500) {
            log.append(log.head(), batch).unwrap();
        }
        found = Some(log.verify(&mut |_| {}).unwrap());
    }
    (folder, found.unwrap())
}

fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    copy_into(from, to.path());
    to
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (source, target) =
            (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if source.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_into(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}

/// Opens and verifies; the message where either fails.
fn examine(folder: &Path) -> Result<Verified, String> {
    let log = SledLog::open(folder).map_err(|error| error.to_string())?;
    log.verify(&mut |_| {}).map_err(|error| error.to_string())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn flipped_bits_are_told_or_change_nothing() {
    let (sound, expected) = closed_log();
    assert_eq!(examine(copy(sound.path()).path()), Ok(expected));
    let (mut told, mut unchanged, mut number) = (0, 0, 1u64);
    for file in files(sound.path()) {
        let relative = file.strip_prefix(sound.path()).unwrap();
        let bytes = fs::read(&file).unwrap();
        let used = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let flips = if relative.ends_with("db") { 40 } else { 3 };
        for _ in 0..if used == 0 { 0 } else { flips } {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let bit = (number >> 16) as usize % (used * 8);
            let damaged = copy(sound.path());
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            fs::write(damaged.path().join(relative), changed).unwrap();
            match examine(damaged.path()) {
                Ok(found) => {
                    assert_eq!(found, expected, "{} bit {bit}", relative.display());
                    unchanged += 1;
                }
                Err(said) => {
                    let folder = damaged.path().display().to_string();
                    assert!(said.contains(&folder), "the folder is named: {said}");
                    told += 1;
                }
            }
        }
    }
    println!("{told} flips were told, {unchanged} changed nothing");
    assert!(told > 0);
}

#[test]
fn a_lost_end_is_told_although_sled_takes_it_for_a_crash() {
    let (sound, _) = closed_log();
    let db = sound.path().join("sled/db");
    for file in files(sound.path()) {
        if file.file_name().unwrap().to_string_lossy().starts_with("snap.") {
            fs::remove_file(file).unwrap();
        }
    }
    let len = fs::metadata(&db).unwrap().len();
    fs::OpenOptions::new().write(true).open(&db).unwrap().set_len(len - 300_000).unwrap();
    let said = examine(sound.path()).unwrap_err();
    assert!(said.contains("is damaged") && said.contains("backup"), "{said}");
}

#[test]
fn an_unfinished_snapshot_is_deleted_and_said() {
    let (folder, expected) = closed_log();
    let unfinished = folder.path().join("sled/snap.00000000FFFFFFFF.generating");
    fs::write(&unfinished, b"half a snapsh").unwrap();
    let log = SledLog::open(folder.path()).unwrap();
    assert_eq!(log.healed(), [Healed::SnapshotDeleted(unfinished.clone())]);
    assert!(!unfinished.exists());
    assert_eq!(log.verify(&mut |_| {}).unwrap(), expected);
}

#[test]
fn a_log_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = SledLog::open(folder.path()).unwrap();
    let again = SledLog::open(folder.path());
    assert!(matches!(again, Err(OpenError::Busy { .. })), "{:?}", again.err());
    log.append(Position(0), &samples(1, 1)).unwrap();
    drop(log);
    assert_eq!(SledLog::open(folder.path()).unwrap().head(), Position(1));
}

#[test]
fn a_newer_format_is_left_alone() {
    let (folder, expected) = closed_log();
    let format = folder.path().join("format");
    let text = fs::read_to_string(&format).unwrap();
    assert_eq!(text, "postbook-log 1\n");
    fs::write(&format, "postbook-log 2\n").unwrap();
    let refused = SledLog::open(folder.path()).err().unwrap();
    assert!(matches!(refused, OpenError::NewerFormat { found: 2, known: 1, .. }), "{refused}");
    for wrong in ["", "postbook-log", "postbook-log x\n", "something else 1\n"] {
        fs::write(&format, wrong).unwrap();
        let refused = SledLog::open(folder.path()).err().unwrap();
        assert!(matches!(refused, OpenError::Corrupt { .. }), "{wrong:?}: {refused}");
    }
    fs::write(&format, text).unwrap();
    assert_eq!(examine(folder.path()), Ok(expected));
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let refused = SledLog::open(&file.join("log")).err().unwrap();
    assert!(matches!(refused, OpenError::Io { .. }), "{refused}");
    assert!(refused.to_string().contains(&file.display().to_string()));
}

#[test]
fn no_value_is_kept_in_a_file_of_its_own() {
    // sled never syncs such files, so an event in one would be lost in a power cut.
    let folder = tempfile::tempdir().unwrap();
    let log = SledLog::open(folder.path()).unwrap();
    for _ in 0..20 {
        let head = log.head();
        log.append(head, &[log::conformance::sample(1, 900_000)]).unwrap();
    }
    drop(log);
    assert_eq!(fs::read_dir(folder.path().join("sled/blobs")).unwrap().count(), 0);
}
