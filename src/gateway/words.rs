//! A server's words, as people are shown them.

/// So much of them is shown.
const CHARS_MAX: usize = 200;

/// One line, short, without control characters.
pub(crate) fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii())
        .chars()
        .filter(|letter| !letter.is_control())
        .take(CHARS_MAX)
        .collect()
}
