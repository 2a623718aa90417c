//! The lines a reader sees in plain text and in HTML, and how deeply each is quoted.

use std::ops::Range;

use crate::decode;
use crate::header::without_high_end;
use crate::html;
use crate::lines::Lines;

/// No more bytes of one line are read for its text.
const LINE_BYTES_MAX: usize = 8_192;
/// Stands for a rule in HTML.
const RULE: &str = "____________________";

/// One line as a reader sees it.
#[derive(Clone, Debug)]
pub(crate) struct QuoteLine {
    /// Its bytes in the decoded part, tags within it included.
    pub(crate) range: Range<usize>,
    /// How often it is quoted; what stands there at 0 was written by who sent the mail.
    pub(crate) depth: usize,
    /// Its text without quote signs, trimmed; of a very long line only the beginning.
    pub(crate) text: String,
}

/// The lines of plain text.
pub(crate) fn plain(bytes: &[u8], charset: Option<&str>) -> Vec<QuoteLine> {
    let mut found = Vec::new();
    let mut lines = Lines::new(bytes);
    loop {
        let start = bytes.len() - lines.rest().len();
        let Some(line) = lines.next() else { return found };
        let text = decode::charset(beginning(line.content), charset);
        found.push(quote_line(start..start + line.content.len(), 0, &text));
    }
}

/// The lines of HTML, in one pass: elements that begin a line divide it.
pub(crate) fn rich(bytes: &[u8], charset: Option<&str>) -> Vec<QuoteLine> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut at = 0;
    let line = |range: Range<usize>, depth: usize| {
        let slice = beginning(bytes.get(range.clone()).unwrap_or_default());
        quote_line(range, depth, &html::to_text(&decode::charset(slice, charset)))
    };
    while let Some((tag, name)) = next_tag(bytes, at) {
        at = tag.end;
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let (closing, name) = match name.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, name.as_str()),
        };
        if !html::BLOCKS.contains(&name) {
            continue;
        }
        found.push(line(start..tag.start, depth));
        start = tag.end;
        if name == "hr" {
            found.push(QuoteLine { range: start..start, depth, text: RULE.to_owned() });
        }
        if name == "blockquote" {
            depth = if closing { depth.saturating_sub(1) } else { depth + 1 };
        }
    }
    found.push(line(start..bytes.len(), depth));
    found
}

/// The next tag or comment that is complete, and its name with the `/` before it.
fn next_tag(bytes: &[u8], from: usize) -> Option<(Range<usize>, &[u8])> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|&byte| byte == b'<')?;
        let tag = bytes.get(at..)?;
        let inner = tag.get(1..)?;
        if inner.starts_with(b"!--") {
            let length = tag.windows(3).position(|end| end == b"-->")?;
            return Some((at..at + length + 3, &[]));
        }
        if inner.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/') {
            let length = tag.iter().position(|&byte| byte == b'>')?;
            let slash = usize::from(inner.starts_with(b"/"));
            let is_name = |byte: &&u8| byte.is_ascii_alphanumeric();
            let name = inner.iter().skip(slash).take(16).take_while(is_name).count();
            return Some((at..at + length + 1, inner.get(..slash + name)?));
        }
        at += 1;
    }
}

fn quote_line(range: Range<usize>, depth: usize, text: &str) -> QuoteLine {
    let mut text = text.trim();
    let mut depth = depth;
    while let Some(rest) = text.strip_prefix('>') {
        depth += 1;
        text = rest.trim_start();
    }
    QuoteLine { range, depth, text: text.to_owned() }
}

fn beginning(line: &[u8]) -> &[u8] {
    line.get(..LINE_BYTES_MAX).map_or(line, without_high_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[QuoteLine], expected: &[(usize, &str)]) {
        let found: Vec<(usize, &str)> = lines
            .iter()
            .filter(|line| !line.text.is_empty())
            .map(|line| (line.depth, line.text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn plain_lines_have_their_depth() {
        let lines = plain(b"a\r\n> b \n>> c\n> > d\re\xe9", None);
        check(&lines, &[(0, "a"), (1, "b"), (2, "c"), (2, "d"), (0, "eé")]);
        assert_eq!(lines[1].range, 3..7);
    }

    #[test]
    fn html_is_divided_at_blocks() {
        let html = b"<div>a <b title='>'>b</b><br>c<!-- <p>no</p> --></div>\
                     <blockquote>d &lt;e&gt;<BLOCKQUOTE>f</blockquote></blockquote>g<hr>h<";
        let expected =
            [(0, "a '>b"), (0, "c"), (1, "d <e>"), (2, "f"), (0, "g"), (0, RULE), (0, "h<")];
        check(&rich(html, None), &expected);
        for broken in ["<", "<!--", "<p", "</", "<>", "</blockquote>x", "<é>"] {
            let _ = rich(broken.as_bytes(), None);
        }
    }
}
