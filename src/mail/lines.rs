//! Lines of a mail, whatever its line endings are.

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

/// Appends `bytes` with every line ending as CRLF, so that no bare CR or LF can end the message
/// early at a careless server (SMTP smuggling); all else is kept.
pub(crate) fn push_with_crlf(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len().saturating_add(bytes.len() / 32));
    for line in Lines::new(bytes) {
        out.extend_from_slice(line.content);
        if line.ended {
            out.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
