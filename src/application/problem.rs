//! What is wrong with an application file.

use std::fmt;

/// All that is wrong with an application file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ApplicationError {
    /// The problems, in the order of the file.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that is not plain from the message.
    pub hint: Option<String>,
}

impl fmt::Display for ApplicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (problem, number) in self.problems.iter().zip(0..) {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "line {}: {}", problem.line, problem.message)?;
            if let Some(hint) = &problem.hint {
                write!(f, "; {hint}")?;
            }
        }
        Ok(())
    }
}
