//! Encoded words (RFC 2047) turned into text.

use crate::decode;

/// No encoded word is read beyond this length; the standard allows 75.
const DATA_BYTES_MAX: usize = 4_096;

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    rest: &'a str,
}

/// Decodes the encoded words in `text`.
///
/// White space between two of them is not part of the text, and the bytes of neighbours in one
/// charset are decoded together: senders split characters over two words, which section 5 of
/// the RFC forbids and many do.
pub(crate) fn decode_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("=?") {
        let (before, candidate) = rest.split_at(start);
        out.push_str(before);
        match word(candidate) {
            Some(first) => rest = push_run(first, &mut out),
            None => {
                out.push_str("=?");
                rest = candidate.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Appends a word and its neighbours; gives what follows them.
fn push_run<'a>(first: Word<'a>, out: &mut String) -> &'a str {
    let mut rest = first.rest;
    let mut charset = first.charset;
    let mut pieces = vec![first.bytes];
    while let Some(next) = word(rest.trim_start()) {
        if !next.charset.eq_ignore_ascii_case(charset) {
            out.push_str(&decode_pieces(&pieces, charset));
            pieces.clear();
            charset = next.charset;
        }
        pieces.push(next.bytes);
        rest = next.rest;
    }
    out.push_str(&decode_pieces(&pieces, charset));
    rest
}

/// Decodes neighbours together; where that fails, as it does with charsets that are switched on
/// and off in each word, one by one.
fn decode_pieces(pieces: &[Vec<u8>], charset: &str) -> String {
    let together = decode::charset(&pieces.concat(), Some(charset));
    if !together.contains(char::REPLACEMENT_CHARACTER) {
        return together;
    }
    let apart: String = pieces.iter().map(|piece| decode::charset(piece, Some(charset))).collect();
    let failures = |text: &str| text.matches(char::REPLACEMENT_CHARACTER).count();
    if failures(&apart) < failures(&together) { apart } else { together }
}

/// Reads one encoded word at the beginning of `text`.
fn word(text: &str) -> Option<Word<'_>> {
    let inner = text.strip_prefix("=?")?;
    let charset_end = inner.find(|c: char| c == '?' || c.is_whitespace()).filter(|&end| end > 0)?;
    let (charset, inner) = inner.split_at(charset_end);
    let inner = inner.strip_prefix('?')?;
    let is_base64 = match inner.get(..2)? {
        "b?" | "B?" => true,
        "q?" | "Q?" => false,
        _ => return None,
    };
    let data = inner.get(2..)?;
    let mut reach = data.len().min(DATA_BYTES_MAX);
    while !data.is_char_boundary(reach) {
        reach -= 1;
    }
    let end = data.get(..reach)?.find("?=")?;
    let (data, rest) = data.split_at(end);
    let bytes = if is_base64 { decode::base64(data.as_bytes())? } else { quoted(data.as_bytes()) };
    Some(Word { charset, bytes, rest: rest.get(2..)? })
}

/// The Q encoding: quoted-printable in which `_` stands for a space.
fn quoted(data: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = data.iter().map(|&byte| if byte == b'_' { b' ' } else { byte }).collect();
    unquote(&spaced)
}

/// Replaces each `=XY` by the byte it names; a `=` that names none is kept.
pub(crate) fn unquote(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut rest = data;
    loop {
        match rest {
            [b'=', high, low, after @ ..] if hex(*high, *low).is_some() => {
                out.extend(hex(*high, *low));
                rest = after;
            }
            [byte, after @ ..] => {
                out.push(*byte);
                rest = after;
            }
            [] => return out,
        }
    }
}

/// The byte that two hexadecimal digits name.
pub(crate) fn hex(high: u8, low: u8) -> Option<u8> {
    Some(digit(high)? * 16 + digit(low)?)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(decode_words(text), expected, "{text:?}");
    }

    #[test]
    fn words_are_decoded() {
        check("plain", "plain");
        check("=?utf-8?Q?caf=C3=A9_au_lait?= ok", "café au lait ok");
        check("=?ISO-8859-1?B?Y2Fm6Q==?=", "café");
        check("a =?utf-8*en?q?b?= c", "a b c");
        check("=?x-unknown?q?caf=E9?=", "café");
    }

    #[test]
    fn neighbours_are_one_text() {
        check("=?utf-8?q?a?= =?utf-8?q?b?=", "ab");
        check("=?utf-8?q?a?=\t\t=?iso-8859-1?q?=E9?=", "aé");
        // One character over two words, in either encoding.
        check("=?utf-8?Q?caf=C3?= =?UTF-8?Q?=A9?=", "café");
        check("=?utf-8?B?Y2Fmww==?= =?utf-8?Q?=A9?= x", "café x");
        check("=?iso-2022-jp?B?GyRCJU8=?= =?iso-2022-jp?B?GyhC?=", "ハ");
        // Each word switches to the charset and back.
        check("=?iso-2022-jp?B?GyRCJU8bKEI=?= =?iso-2022-jp?B?GyRCJU8bKEI=?=", "ハハ");
    }

    #[test]
    fn what_is_no_word_stays() {
        for text in ["=?", "=?utf-8?x?y?=", "=?utf-8?q?open", "a=?=b", "=??q?a?=", "=?a b?q?c?="] {
            check(text, text);
        }
        check("=?utf-8?q?50=_off=G1?=", "50= off=G1");
    }
}
