//! Applications, what is wrong with them, and which ways contacts take through them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An application, in lists.
#[derive(Debug, Serialize, Deserialize)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its newest version.
    pub version: u32,
    /// When that was published, RFC 3339.
    pub published: String,
    /// The person who published it; absent where the engine did, from the configuration.
    pub by: Option<String>,
    /// The mailboxes whose mail enters it.
    pub mailboxes: Vec<String>,
    /// How many open contacts entered which version.
    pub open: BTreeMap<u32, usize>,
}

/// One version of an application.
#[derive(Debug, Serialize, Deserialize)]
pub struct ApplicationVersion {
    /// The application's name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// When it was published, RFC 3339.
    pub published: String,
    /// The person who published it; absent where the engine did, from the configuration.
    pub by: Option<String>,
    /// Its text.
    pub text: String,
    /// The names of the files it sends with its answers.
    pub files: Vec<String>,
}

/// One thing that is wrong with an application's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// Whether it may be published nevertheless.
    pub is_warning: bool,
    /// What is wrong and what to do.
    pub message: String,
}

/// What was found out about a text.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checked {
    /// All that is wrong, in the order of the lines.
    pub problems: Vec<Problem>,
}

/// What came of publishing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Published {
    /// The application.
    pub name: String,
    /// Its newest version.
    pub version: u32,
    /// Whether that was so already.
    pub unchanged: bool,
}

/// How often contacts left an action by an exit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The action.
    pub action: String,
    /// The exit; absent where the application ends there.
    pub exit: Option<String>,
    /// How many contacts.
    pub count: u64,
}

impl From<&application::Problem> for Problem {
    fn from(problem: &application::Problem) -> Self {
        Self {
            line: problem.line,
            is_warning: problem.severity == application::Severity::Warning,
            message: problem.sentence(),
        }
    }
}
