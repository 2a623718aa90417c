//! ext4 on loop devices.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// Why this machine cannot do it, where it cannot.
pub(crate) fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("loop devices and mounts need root".to_owned());
    }
    if !Path::new("/dev/loop-control").exists() {
        return Some("there are no loop devices (/dev/loop-control)".to_owned());
    }
    for (program, package) in [
        ("mkfs.ext4", "e2fsprogs"),
        ("mount", "mount"),
        ("unshare", "util-linux"),
        ("cp", "coreutils"),
    ] {
        if Command::new(program).arg("--version").output().is_err() {
            return Some(format!("{program} is missing (Debian package {package})"));
        }
    }
    None
}

/// A mounted image; unmounted when dropped.
pub(crate) struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    /// Mounts `image` on `folder`; the loop device goes away with the mount.
    pub(crate) fn new(image: &Path, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        // Nothing is written but what is asked for: no commits of the journal by the clock.
        run(Command::new("mount").args(["-o", "loop,commit=600"]).arg(image).arg(folder))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where it is mounted.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Unmounts it. What used it has just ended or been killed, and may take a moment.
    pub(crate) fn unmount(self) -> Result<()> {
        for _ in 0..500 {
            if run(Command::new("umount").arg(&self.folder)).is_ok() {
                std::mem::forget(self);
                return Ok(());
            }
            sleep(Duration::from_millis(10));
        }
        bail!("{} cannot be unmounted", self.folder.display())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _lazily = run(Command::new("umount").arg("--lazy").arg(&self.folder));
    }
}

/// Makes an image of `bytes` with an empty ext4.
pub(crate) fn format(image: &Path, bytes: u64) -> Result<()> {
    File::create(image).and_then(|file| file.set_len(bytes)).context("an image")?;
    run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image))
}

/// Copies an image as it is.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").arg("--sparse=always").arg(from).arg(to))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
