//! On a full disk nothing is acknowledged that is not there, and with space back all goes on.
//!
//! Needs root, for a small file system; says so and passes where that is missing.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use event::Position;
use log::conformance::samples;
use log::{AppendError, EventLog, SledLog};
use tempfile::TempDir;

/// A file system of 64 MB in memory.
struct Small {
    folder: TempDir,
}

impl Small {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            other => {
                println!("skipped: a small file system cannot be mounted: {other:?}");
                None
            }
        }
    }

    fn log(&self) -> SledLog {
        SledLog::open(&self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _lazily = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

/// A mounted image.
struct Mounted {
    folder: TempDir,
}

impl Mounted {
    fn new(image: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-o", "loop"]).arg(image).arg(folder.path()).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder }),
            other => {
                println!("skipped: an image cannot be mounted: {other:?}");
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // sled's threads may hold the file a little longer than its handle.
        for _ in 0..500 {
            let umount = Command::new("umount").arg(self.folder.path()).output();
            if umount.is_ok_and(|output| output.status.success()) {
                return;
            }
            sleep(Duration::from_millis(10));
        }
    }
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Fills the disk up, to the last byte.
fn fill(path: &Path) {
    let mut len = 64 << 20;
    let mut bytes = fs::read(path).unwrap_or_default();
    while len > 0 {
        let before = bytes.len();
        bytes.resize(before + len, 1);
        if fs::write(path, &bytes).is_err() {
            bytes.truncate(before);
            len /= 2;
        }
    }
}

#[test]
fn a_full_disk_appends_nothing_and_space_heals_it() {
    let Some(small) = Small::mount() else { return };
    let log = small.log();
    assert_eq!(log.append(Position(0), &samples(1, 1000)).unwrap(), Position(1000));
    let filler = small.folder.path().join("filler");
    fill(&filler);
    let refused = log.append(Position(1000), &samples(1001, 10));
    let Err(AppendError::Full(said)) = &refused else { panic!("{refused:?}") };
    assert!(said.contains(&small.folder.path().display().to_string()), "{said}");
    assert_eq!(log.head(), Position(1000));
    assert_eq!(log.read(Position(1), usize::MAX).unwrap().len(), 1000);
    fs::remove_file(filler).unwrap();
    assert_eq!(log.append(Position(1000), &samples(1001, 10)).unwrap(), Position(1010));
    assert_eq!(log.verify(&mut |_| {}).unwrap().events, 1010);
}

#[test]
fn a_log_that_fills_the_disk_itself_stops_in_time() {
    let Some(small) = Small::mount() else { return };
    let log = small.log();
    let refused = loop {
        let head = log.head();
        if let Err(error) = log.append(head, &samples(head.0 + 1, 1000)) {
            break error;
        }
    };
    assert!(matches!(refused, AppendError::Full(_)), "{refused}");
    let head = log.head();
    assert!(head.0 > 10_000, "{head}");
    drop(log);
    let log = small.log();
    assert_eq!((log.head(), log.healed()), (head, &[][..]));
    assert_eq!(log.verify(&mut |_| {}).unwrap().events, head.0);
}

/// A disk that promises more space than it has fails in the middle of a sync.
#[test]
fn a_failed_sync_poisons_the_log_and_loses_nothing_acknowledged() {
    let Some(small) = Small::mount() else { return };
    let image = small.folder.path().join("image");
    fs::File::create(&image).unwrap().set_len(512 << 20).unwrap();
    if Command::new("mkfs.ext4").arg("-V").output().is_err() {
        println!("skipped: mkfs.ext4 is missing (Debian package e2fsprogs)");
        return;
    }
    run("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()]);
    let Some(disk) = Mounted::new(&image) else { return };
    let log = SledLog::open(&disk.folder.path().join("log")).unwrap();
    let failure = loop {
        let head = log.head();
        if let Err(error) = log.append(head, &samples(head.0 + 1, 1000)) {
            break error;
        }
    };
    println!("{failure}");
    assert!(matches!(failure, AppendError::Unknown(_)), "{failure}");
    let acknowledged = log.head();
    assert!(acknowledged.0 > 10_000, "{acknowledged}");
    let again = log.append(acknowledged, &samples(acknowledged.0 + 1, 1));
    assert!(matches!(again, Err(AppendError::Poisoned)), "{again:?}");
    drop(log);
    drop(disk);
    run("mount", &["-o", "remount,size=600m", small.folder.path().to_str().unwrap()]);
    let Some(disk) = Mounted::new(&image) else { panic!("the disk mounts again") };
    let log = SledLog::open(&disk.folder.path().join("log")).unwrap();
    println!("{acknowledged} acknowledged, {} found, {:?}", log.head(), log.healed());
    assert!(log.head() >= acknowledged);
    assert_eq!(log.verify(&mut |_| {}).unwrap().events, log.head().0);
    let head = log.head();
    assert_eq!(log.append(head, &samples(head.0 + 1, 5)).unwrap(), head.plus(5));
}
