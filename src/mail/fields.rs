//! The header as its reader sees it, for conditions.

use crate::header;
use crate::words::decode_words;

/// Of more fields the rest is left out.
const FIELDS_MAX: usize = 1_000;
/// A longer value is cut, in bytes.
const VALUE_BYTES_MAX: usize = 8 << 10;
/// Of more than this in all, in bytes, the rest is left out: conditions look at every value.
const BYTES_MAX: usize = 256 << 10;

/// Every field of a mail's header in its order: the name as written, the value unfolded and decoded
/// (RFC 2047) on one line.
pub fn fields(raw: &[u8]) -> Vec<(String, String)> {
    let (header, _) = header::split(raw);
    let shown = |field: &header::Field<'_>| {
        let decoded = decode_words(field.text(VALUE_BYTES_MAX).trim());
        let value = decoded.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        (field.name.to_owned(), value)
    };
    let mut bytes = 0;
    let mut is_within = |(_, value): &(String, String)| {
        bytes += value.len();
        bytes <= BYTES_MAX
    };
    header.iter().take(FIELDS_MAX).map(shown).take_while(|field| is_within(field)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_in_their_order() {
        let raw = b"X-A: =?utf-8?Q?caf=C3=A9?=\r\n =?utf-8?Q?_noir?=\r\nx-a: 2\r\n\r\nX-B: no\r\n";
        let expected = [("X-A", "caf\u{e9} noir"), ("x-a", "2")];
        let found = fields(raw);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
        assert_eq!(fields(b""), []);
    }

    #[test]
    fn a_header_without_end_is_cut() {
        let line = format!("Received: {}\r\n", "x".repeat(1_000));
        let raw = format!("{}\r\n", line.repeat(900));
        assert_eq!(fields(raw.as_bytes()).len(), BYTES_MAX / 1_000);
    }
}
