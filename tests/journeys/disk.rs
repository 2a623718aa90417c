//! A full disk: nothing is acknowledged, nothing is lost, and all goes on once there is space.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::{Needs, journey, skip, within};

use super::office::{LONG, Office, Plan, SUPPORT, agnes, ann};

/// A small file system, as the data folder of a journey.
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts 96 MB of memory at `folder`; the inner error says why that is not possible here.
    pub(crate) fn mount(folder: &Path) -> Result<Result<Self, String>> {
        fs::create_dir_all(folder)?;
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs"]).arg(folder);
        match command.output() {
            Ok(output) if output.status.success() => Ok(Ok(Self { folder: folder.to_owned() })),
            Ok(output) => Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
            Err(error) => Ok(Err(format!("mount: {error}"))),
        }
    }

    /// Fills it until so many KiB are left.
    pub(crate) fn fill(&self, left: u64) -> Result<()> {
        let output =
            Command::new("df").args(["--output=avail", "-k"]).arg(&self.folder).output()?;
        let printed = String::from_utf8(output.stdout)?;
        let free: u64 = printed.lines().nth(1).context("df prints a number")?.trim().parse()?;
        ensure!(free > left, "only {free} KiB are left, {left} are to be left");
        let mut ballast = File::create(self.folder.join("ballast"))?;
        let block = vec![0; 1024];
        for _ in 0..free - left {
            match ballast.write_all(&block) {
                // The program has written meanwhile.
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                written => written?,
            }
        }
        Ok(())
    }

    /// Makes space again.
    pub(crate) fn empty(&self) -> Result<()> {
        Ok(fs::remove_file(self.folder.join("ballast"))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Where it is still in use it goes once it is not.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

/// Plays the journey with so many KiB left; `words` is what the operator reads.
fn fill_up(left: u64, words: &str) -> Result<()> {
    journey(Needs::Mail, |stage| {
        let disk = match Disk::mount(&stage.folder().join("installation/data"))? {
            Ok(disk) => disk,
            Err(reason) => return skip(&format!("no small file system can be mounted: {reason}")),
        };
        let mut office = Office::open(stage, &Plan { held_contacts: "keep", ..Plan::default() })?;
        let deliver = |office: &Office<'_>, subject: &str| {
            let mail = ann().write(SUPPORT, &[], subject, "Hello.");
            office.servers.deliver(SUPPORT, &mail.raw)
        };
        deliver(&office, "before")?;
        let first = office.arrival(1)?;
        disk.fill(left)?;
        let before: Vec<Vec<u8>> = raws(&office)?;
        deliver(&office, "meanwhile")?;
        deliver(&office, "meanwhile, too")?;
        within(LONG, &format!("the operator reads `{words}`"), || {
            ensure!(office.program.exited()?.is_none(), "the program gave up");
            let status = office.program.run(&["status"])?;
            let status = String::from_utf8_lossy(&status.stdout).into_owned();
            Ok((status.contains(words) || office.program.log().contains(words)).then_some(()))
        })?;
        // A command is refused or fails; whatever it is told, it is not done.
        let ready = office.program.run(&["agent", "ready", "1001"])?;
        ensure!(left > 0 && !ready.status.success() || left == 0, "a command was acknowledged");
        // It tries again and again.
        std::thread::sleep(std::time::Duration::from_secs(8));
        ensure!(
            office.program.exited()?.is_none(),
            "the program gave up: {}",
            office.program.log()
        );
        ensure!(raws(&office)?.len() == before.len() + 2, "mail stays on the server");

        disk.empty()?;
        // Asked first, since `log tail` would read, and so hold, a folder without a server.
        within(LONG, "the program works again", || {
            Ok(office.program.run(&["status"])?.status.success().then_some(()))
        })?;
        office.arrival(3)?;
        let arrived = office.all("ContactArrived")?;
        let subjects: Vec<String> = arrived.iter().map(|fact| fact.subject()).collect();
        assert_eq!(subjects, ["before", "meanwhile", "meanwhile, too"]);
        office.ready(&agnes())?;
        let copy = office.newest_mail(&agnes().address, 1)?;
        assert_eq!(copy.field("X-Postbook-Contact"), first);
        office.verify()?;
        office.restart()?;
        assert_eq!(office.contacts()?.len(), 3);
        Ok(())
    })
}

fn raws(office: &Office<'_>) -> Result<Vec<Vec<u8>>> {
    let mails = office.servers.mailbox(SUPPORT)?;
    Ok(mails.iter().map(|mail| mail.raw().to_vec()).collect())
}

#[test]
fn a_disk_too_full_for_the_log_stops_work_until_there_is_space() -> Result<()> {
    fill_up(10 * 1024, "the disk is full")
}

#[test]
fn a_disk_without_a_byte_left_keeps_mail_on_the_server() -> Result<()> {
    fill_up(0, "is full: make space, nothing is lost")
}
