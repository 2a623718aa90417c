//! What became of the mails: figures, and the names of those with which something is wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _, stdout};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::composed::Composed;
use crate::messages::Message;
use crate::office::{CONTACT, Outcome};

/// A mail that takes longer to read and compose holds up all others.
const SLOW: Duration = Duration::from_secs(2);

/// What is counted.
#[derive(Default)]
pub(crate) struct Report {
    /// How long all of it took, taking in included.
    pub(crate) took: Duration,
    messages: u64,
    bytes: u64,
    outcomes: BTreeMap<Outcome, u64>,
    ambiguous: u64,
    changed_bytes: u64,
    slowest: (Duration, String),
    panics: Vec<String>,
    lost: Vec<String>,
    changed: Vec<String>,
    leaks: Vec<String>,
    slow: Vec<String>,
}

impl Report {
    /// Reads one mail, composes what is sent because of it, and examines that. Gives whether the
    /// mail can be taken in without a panic.
    pub(crate) fn compose(&mut self, message: &Message) -> bool {
        self.messages += 1;
        self.bytes += message.raw.len() as u64;
        let name = || message.name.clone();
        let start = Instant::now();
        let composed = catch_unwind(AssertUnwindSafe(|| Composed::new(&message.raw)));
        let taken = start.elapsed();
        if taken > SLOW {
            self.slow.push(name());
        }
        if taken > self.slowest.0 {
            self.slowest = (taken, name());
        }
        let Ok(composed) = composed else {
            self.panics.push(name());
            return false;
        };
        let found = match composed {
            Ok(composed) => composed.examine(&message.raw),
            Err(_) => {
                self.lost.push(name());
                return false;
            }
        };
        self.ambiguous += u64::from(found.is_ambiguous);
        self.changed_bytes += found.changed_bytes;
        for (is_wrong, names) in [
            (found.changed_bytes > 0, &mut self.changed),
            (found.leaks, &mut self.leaks),
            (found.parser_failed, &mut self.panics),
        ] {
            if is_wrong {
                names.push(name());
            }
        }
        true
    }

    /// Counts what became of a mail; one without an outcome is lost.
    pub(crate) fn outcome(&mut self, message: &Message, outcome: Option<&Outcome>) {
        match outcome {
            Some(outcome) => *self.outcomes.entry(outcome.clone()).or_default() += 1,
            None => self.lost.push(message.name.clone()),
        }
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_good(&self) -> bool {
        self.wrong().iter().all(|(_, names)| names.is_empty())
    }

    fn wrong(&self) -> [(&'static str, &Vec<String>); 5] {
        [
            ("panics", &self.panics),
            ("lost", &self.lost),
            ("changed", &self.changed),
            ("leaks", &self.leaks),
            ("over 2 s", &self.slow),
        ]
    }

    fn megabytes_per_second(&self) -> f64 {
        let rate = self.bytes as f64 / 1e6 / self.took.as_secs_f64().max(1e-9);
        (rate * 100.0).round() / 100.0
    }

    fn contacts(&self) -> u64 {
        self.outcomes.get(CONTACT).copied().unwrap_or_default()
    }

    /// Prints to the standard output; a closed pipe is no failure.
    pub(crate) fn print(&self, json: bool) -> Result<()> {
        let text = if json { serde_json::to_string_pretty(&self.to_json())? } else { self.text()? };
        match writeln!(stdout(), "{text}") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "messages": self.messages,
            "bytes": self.bytes,
            "contacts": self.contacts(),
            "outcomes": self.outcomes,
            "ambiguous": self.ambiguous,
            "panics": self.panics,
            "lost": self.lost,
            "changed_bytes": self.changed_bytes,
            "changed": self.changed,
            "leaks": self.leaks,
            "slowest": { "name": self.slowest.1, "ms": milliseconds(self.slowest.0) },
            "over_2_s": self.slow,
            "megabytes_per_second": self.megabytes_per_second(),
        })
    }

    fn text(&self) -> Result<String> {
        let mut text = format!("{} messages, {} bytes\n", self.messages, self.bytes);
        for (outcome, count) in &self.outcomes {
            writeln!(text, "  {outcome}: {count}")?;
        }
        let (taken, name) = &self.slowest;
        writeln!(
            text,
            "parts not compared, the header is damaged or says things twice: {}",
            self.ambiguous
        )?;
        writeln!(text, "slowest: {} ms, {name}", milliseconds(*taken))?;
        writeln!(text, "bytes changed in bodies: {}", self.changed_bytes)?;
        for (what, names) in self.wrong() {
            writeln!(text, "{what}: {}", names.len())?;
            for name in names {
                writeln!(text, "  {name}")?;
            }
        }
        write!(text, "{} MB/s", self.megabytes_per_second())?;
        Ok(text)
    }
}

/// To a tenth.
fn milliseconds(taken: Duration) -> f64 {
    (taken.as_secs_f64() * 1e4).round() / 10.0
}
