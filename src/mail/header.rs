//! The header of a mail or of one of its parts: its fields as they stand, and where the body begins.

use event::Timestamp;

use crate::decode;
use crate::lines::Lines;

/// The fields in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header<'a> {
    fields: Vec<Field<'a>>,
}

/// One field as received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// Its name, as written.
    pub(crate) name: &'a str,
    /// What follows the colon, folding included, the last line ending excluded.
    pub(crate) value: &'a [u8],
}

/// Fields that show, after a line that is none, that the header goes on.
const TELLING_NAMES: [&str; 14] = [
    "bcc",
    "cc",
    "content-disposition",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "from",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "subject",
    "to",
];

/// Takes a mail, or a part of one, apart at the first blank line.
///
/// The line an mbox puts before a mail is left out. A line that is no field ends the header as
/// a blank line would, unless a field that matters still follows before the first blank line:
/// then it is damage within the header and left out. No field follows what begins a part.
pub(crate) fn split(raw: &[u8]) -> (Header<'_>, &[u8]) {
    let mut header = Header::default();
    let mut lines = Lines::new(raw);
    let mut last_telling: Option<usize> = None;
    let mut open = Open::Nothing;
    loop {
        let before = lines.rest();
        let Some(line) = lines.next() else {
            return (header, before);
        };
        if line.content.is_empty() {
            return (header, lines.rest());
        }
        if is_folded(line.content) && open != Open::Nothing {
            if open == Open::Field {
                header.extend_last(raw, offset(raw, before) + line.content.len());
            }
        } else if let Some((name, value)) = field(line.content) {
            header.fields.push(Field { name, value });
            open = Open::Field;
        } else if !(before.len() == raw.len() && is_mbox_line(line.content)) {
            let last = *last_telling.get_or_insert_with(|| last_telling_field(raw, before));
            if offset(raw, before) >= last {
                return (header, before);
            }
            open = Open::Damage;
        }
    }
}

/// What a folded line goes on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Field,
    Damage,
}

impl<'a> Header<'a> {
    /// Whether there is no field at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter()
    }

    /// The first field of a name; case does not matter.
    pub(crate) fn get(&self, name: &str) -> Option<&Field<'a>> {
        self.all(name).next()
    }

    /// All fields of a name, in their order.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether there is a field of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of the first field of a name, unfolded, in lower case and trimmed; for fields
    /// whose values are keywords.
    pub(crate) fn keyword(&self, name: &str) -> Option<String> {
        self.get(name).map(|field| field.text(1_000).trim().to_lowercase())
    }

    /// When a server last received the mail: the time follows the last semicolon (RFC 5321 section
    /// 4.4).
    pub(crate) fn received(&self) -> Option<Timestamp> {
        let text = self.get("Received")?.text_end(1_000);
        decode::date(text.rsplit_once(';')?.1)
    }

    fn extend_last(&mut self, raw: &'a [u8], end: usize) {
        if let Some(last) = self.fields.last_mut() {
            let start = offset(raw, last.value);
            last.value = raw.get(start..end).unwrap_or(last.value);
        }
    }
}

impl<'a> Field<'a> {
    /// Whether it describes what follows the header (RFC 2045 section 9).
    pub(crate) fn describes_content(&self) -> bool {
        self.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"))
    }

    /// The lines of the value; all but the first begin with white space.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        Lines::new(self.value).map(|line| line.content)
    }

    /// The value unfolded, as text, of its first `bytes_max` bytes; raw 8-bit text is guessed.
    pub(crate) fn text(&self, bytes_max: usize) -> String {
        match self.value.get(..bytes_max) {
            // The cut may go through a character, and half of one would spoil the guess.
            Some(cut) => unfold(without_high_end(cut)),
            None => unfold(self.value),
        }
    }

    /// As [`Field::text`], of the last `bytes_max` bytes.
    pub(crate) fn text_end(&self, bytes_max: usize) -> String {
        let start = self.value.len().saturating_sub(bytes_max);
        let end = self.value.get(start..).unwrap_or(self.value);
        let is_whole = start == 0;
        unfold(if is_whole { end } else { without_high_start(end) })
    }
}

