//! The files of a configuration, as one text in which every place has a number of its own.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::error::Problem;

/// A configuration is no larger, in bytes.
const BYTES_MAX: u64 = 4 << 20;

/// The files that were read, in their order.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    text: String,
    /// Where its text begins in the text of all.
    start: usize,
}

impl Sources {
    /// Reads a file. Gives its text behind as much white space as all files before it are long, so
    /// that whatever is parsed of it knows its place among all.
    pub(crate) fn read(&mut self, path: &Path) -> io::Result<String> {
        let about = fs::metadata(path)?;
        if !about.is_file() || about.len() > BYTES_MAX {
            return Err(io::Error::other("it is no file, or too large for a configuration"));
        }
        let text = fs::read_to_string(path)?;
        let start = self.files.last().map_or(0, |last| last.start + last.text.len() + 1);
        let padded = " ".repeat(start) + &text;
        self.files.push(Source { path: path.to_owned(), text, start });
        Ok(padded)
    }

    /// The files, in the order in which they were read.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// What is wrong at a place: `FILE:LINE: KEY: what is wrong`, and the line itself.
    pub(crate) fn problem(&self, span: Range<usize>, key: &str, message: &str) -> Problem {
        let at = span.start;
        let Some(source) = self.source(at) else {
            return Problem { at, text: message.to_owned() };
        };
        let before = source.text.get(..at - source.start).unwrap_or(&source.text);
        let number = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let line = source.text.lines().nth(number - 1).unwrap_or_default();
        let line = if may_be_secret(&source.path, line) {
            "(not shown, for it may hold a secret)"
        } else {
            line
        };
        let key = if key.is_empty() { String::new() } else { format!("{key}: ") };
        let text =
            format!("{}:{number}: {key}{message}\n    {}", source.path.display(), line.trim());
        Problem { at, text }
    }

    /// The first place at which a line of the main file begins with `start`; else its beginning.
    pub(crate) fn find(&self, start: &str) -> usize {
        let main = self.files.first();
        main.and_then(|main| main.text.find(start)).unwrap_or_default()
    }

    fn source(&self, at: usize) -> Option<&Source> {
        self.files.iter().rev().find(|source| source.start <= at)
    }
}

/// Whether a line may hold a secret: one that is written in the file itself, or in a file that is
/// none of a configuration.
fn may_be_secret(path: &Path, line: &str) -> bool {
    let plain = ["password_file", "password_env", "secret_file", "token_file", "token_url"];
    let said = plain.iter().fold(line.to_ascii_lowercase(), |said, name| said.replace(name, ""));
    let is_other = path.extension().is_none_or(|extension| extension != "toml");
    is_other || ["password", "secret", "token"].iter().any(|word| said.contains(word))
}
