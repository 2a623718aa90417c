//! The sandbox: what a stranger sees who types `postbook try`, kills it and starts it again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use harness::{Mail, Needs, journey, until, within};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::office::{LONG, text};

/// A machine with nothing on it but the program: an own home and an own working folder.
struct Sandbox {
    root: PathBuf,
    child: Option<Child>,
}

impl Sandbox {
    fn new(root: &Path) -> Result<Self> {
        for folder in ["home", "work", "temporary"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self { root: root.to_owned(), child: None })
    }

    fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env("HOME", self.root.join("home"))
            .env("TMPDIR", self.root.join("temporary"))
            // Else the advice would speak of cargo.
            .env_remove("CARGO")
            .stdin(Stdio::null());
        command
    }

    fn start(&mut self) -> Result<()> {
        let told = File::create(self.root.join("told"))?;
        let complaints = File::create(self.root.join("complaints"))?;
        let mut command = self.command(&harness::binary()?);
        command.args(["try", "--folder", "demo"]).stdout(told).stderr(complaints);
        self.child = Some(command.spawn()?);
        Ok(())
    }

    fn told(&self) -> Result<String> {
        Ok(fs::read_to_string(self.root.join("told"))?)
    }

    fn wait_until_told(&mut self, words: &str) -> Result<()> {
        within(LONG, &format!("`{words}` is told"), || {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                let complaints = fs::read_to_string(self.root.join("complaints"))?;
                bail!("it ended with {status}: {complaints}");
            }
            Ok(self.told()?.contains(words).then_some(()))
        })
    }

    fn child(&mut self) -> Result<&mut Child> {
        self.child.as_mut().context("it was started")
    }

    fn kill(&mut self) -> Result<()> {
        self.child()?.kill()?;
        self.child()?.wait()?;
        Ok(())
    }

    /// Runs a line as it is typed into another terminal.
    fn type_in(&self, line: &str) -> Result<String> {
        let output = self.command(Path::new("/bin/sh")).args(["-c", line]).output()?;
        if !output.status.success() {
            bail!("`{line}`: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A subcommand's answer.
    fn ask(&self, arguments: &str) -> Result<Value> {
        let program = harness::binary()?;
        let line = format!("{} --config demo/postbook.toml --json {arguments}", program.display());
        Ok(serde_json::from_str(&self.type_in(&line)?)?)
    }

    /// The commands it advises, without what it says about them.
    fn advised(&self) -> Result<Vec<String>> {
        let told = self.told()?;
        let lines = told.lines().filter(|line| line.contains("--config demo/postbook.toml"));
        let commands = lines.map(|line| line.trim().split("   ").next().unwrap_or_default());
        Ok(commands.map(str::to_owned).collect())
    }

    fn contacts_in(&self, state: &str) -> Result<usize> {
        let contacts = self.ask("journal list")?;
        let contacts = contacts.as_array().context("a list")?;
        Ok(contacts.iter().filter(|contact| contact["state"] == state).count())
    }

    /// Everything that lies outside the sandbox's own folder.
    fn outside(&self) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for folder in ["home", "work", "temporary"] {
            for entry in fs::read_dir(self.root.join(folder))? {
                found.insert(format!("{folder}/{}", entry?.file_name().to_string_lossy()));
            }
        }
        found.remove("work/demo");
        Ok(found)
    }

    /// The mails that were delivered to customers.
    fn mails_of_customers(&self) -> Result<Vec<Mail>> {
        let mut mails = Vec::new();
        for mailbox in fs::read_dir(self.work().join("demo/mail"))? {
            let mailbox = mailbox?;
            if !mailbox.file_name().to_string_lossy().ends_with("@desk.test") {
                for entry in fs::read_dir(mailbox.path().join("new"))? {
                    mails.push(Mail::new(fs::read(entry?.path())?));
                }
            }
        }
        Ok(mails)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_stranger_tries_it_and_kills_it() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let mut sandbox = Sandbox::new(stage.folder())?;
        sandbox.start()?;
        sandbox.wait_until_told("Ada is at lunch")?;
        until("Ada is done", || Ok((sandbox.contacts_in("released")? == 2).then_some(())))?;
        // A colleague on a customer's mail gets the same answer, under the same Message-ID.
        let relayed = sandbox.mails_of_customers()?;
        let answers: BTreeSet<String> =
            relayed.iter().map(|mail| mail.field("Message-ID")).collect();
        assert_eq!(answers.len(), 2);
        for mail in relayed {
            assert!(!mail.head().contains("ada@desk.test"), "{}", mail.head());
        }

        // What it advises works, in the order it is advised in.
        let advised = sandbox.advised()?;
        assert!(advised.len() >= 5, "{advised:?}");
        let label = |command: &String| command.rsplit("postbook.toml ").next().map(str::to_owned);
        let labels: Vec<String> = advised.iter().filter_map(label).collect();
        assert_eq!(labels[..2], ["queue", "agent ready 1002"]);
        for command in &advised {
            sandbox.type_in(command)?;
        }
        until("Ben holds the next contact, delivered", || {
            let agents = sandbox.ask("agent list")?;
            let outbox = sandbox.ask("outbox list")?;
            let quiet = outbox.as_array().is_some_and(Vec::is_empty);
            Ok((agents[1]["state"] == "email" && quiet).then_some(()))
        })?;
        until("Ben's answer is with a customer", || {
            let held = sandbox.ask("agent list")?[1]["contacts"][0].clone();
            let shown = sandbox.ask(&format!("journal show {}", held.as_str().unwrap_or("-")))?;
            let events = shown["events"].as_array().cloned().unwrap_or_default();
            let relayed = |event: &Value| text(event, "text").contains("went to the customer");
            Ok(events.iter().any(relayed).then_some(()))
        })?;

        let waiting = sandbox.contacts_in("waiting in support")?;
        sandbox.kill()?;
        let before = sandbox.ask("journal list")?;
        let queue = sandbox.ask("queue support")?;
        sandbox.start()?;
        sandbox.wait_until_told("each where it was")?;
        assert_eq!(sandbox.ask("queue support")?, queue);
        assert_eq!(sandbox.contacts_in("waiting in support")?, waiting);
        let after = sandbox.ask("journal list")?;
        assert_eq!(after, before, "every contact is where it was");
        sandbox.type_in(advised.last().context("an advice")?)?;
        assert_eq!(sandbox.outside()?, BTreeSet::new(), "nothing outside the folder is touched");

        let child = sandbox.child()?;
        let pid = Pid::from_raw(i32::try_from(child.id())?).context("a process")?;
        kill_process(pid, Signal::INT)?;
        let status = until("it stops", || Ok(sandbox.child()?.try_wait()?))?;
        assert!(status.success());
        assert!(sandbox.told()?.contains("Start again to find every contact where it was"));
        assert_eq!(fs::read_to_string(stage.folder().join("complaints"))?, "");
        Ok(())
    })
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() -> Result<()> {
    journey(Needs::Nothing, |stage| {
        let sandbox = Sandbox::new(stage.folder())?;
        let folder = sandbox.work().join("demo");
        fs::create_dir(&folder)?;
        fs::write(folder.join("thesis.txt"), "mine")?;
        let output =
            sandbox.command(&harness::binary()?).args(["try", "--folder", "demo"]).output()?;
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr)?;
        assert!(said.contains("demo holds something else; give --folder"), "{said}");
        assert_eq!(fs::read_dir(folder)?.count(), 1);
        Ok(())
    })
}
