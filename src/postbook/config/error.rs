//! What is wrong with a configuration: file, line, key, and what is allowed.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    /// Its place in the text of all files, by which problems are put in order.
    pub(crate) at: usize,
    /// Where it is, what is wrong and what is allowed.
    pub(crate) text: String,
}

/// All that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    /// Something is wrong that has no place.
    pub(crate) fn of(text: String) -> Self {
        Self { problems: vec![Problem { at: 0, text }] }
    }

    /// Fails where there is a problem; they are told in the order of the files.
    pub(crate) fn unless_none(mut problems: Vec<Problem>) -> Result<(), Self> {
        problems.sort_by_key(|problem| problem.at);
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.problems.iter().map(|problem| problem.text.as_str()).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl std::error::Error for ConfigError {}
