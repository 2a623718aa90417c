//! How names are written in the protocol: quoted strings, and modified UTF-7 for folders.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const MUTF7: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// A quoted string (RFC 3501 section 4.3); `None` where the text holds a control character.
pub(super) fn quoted(text: &str) -> Option<String> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("\"{escaped}\""))
}

/// A folder's name in modified UTF-7 (RFC 3501 section 5.1.3).
pub(super) fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut foreign = String::new();
    for letter in name.chars() {
        // Control characters stay as they are, so that quoting refuses them.
        if letter.is_ascii() {
            flush(&mut foreign, &mut encoded);
            encoded.push(letter);
            if letter == '&' {
                encoded.push('-');
            }
        } else {
            foreign.push(letter);
        }
    }
    flush(&mut foreign, &mut encoded);
    encoded
}

fn flush(foreign: &mut String, encoded: &mut String) {
    if foreign.is_empty() {
        return;
    }
    let units: Vec<u8> = foreign.encode_utf16().flat_map(u16::to_be_bytes).collect();
    encoded.push('&');
    MUTF7.encode_string(units, encoded);
    encoded.push('-');
    foreign.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_written_in_modified_utf7() {
        let cases = [
            ("INBOX", "INBOX"),
            ("R&D/2024", "R&-D/2024"),
            // The example of RFC 3501.
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("😀", "&2D3eAA-"),
        ];
        for (name, expected) in cases {
            assert_eq!(encoded(name), expected);
        }
    }

    #[test]
    fn no_text_can_end_its_quotes_or_its_line() {
        assert_eq!(quoted(r#"a"b\c"#).unwrap(), r#""a\"b\\c""#);
        for wrong in ["a\r\nb LOGOUT", "a\0", "a\n"] {
            assert_eq!(quoted(wrong), None);
        }
    }
}
