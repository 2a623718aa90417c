//! Patterns that people write: regular expressions, worked out in a time that grows with the text
//! alone.

use regex::{Regex, RegexBuilder};

/// No pattern is longer than this, in bytes.
const BYTES_MAX: usize = 1_000;
/// No pattern needs more room than this when it is made ready, in bytes.
const READY_BYTES_MAX: usize = 262_144;

/// Reads a pattern; the error says what is wrong.
pub(crate) fn read(text: &str, is_any_case: bool) -> Result<Regex, String> {
    if text.len() > BYTES_MAX {
        return Err(format!("the pattern is longer than {BYTES_MAX} bytes"));
    }
    let made = RegexBuilder::new(text)
        .case_insensitive(is_any_case)
        .size_limit(READY_BYTES_MAX)
        .dfa_size_limit(READY_BYTES_MAX)
        .build();
    made.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            format!("the pattern `{text}` is too large: repeat less in it")
        }
        other => {
            // The last line says what is wrong; those before it point at where.
            let message = other.to_string();
            let last = message.lines().last().unwrap_or_default();
            format!("`{text}` is no pattern: {}", last.trim_start_matches("error: "))
        }
    })
}
