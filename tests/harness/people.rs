//! What every mail client puts into a mail.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A Message-ID nobody else uses, with its angle brackets.
pub(crate) fn message_id(host: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("<{:x}.{count}@{host}>", now.unwrap_or_default().as_nanos())
}

/// Now, as RFC 5322 section 3.3 writes it.
pub(crate) fn date() -> String {
    jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Base64 in lines of 76 characters (RFC 2045 section 6.8).
pub(crate) fn base64_lines(text: &str) -> String {
    let encoded = STANDARD.encode(text.replace('\n', "\r\n"));
    let mut lines = String::new();
    for (at, character) in encoded.chars().enumerate() {
        if at > 0 && at % 76 == 0 {
            lines.push_str("\r\n");
        }
        lines.push(character);
    }
    lines + "\r\n"
}

/// A header value: as it is when ASCII, else one encoded word (RFC 2047).
pub(crate) fn header_text(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?utf-8?B?{}?=", STANDARD.encode(text)) }
}

/// `Name <address>`, the name encoded where it must be.
pub(crate) fn person(name: &str, address: &str) -> String {
    format!("{} <{address}>", header_text(name))
}

/// The subject of an answer: one `prefix`, not two.
pub(crate) fn answer_subject(prefix: &str, subject: &str) -> String {
    let bare = subject.trim_start();
    let answered = bare.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if answered { header_text(bare) } else { header_text(&format!("{prefix} {bare}")) }
}

/// The fields that tie an answer to what it answers (RFC 5322 section 3.6.4).
pub(crate) fn thread_fields(references: &str, message_id: &str) -> String {
    if message_id.is_empty() {
        return String::new();
    }
    let references = format!("{references} {message_id}");
    let folded: Vec<&str> = references.split_whitespace().collect();
    format!("In-Reply-To: {message_id}\r\nReferences: {}\r\n", folded.join("\r\n "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_written_as_clients_write_them() {
        assert_eq!(answer_subject("RE:", "Re: x"), "Re: x");
        assert_eq!(answer_subject("RE:", "x"), "RE: x");
        assert_eq!(person("Zoë", "z@x.test"), "=?utf-8?B?Wm/Dqw==?= <z@x.test>");
        assert_ne!(message_id("x.test"), message_id("x.test"));
        let fields = thread_fields("<a@x> <b@x>", "<c@x>");
        assert_eq!(fields, "In-Reply-To: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\n <c@x>\r\n");
        assert!(date().ends_with(" +0000"));
        assert!(base64_lines(&"x".repeat(300)).lines().all(|line| line.len() <= 76));
    }
}
