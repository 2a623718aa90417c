//! Lines of a mail, whatever its line endings are.

use std::borrow::Cow;

/// Gives the lines of some bytes without their endings.
///
/// CRLF, a bare LF, a bare CR and CR CR LF (left behind by faulty gateways) each end a line, so
/// that every part of this package sees the same lines in the same bytes.
#[derive(Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The line without its ending.
    pub(crate) content: &'a [u8],
    /// Whether an ending followed; only the last line can lack one.
    pub(crate) ended: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been given yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let length = self.rest.iter().position(|&byte| byte == b'\n' || byte == b'\r');
        let (content, after) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = match after {
            [b'\r', b'\r', b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => after,
        };
        Some(Line { content, ended: length.is_some() })
    }
}

/// A mail with every line ending as CRLF, so that no bare CR or LF can end it early at a careless
/// server (SMTP smuggling, CVE-2023-51764); all else is kept.
pub fn with_crlf(mail: &[u8]) -> Cow<'_, [u8]> {
    if ends_in_crlf(mail) {
        return Cow::Borrowed(mail);
    }
    let mut out = Vec::new();
    push_with_crlf(mail, &mut out);
    Cow::Owned(out)
}

fn push_with_crlf(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().saturating_add(bytes.len() / 32));
    for line in Lines::new(bytes) {
        out.extend_from_slice(line.content);
        if line.ended {
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Puts `head` in the place of the first `replaced` bytes of a mail, and makes every line of the
/// rest end in CRLF. Where it does so already, which is the rule, this happens in the memory of the
/// mail itself: it may be large.
pub(crate) fn with_head(mut head: Vec<u8>, mut mail: Vec<u8>, replaced: usize) -> Vec<u8> {
    let body = mail.get(replaced..).unwrap_or_default();
    if !ends_in_crlf(body) {
        push_with_crlf(body, &mut head);
        return head;
    }
    mail.reserve_exact(head.len().saturating_sub(replaced));
    drop(mail.splice(..replaced.min(mail.len()), head));
    mail
}

/// Whether every line that has an ending has CRLF.
fn ends_in_crlf(bytes: &[u8]) -> bool {
    let mut before = 0;
    for &byte in bytes {
        if (byte == b'\n') != (before == b'\r') {
            return false;
        }
        before = byte;
    }
    before != b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_takes_the_place_of_another_in_the_same_memory() {
        for (body, written) in [
            ("a\r\n\r\nb", "a\r\n\r\nb"),
            ("", ""),
            ("a\nb", "a\r\nb"),
            ("a\r", "a\r\n"),
            ("\n", "\r\n"),
        ] {
            for old in ["", "x: y\r\n", "subject: something longer\r\n"] {
                let mail = format!("{old}{body}").into_bytes();
                let found = with_head(b"To: jo\r\n\r\n".to_vec(), mail, old.len());
                assert_eq!(found, format!("To: jo\r\n\r\n{written}").as_bytes(), "{body:?}");
            }
        }
        let mut mail = vec![b'x'; 1 << 20];
        mail.reserve(100);
        let place = mail.as_ptr();
        let found = with_head(b"To: jo\r\n\r\n".to_vec(), mail, 5);
        assert_eq!((found.as_ptr(), found.len()), (place, (1 << 20) + 5));
    }

    #[test]
    fn every_ending_ends_one_line() {
        let lines: Vec<&[u8]> =
            Lines::new(b"a\r\nb\nc\rd\r\r\n\ne").map(|line| line.content).collect();
        assert_eq!(lines, [b"a".as_slice(), b"b", b"c", b"d", b"", b"e"]);
        let mut out = Vec::new();
        push_with_crlf(b"a\r.\r\nb\n.\nc\r\r\nd", &mut out);
        assert_eq!(out, b"a\r\n.\r\nb\r\n.\r\nc\r\nd");
    }

    #[test]
    fn the_last_line_may_lack_its_ending() {
        assert!(Lines::new(b"a\n").last().unwrap().ended);
        assert!(!Lines::new(b"a").last().unwrap().ended);
        assert_eq!(Lines::new(b"").next(), None);
    }
}
