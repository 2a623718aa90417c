//! What is wrong with a configuration: file, line, key, and what is allowed.

use std::fmt;
use std::ops::Range;
use std::path::Path;

/// One or more problems in one file.
#[derive(Debug)]
pub(crate) struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    /// One problem at a place in the file.
    pub(crate) fn new(
        path: &Path,
        text: &str,
        span: Option<Range<usize>>,
        key: Option<&str>,
        message: &str,
    ) -> Self {
        Self { problems: vec![problem(path, text, span, key, message)] }
    }

    /// Several problems; `None` where there is none.
    pub(crate) fn of(problems: Vec<String>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self { problems })
    }
}

/// A problem as a line, `FILE:LINE: KEY: what is wrong`, and the line it is in.
pub(crate) fn problem(
    path: &Path,
    text: &str,
    span: Option<Range<usize>>,
    key: Option<&str>,
    message: &str,
) -> String {
    let start = span.map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let number = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    // The only secret that may be written in the file itself.
    let secret = line.replace("client_secret_file", "").contains("client_secret");
    let line = if secret { "(a line with a client secret)" } else { line };
    let key = key.filter(|key| *key != ".").map_or_else(String::new, |key| format!("{key}: "));
    format!("{}:{number}: {key}{message}\n    {}", path.display(), line.trim())
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for ConfigError {}