/// Without the bytes of a cut character at the end; no character has more than three before
/// its last.
pub(crate) fn without_high_end(bytes: &[u8]) -> &[u8] {
    match bytes {
        [rest @ .., a, b, c] if [a, b, c].iter().all(|byte| !byte.is_ascii()) => rest,
        [rest @ .., a, b] if !a.is_ascii() && !b.is_ascii() => rest,
        [rest @ .., a] if !a.is_ascii() => rest,
        _ => bytes,
    }
}

/// As [`without_high_end`], at the start.
fn without_high_start(bytes: &[u8]) -> &[u8] {
    let is_rest = |byte: &&u8| (0x80..0xc0).contains(*byte);
    let count = bytes.iter().take(3).take_while(is_rest).count();
    bytes.get(count..).unwrap_or(bytes)
}

fn unfold(value: &[u8]) -> String {
    let unfolded: Vec<u8> = Lines::new(value)
        .flat_map(|line| line.content)
        .copied()
        .filter(|&byte| byte != 0)
        .collect();
    decode::guessed(&unfolded)
}

fn is_folded(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

fn is_mbox_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

/// RFC 5322 section 2.2: printable ASCII but the colon; white space before the colon is the
/// obsolete form of section 4.5.
fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (line.get(..colon)?.trim_ascii_end(), line.get(colon + 1..)?);
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = std::str::from_utf8(name).ok()?;
    is_name.then_some((name, value))
}

/// Where, before the first blank line and the first boundary, the last field that matters begins.
fn last_telling_field(raw: &[u8], from: &[u8]) -> usize {
    let mut last = 0;
    let mut lines = Lines::new(from);
    loop {
        let start = offset(raw, lines.rest());
        match lines.next() {
            Some(line) if !line.content.is_empty() && !line.content.starts_with(b"--") => {
                if field(line.content).is_some_and(|(name, _)| is_telling(name)) {
                    last = start;
                }
            }
            _ => return last,
        }
    }
}

fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("x-") || TELLING_NAMES.contains(&name.as_str())
}

/// Where `part`, a slice of `whole`, begins in it.
pub(crate) fn offset(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, fields: &[(&str, &str)], body: &str) {
        let (header, rest) = split(raw.as_bytes());
        let found: Vec<(String, String)> =
            header.iter().map(|field| (field.name.to_owned(), field.text(1_000))).collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, text)| (name.as_str(), text.trim())).collect();
        assert_eq!(found, fields, "{raw:?}");
        assert_eq!(std::str::from_utf8(rest).unwrap(), body, "{raw:?}");
    }

    #[test]
    fn the_first_blank_line_ends_the_header() {
        check("A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n", &[("A", "1"), ("B", "2 3")], "body\r\n");
        check("A: 1\n\n\nbody", &[("A", "1")], "\nbody");
        check("A: 1\rB: 2\r\rbody", &[("A", "1"), ("B", "2")], "body");
        check("A: 1\r\r\nB: 2\r\r\n\r\r\nbody", &[("A", "1"), ("B", "2")], "body");
        check("A: 1\r\n", &[("A", "1")], "");
        check("A : 1\n\n", &[("A", "1")], "");
        check("\r\nbody", &[], "body");
        check("", &[], "");
    }

    #[test]
    fn damage_is_left_out_and_a_missing_blank_line_is_seen() {
        check("From jo@example.org Mon\nA: 1\n\nb", &[("A", "1")], "b");
        check("A: 1\ndamage\nSubject: x\n\nb", &[("A", "1"), ("Subject", "x")], "b");
        check("A: 1\ndamage\n more\nSubject: x\n\nb", &[("A", "1"), ("Subject", "x")], "b");
        check("A: 1\nHello, all.\nBye: now\n\nb", &[("A", "1")], "Hello, all.\nBye: now\n\nb");
        let parts = "--b\nContent-Type: text/plain\n\nb\n--b--";
        check(&format!("A: 1\nHello\n{parts}"), &[("A", "1")], &format!("Hello\n{parts}"));
        check(&format!("A: 1\n \n{parts}"), &[("A", "1")], parts);
        check("no header\n\nhere", &[], "no header\n\nhere");
        check(" folded first\n\nbody", &[], " folded first\n\nbody");
    }
}
