//! The event log as the program shows it, read as it grows.

use std::cell::RefCell;

use anyhow::{Context, Result, ensure};
use harness::Program;
use serde_json::Value;

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    /// Its position.
    pub(crate) position: u64,
    /// When it happened, in milliseconds since 1970.
    pub(crate) time: u64,
    /// The event's kind, such as `ContactArrived`.
    pub(crate) kind: String,
    /// What happened.
    pub(crate) fact: Value,
    /// The person who made it happen; empty where nobody did.
    pub(crate) by: String,
    /// The private part.
    pub(crate) private: Value,
}

impl Happening {
    /// A text in the fact; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> String {
        super::office::text(&self.fact, key)
    }

    /// A number in the fact; 0 where there is none.
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.fact.get(key).and_then(Value::as_u64).unwrap_or_default()
    }

    /// The subject of the mail it is about; empty where there is none.
    pub(crate) fn subject(&self) -> String {
        self.private
            .get("Mail")
            .map(|mail| super::office::text(mail, "subject"))
            .unwrap_or_default()
    }

    fn read(entry: &Value) -> Result<Self> {
        let event = entry.get("event").context("an entry holds its event")?;
        let fact = event.get("fact").context("an event holds its fact")?;
        let (kind, fact) = match named(fact)? {
            (family @ ("Step" | "Service"), fact) => {
                named(fact).with_context(|| format!("{family} has a kind"))?
            }
            found => found,
        };
        Ok(Self {
            position: entry.get("position").and_then(Value::as_u64).context("a position")?,
            time: event.get("time").and_then(Value::as_u64).context("a time")?,
            kind: kind.to_owned(),
            fact: fact.clone(),
            by: super::office::text(entry, "by"),
            private: event.get("private").cloned().unwrap_or_default(),
        })
    }
}

/// The kind of a fact, and its fields.
fn named(fact: &Value) -> Result<(&str, &Value)> {
    match fact {
        Value::Object(fields) => {
            let (kind, fields) = fields.iter().next().context("a fact has a kind")?;
            Ok((kind, fields))
        }
        plain => Ok((plain.as_str().context("a fact has a kind")?, &Value::Null)),
    }
}

/// All events seen so far. What was shown once must stay as it was, so only news are asked for.
#[derive(Debug, Default)]
pub(crate) struct Happenings {
    seen: RefCell<Vec<Happening>>,
}

impl Happenings {
    /// Every event of one kind, oldest first.
    pub(crate) fn all(&self, program: &Program, kind: &str) -> Result<Vec<Happening>> {
        self.look(program)?;
        let seen = self.seen.borrow();
        Ok(seen.iter().filter(|happening| happening.kind == kind).cloned().collect())
    }

    /// Every event after the first `known` ones.
    pub(crate) fn after(&self, program: &Program, known: usize) -> Result<Vec<Happening>> {
        self.look(program)?;
        Ok(self.seen.borrow().iter().skip(known).cloned().collect())
    }

    fn look(&self, program: &Program) -> Result<()> {
        let mut seen = self.seen.borrow_mut();
        let from = (seen.len() + 1).to_string();
        let printed =
            program.text(&["log", "tail", "--json", "--from", &from, "--count", "1000000"])?;
        for line in printed.lines() {
            let happening = Happening::read(&serde_json::from_str(line)?)?;
            let expected = u64::try_from(seen.len())? + 1;
            ensure!(happening.position == expected, "event {expected} is missing: {line}");
            seen.push(happening);
        }
        Ok(())
    }
}
