//! The frame around one journey: a folder, servers, and what to show when it fails.

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::program::Program;
use crate::servers::Servers;

/// How much of each log is shown when a journey fails.
const LOG_LINES_MAX: usize = 60;

/// What a journey cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but a folder.
    Nothing,
    /// Dovecot.
    Imap,
    /// Dovecot and Postfix.
    Mail,
}

/// What a journey plays on.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    servers: Option<Servers>,
}

impl Stage {
    /// The mail servers.
    pub fn servers(&self) -> Result<&Servers> {
        self.servers.as_ref().context("the journey asked for no servers")
    }

    /// A folder of this journey's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Installs the program with `configuration` in the folder `installation` of this journey.
    pub fn program(&self, configuration: &str) -> Result<Program> {
        Program::install(&self.folder().join("installation"), configuration)
    }

    /// The ends of all logs: the program's two and the servers'.
    fn logs(&self) -> String {
        let mut text = String::new();
        let mut folders = vec![];
        let installation = self.folder().join("installation");
        if installation.exists() {
            text += &format!("---- events\n{}", Program::last_events(&installation));
            folders.push(installation);
        }
        folders.extend(self.servers.as_ref().and_then(|servers| servers.logs().ok()));
        for folder in folders {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths {
                if path.extension().is_some_and(|extension| extension == "log") {
                    text += &format!("---- {}\n{}", path.display(), tail(&path));
                }
            }
        }
        text
    }
}

/// Plays `journey` on a stage of its own.
///
/// Where this machine lacks what it needs, it is left out, and `skipped: reason` is printed past
/// the capture of the test runner. When it fails, by error or panic, all logs are printed.
pub fn journey(needs: Needs, journey: impl FnOnce(&Stage) -> Result<()>) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("postbook-journey.").tempdir()?;
    let servers = match needs {
        Needs::Nothing => None,
        Needs::Imap | Needs::Mail => {
            match Servers::start(&folder.path().join("servers"), needs == Needs::Mail)? {
                Ok(servers) => Some(servers),
                Err(reason) => return skip(&reason),
            }
        }
    };
    let stage = Stage { folder, servers };
    let outcome = catch_unwind(AssertUnwindSafe(|| journey(&stage)));
    if !matches!(outcome, Ok(Ok(()))) {
        say(&stage.logs())?;
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Says, past the capture of the test runner, that this journey is left out, and why.
pub fn skip(reason: &str) -> Result<()> {
    let test = std::thread::current().name().unwrap_or("a journey").to_owned();
    say(&format!("skipped: {test}: {reason}\n"))
}

/// Prints to the real standard error: `eprint!` is kept back by the runner when a test passes.
fn say(text: &str) -> Result<()> {
    Ok(std::io::stderr().lock().write_all(text.as_bytes())?)
}

fn tail(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(LOG_LINES_MAX);
    lines.into_iter().skip(start).map(|line| format!("{line}\n")).collect()
}
