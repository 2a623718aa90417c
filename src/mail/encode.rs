//! Header fields written so that nothing can be injected: every value is encoded or checked.

use event::{Address, Person};

use crate::header::Field;
use crate::lines::Lines;

/// RFC 5322 section 2.1.1.
const LINE_BYTES_MAX: usize = 998;
/// RFC 2045 sections 6.7 and 6.8; in quoted-printable with the `=` of a soft line break.
pub(crate) const ENCODED_LINE_BYTES_MAX: usize = 76;
/// With its field name and brackets such an id still fits on one line.
pub(crate) const MESSAGE_ID_BYTES_MAX: usize = LINE_BYTES_MAX - 28;
/// The bytes one encoded word carries: in base64, with its frame, 72 characters.
const WORD_BYTES_MAX: usize = 45;

/// Appends `Name: value`; the value is made of checked pieces and may be folded.
pub(crate) fn push_field(name: &str, value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Appends a received field as it is, line endings as CRLF; blank continuation lines and NULs,
/// at which some programs end a header, are left out.
pub(crate) fn push_received(field: &Field<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(field.name.as_bytes());
    out.push(b':');
    for (number, line) in Lines::new(field.value).enumerate() {
        if number > 0 {
            if line.content.trim_ascii().is_empty() {
                continue;
            }
            out.extend_from_slice(b"\r\n");
        }
        out.extend(line.content.iter().filter(|&&byte| byte != 0));
    }
    out.extend_from_slice(b"\r\n");
}

/// Whether every line of a field is printable ASCII of a length that may travel.
pub(crate) fn is_plain(field: &Field<'_>) -> bool {
    let is_plain_line = |line: &[u8]| {
        let printable = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
        line.len() + field.name.len() < LINE_BYTES_MAX && line.iter().all(printable)
    };
    field.lines().all(is_plain_line)
}

/// A person as From and To show them.
pub(crate) fn person(person: &Person) -> String {
    named(person.name.as_deref(), &person.address)
}

/// A name and an address; the name may be any text.
pub(crate) fn named(name: Option<&str>, address: &Address) -> String {
    match name.map(phrase).filter(|phrase| !phrase.is_empty()) {
        Some(phrase) => format!("{phrase} {}", bracketed(address)),
        None => bracketed(address),
    }
}

/// Several addresses, one a line.
pub(crate) fn addresses(addresses: &[Address]) -> String {
    let written: Vec<String> = addresses.iter().map(bracketed).collect();
    written.join(",\r\n ")
}

/// Free text, such as a subject.
pub(crate) fn unstructured(text: &str) -> String {
    let text = tidy(text);
    if is_written_plain(&text) { text } else { encoded_words(&text) }
}

/// Message ids, each in its brackets on a line of its own; what cannot be one is left out.
pub(crate) fn message_ids<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let written: Vec<String> =
        ids.filter(|id| is_message_id(id)).map(|id| format!("<{id}>")).collect();
    written.join("\r\n ")
}

/// Whether a text can stand between the brackets of a Message-ID field.
pub(crate) fn is_message_id(id: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>');
    !id.is_empty() && id.len() <= MESSAGE_ID_BYTES_MAX && id.bytes().all(is_allowed)
}

/// A display name: a quoted string, or encoded words where it is not plain ASCII.
fn phrase(name: &str) -> String {
    let name = tidy(name);
    if name.is_empty() {
        String::new()
    } else if is_written_plain(&name) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encoded_words(&name)
    }
}

fn bracketed(address: &Address) -> String {
    format!("<{}>", address.written())
}

/// One line without control characters.
fn tidy(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    spaced.trim().to_owned()
}

/// Whether text can be written as it is: ASCII, short enough for one line, and nothing that a
/// reader would decode.
fn is_written_plain(text: &str) -> bool {
    text.is_ascii() && text.len() < LINE_BYTES_MAX / 2 && !text.contains("=?")
}

/// RFC 2047: whole characters in each word, one word a line.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(WORD_BYTES_MAX);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (word, after) = rest.split_at(end);
        words.push(format!("=?utf-8?B?{}?=", base64(word.as_bytes())));
        rest = after;
    }
    words.join("\r\n ")
}

/// Appends text as quoted-printable (RFC 2045 section 6.7), every line ending as CRLF.
pub(crate) fn push_quoted_printable(text: &str, out: &mut Vec<u8>) {
    for line in text.lines() {
        let mut width = 0;
        for (place, byte) in line.bytes().enumerate() {
            let is_blank = matches!(byte, b' ' | b'\t') && place + 1 < line.len();
            let is_plain = is_blank || (byte.is_ascii_graphic() && byte != b'=');
            let written =
                if is_plain { char::from(byte).to_string() } else { format!("={byte:02X}") };
            if width + written.len() >= ENCODED_LINE_BYTES_MAX {
                out.extend_from_slice(b"=\r\n");
                width = 0;
            }
            width += written.len();
            out.extend_from_slice(written.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends bytes as base64 (RFC 2045 section 6.8), every line ending as CRLF.
pub(crate) fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    for line in base64(bytes).as_bytes().chunks(ENCODED_LINE_BYTES_MAX) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
}

/// RFC 4648 section 4, on one line.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or_default());
        let group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4 {
            let digit = (group >> (18 - 6 * place)) & 63;
            let letter = ALPHABET.get(digit as usize).copied().unwrap_or(b'=');
            out.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::decode_words;

    #[test]
    fn base64_is_padded() {
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn text_survives_encoding() {
        for text in ["plain", "café", "=?utf-8?q?trick?=", &"日本語のとても長い件名".repeat(20)]
        {
            let written = unstructured(text);
            assert!(
                written.is_ascii() && written.lines().all(|line| line.len() <= 78),
                "{written}"
            );
            assert_eq!(decode_words(&written), text);
        }
    }

    #[test]
    fn text_is_written_quoted_printable() {
        let written = |text: &str| {
            let mut out = Vec::new();
            push_quoted_printable(text, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("Ça va = 1 \n\na\rb"), "=C3=87a va =3D 1=20\r\n\r\na=0Db\r\n");
        let long = format!("{}é", "x ".repeat(100));
        let lines = written(&long);
        assert!(lines.lines().all(|line| line.len() <= 76), "{lines}");
        assert_eq!(lines.replace("=\r\n", "").replace("=C3=A9\r\n", "é"), long);
    }

    #[test]
    fn nothing_is_injected() {
        let address = Address::new("jo@example.org").unwrap();
        let evil = "Jo\" <x@y>\r\nBcc: z@example.org\r\n\r\nbody";
        let written = named(Some(evil), &address);
        assert!(!written.contains(['\r', '\n']), "{written}");
        assert_eq!(written, "\"Jo\\\" <x@y>  Bcc: z@example.org    body\" <jo@example.org>");
        assert!(!unstructured(evil).contains(['\r', '\n']));
        assert_eq!(
            message_ids(["a@b>\r\nBcc: x", "", "c@d", "e@f"].into_iter()),
            "<c@d>\r\n <e@f>"
        );
    }

    #[test]
    fn odd_local_parts_are_quoted() {
        let written = |text: &str| bracketed(&Address::new(text).unwrap());
        assert_eq!(written("a.b+c@d.test"), "<a.b+c@d.test>");
        assert_eq!(written("a(b@d.test"), "<\"a(b\"@d.test>");
        assert_eq!(written("\"a(b\"@d.test"), "<\"a(b\"@d.test>");
        assert_eq!(written("ü@d.test"), "<ü@d.test>");
    }
}
