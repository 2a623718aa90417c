//! The `postbook` program, run as its users run it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::wait::until;

/// One installation: a configuration, and `postbook serve` when it was started.
#[derive(Debug)]
pub struct Program {
    binary: PathBuf,
    folder: PathBuf,
    child: Option<Child>,
    starts: u32,
}

impl Program {
    /// Writes `configuration` to `postbook.toml` in `folder`, builds the program where needed, and
    /// starts nothing.
    pub fn install(folder: &Path, configuration: &str) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let program = Self { binary: binary()?, folder: folder.to_owned(), child: None, starts: 0 };
        fs::write(program.configuration(), configuration)?;
        Ok(program)
    }

    /// What the log of a stopped installation says last; empty where there is none.
    pub(crate) fn last_events(folder: &Path) -> String {
        let program = binary().map(|binary| Self {
            binary,
            folder: folder.to_owned(),
            child: None,
            starts: 0,
        });
        let events = program.and_then(|program| program.text(&["log", "tail", "--count", "60"]));
        events.unwrap_or_default()
    }

    /// The configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("postbook.toml")
    }

    /// The folder the configuration is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts `postbook serve` and waits until `probe`, a subcommand, succeeds.
    pub fn start(&mut self, probe: &[&str]) -> Result<()> {
        self.spawn()?;
        until("the program answers", || {
            if let Some(status) = self.exited()? {
                bail!("`postbook serve` ended: {status}\n{}", self.log());
            }
            Ok(self.run(probe)?.status.success().then_some(()))
        })
    }

    /// Starts `postbook serve` and waits for nothing.
    pub fn spawn(&mut self) -> Result<()> {
        if self.child.is_some() {
            bail!("the program was started already");
        }
        self.starts += 1;
        let log = File::create(self.log_file())?;
        let child = self
            .command(&["serve"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// The exit status of `postbook serve`, once it has ended by itself.
    pub fn exited(&mut self) -> Result<Option<ExitStatus>> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?),
            None => bail!("the program was not started"),
        }
    }

    /// Kills `postbook serve` as a power failure would: SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the program was not started")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Asks `postbook serve` to stop (SIGTERM) and waits until it has; fails when it did not end
    /// with success.
    pub fn stop(&mut self) -> Result<()> {
        let id = self.child.as_ref().map(Child::id);
        let id = id.context("the program was not started")?;
        let pid = Pid::from_raw(i32::try_from(id)?).context("a process id is not 0")?;
        kill_process(pid, Signal::TERM)?;
        let status = until("the program stops", || self.exited())?;
        self.child = None;
        if !status.success() {
            bail!("`postbook serve` ended: {status}\n{}", self.log());
        }
        Ok(())
    }

    /// Runs a subcommand on this installation, and gives what it printed and its exit code.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments).stdin(Stdio::null()).output()?)
    }

    /// Begins a subcommand on this installation, and does not wait for its end.
    pub fn begin(&self, arguments: &[&str]) -> Result<Child> {
        let mut command = self.command(arguments);
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }

    /// Runs a subcommand that must succeed, and gives what it printed.
    pub fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("`postbook {}`: {complaint}{printed}", arguments.join(" "));
        }
        Ok(printed)
    }

    /// Runs a subcommand with `--json`, which must succeed; one value, or a list where it prints
    /// one value a line.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let printed = self.text(&arguments)?;
        let values: Result<Vec<Value>, _> =
            serde_json::Deserializer::from_str(&printed).into_iter().collect();
        let mut values = values.with_context(|| format!("this is no JSON: {printed}"))?;
        Ok(match values.len() {
            1 => values.remove(0),
            _ => Value::Array(values),
        })
    }

    /// What `postbook serve` has logged since it was last started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("serve-{}.log", self.starts))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--config").arg(self.configuration()).current_dir(&self.folder);
        command
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The program: `POSTBOOK_PROGRAM` where that is set, else built once, beside this test.
pub fn binary() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| match std::env::var_os("POSTBOOK_PROGRAM") {
        Some(path) => Ok(path.into()),
        None => build().map_err(|error| format!("{error:#}")),
    });
    built.clone().map_err(|error| anyhow!(error))
}

fn build() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent);
    let profile = profile.context("the test lies in no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "postbook"]);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("postbook cannot be built: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(profile.join("postbook"))
}
