//! Private addresses taken out of the marker lines of what a reply quotes.

use std::borrow::Cow;
use std::ops::Range;

use crate::decode;
use crate::encode;
use crate::header::{self, offset};
use crate::private::PrivateAddresses;
use crate::quote_lines::{self, QuoteLine};
use crate::quote_marker::marked;
use crate::structure::{self, Encoding, Leaf};
use crate::words::hex;

/// What stands in the place of an address.
const REPLACEMENT: &[u8] = b"[address removed]";
/// A longer text is left as it is.
const PART_BYTES_MAX: usize = 4 * 1_048_576;

/// A mail without the private addresses in the marker lines of its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// The mail; every byte that is no part of a removed address as it was, but in base64 parts
    /// that hold one.
    pub bytes: Vec<u8>,
    /// How many addresses were removed.
    pub redacted: u32,
    /// How many private addresses are left in texts and attached mails, such as those in the
    /// writer's own text or under a signature.
    pub remaining: u32,
}

/// Replaces private addresses in the lines that say who wrote what is quoted (attributions and
/// header blocks) in the text/plain and text/html parts of a mail, and nowhere else.
///
/// Names stay: agents sign with them. What is signed or encrypted is not touched, as its signature
/// would break; nor are attached texts, texts above 4 MiB, and charsets that do not contain ASCII.
/// The mail is edited in its own memory, since it may be large.
pub fn redact_quotes(raw: Vec<u8>, private: &PrivateAddresses) -> Redacted {
    let edits = Edits::find(&raw, private);
    let (redacted, remaining) = (edits.redacted, edits.remaining);
    Redacted { bytes: edits.apply(raw), redacted, remaining }
}

/// Counts what [`redact_quotes`] replaces and what it leaves.
pub fn quoted_addresses(raw: &[u8], private: &PrivateAddresses) -> (u32, u32) {
    let Edits { redacted, remaining, .. } = Edits::find(raw, private);
    (redacted, remaining)
}

/// What is to be replaced in a mail.
struct Edits {
    /// Ranges of it in their order, each with what takes its place.
    edits: Vec<(Range<usize>, Vec<u8>)>,
    redacted: u32,
    remaining: u32,
}

impl Edits {
    fn find(raw: &[u8], private: &PrivateAddresses) -> Self {
        let (header, body) = header::split(raw);
        let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        let (mut redacted, mut remaining) = (0_usize, 0_usize);
        for leaf in structure::leaves(&header, body) {
            if !leaf.kind.starts_with("text/") && !leaf.kind.starts_with("message/") {
                continue;
            }
            let text = Text::of(&leaf);
            let found = private.find(&text.bytes);
            let removed =
                if found.is_empty() { Vec::new() } else { in_markers(&leaf, &text, &found) };
            redacted += removed.len();
            remaining += found.len() - removed.len();
            if !removed.is_empty() {
                let start = offset(raw, leaf.body);
                let shift = |(range, new): (Range<usize>, Vec<u8>)| {
                    (start + range.start..start + range.end, new)
                };
                edits.extend(text.edits(leaf.body, &removed).into_iter().map(shift));
            }
        }
        Self {
            edits,
            redacted: u32::try_from(redacted).unwrap_or(u32::MAX),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
        }
    }

    /// Edits the mail; only what lies between the first and the last edit is
    /// copied, since a mail is large by its attachments.
    fn apply(mut self, mut raw: Vec<u8>) -> Vec<u8> {
        let ends = (self.edits.first(), self.edits.last());
        let (Some((first, _)), Some((last, _))) = ends else { return raw };
        let span = first.start..last.end;
        for (range, _) in &mut self.edits {
            *range = range.start - span.start..range.end - span.start;
        }
        let Some(old) = raw.get(span.clone()) else { return raw };
        let new = edited(old, &self.edits);
        raw.reserve_exact(new.len().saturating_sub(old.len()));
        drop(raw.splice(span, new));
        raw
    }
}

/// Those of the found addresses that stand in marker lines and may be removed.
fn in_markers(leaf: &Leaf<'_>, text: &Text<'_>, found: &[Range<usize>]) -> Vec<Range<usize>> {
    let charset = leaf.charset.as_deref();
    let lines: fn(&[u8], Option<&str>) -> Vec<QuoteLine> = match leaf.kind.as_str() {
        "text/plain" => quote_lines::plain,
        "text/html" => quote_lines::rich,
        _ => return Vec::new(),
    };
    let label = charset.unwrap_or_default().trim().to_ascii_lowercase();
    let is_wide =
        ["utf-16", "utf-32", "utf16", "utf32", "ucs"].iter().any(|w| label.starts_with(w));
    let is_shown = !leaf.attached && leaf.file_name.is_none();
    if leaf.sealed.is_some() || !is_shown || is_wide || !text.editable {
        return Vec::new();
    }
    let lines = lines(&text.bytes, charset);
    // A clear-signed text (RFC 9580 section 7) is signed as it stands.
    if lines.iter().any(|line| line.depth == 0 && line.text.starts_with("-----BEGIN PGP")) {
        return Vec::new();
    }
    let marked = marked(&lines);
    let markers: Vec<&Range<usize>> =
        lines.iter().zip(marked).filter(|(_, is)| *is).map(|(line, _)| &line.range).collect();
    let is_within = |hit: &&Range<usize>| {
        let after = markers.partition_point(|marker| marker.start <= hit.start);
        let marker = after.checked_sub(1).and_then(|place| markers.get(place));
        marker.is_some_and(|marker| hit.end <= marker.end)
    };
    found.iter().filter(is_within).cloned().collect()
}

/// The decoded bytes of a part.
struct Text<'a> {
    bytes: Cow<'a, [u8]>,
    encoding: Encoding,
    /// Of quoted-printable, where each decoded byte begins in the body.
    places: Vec<u32>,
    /// Whether it can be encoded again without a loss.
    editable: bool,
}

impl<'a> Text<'a> {
    fn of(leaf: &Leaf<'a>) -> Self {
        let body = leaf.body;
        let as_it_is = |editable: bool| Self {
            bytes: Cow::Borrowed(body),
            encoding: Encoding::Identity,
            places: Vec::new(),
            editable,
        };
        if body.len() > PART_BYTES_MAX {
            return as_it_is(false);
        }
        match leaf.encoding {
            Encoding::Identity => as_it_is(true),
            Encoding::Base64 => {
                let Some(bytes) = decode::base64(body) else { return as_it_is(false) };
                // Damage would be cut by writing it anew.
                let editable = is_same_base64(body, &encode::base64(&bytes));
                let (bytes, encoding) = (Cow::Owned(bytes), leaf.encoding);
                Self { bytes, encoding, places: Vec::new(), editable }
            }
            Encoding::QuotedPrintable => {
                let (bytes, places) = quoted_printable(body);
                let (bytes, encoding) = (Cow::Owned(bytes), leaf.encoding);
                Self { bytes, encoding, places, editable: true }
            }
        }
    }

    /// The changes to the body that replace some of its decoded bytes.
    fn edits(&self, body: &[u8], removed: &[Range<usize>]) -> Vec<(Range<usize>, Vec<u8>)> {
        match self.encoding {
            Encoding::Identity => {
                removed.iter().map(|range| (range.clone(), REPLACEMENT.to_vec())).collect()
            }
            Encoding::QuotedPrintable => {
                removed.iter().filter_map(|range| self.quoted_edit(body, range)).collect()
            }
            Encoding::Base64 => {
                let changes: Vec<_> =
                    removed.iter().map(|range| (range.clone(), REPLACEMENT.to_vec())).collect();
                let mut new = Vec::new();
                encode::push_base64(&edited(&self.bytes, &changes), &mut new);
                if !body.ends_with(b"\n") {
                    new.truncate(new.len().saturating_sub(2));
                }
                vec![(0..body.len(), new)]
            }
        }
    }

    fn quoted_edit(&self, body: &[u8], range: &Range<usize>) -> Option<(Range<usize>, Vec<u8>)> {
        let place = |at: usize| self.places.get(at).and_then(|&at| usize::try_from(at).ok());
        let start = place(range.start)?;
        let last = place(range.end.checked_sub(1)?)?;
        let end = last + quoted_byte(body.get(last..)?).map_or(1, |_| 3);
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let before = body.get(..start)?.iter().rev().take_while(|byte| !is_end(byte)).count();
        let after = body.get(end..)?.iter().take_while(|byte| !is_end(byte)).count();
        let mut new = REPLACEMENT.to_vec();
        if before + new.len() + after > encode::ENCODED_LINE_BYTES_MAX {
            new = [b"=\r\n", REPLACEMENT, b"=\r\n"].concat();
        }
        Some((start..end, new))
    }
}

/// Decodes quoted-printable and tells where each byte begins.
fn quoted_printable(body: &[u8]) -> (Vec<u8>, Vec<u32>) {
    let mut bytes = Vec::with_capacity(body.len());
    let mut places = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let (byte, length) = match rest {
            [b'=', b'\r', b'\n', ..] => (None, 3),
            [b'=', b'\n' | b'\r', ..] => (None, 2),
            _ => match quoted_byte(rest) {
                Some(byte) => (Some(byte), 3),
                None => (rest.first().copied(), 1),
            },
        };
        if let Some(byte) = byte {
            bytes.push(byte);
            places.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        at += length;
    }
    (bytes, places)
}

fn quoted_byte(rest: &[u8]) -> Option<u8> {
    match rest {
        [b'=', high, low, ..] => hex(*high, *low),
        _ => None,
    }
}

fn is_same_base64(body: &[u8], encoded: &str) -> bool {
    let is_digit = |byte: &&u8| !byte.is_ascii_whitespace() && **byte != b'=';
    body.iter().filter(is_digit).eq(encoded.as_bytes().iter().filter(is_digit))
}

/// The bytes with some ranges, in their order, replaced.
pub(crate) fn edited(bytes: &[u8], edits: &[(Range<usize>, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + edits.len() * REPLACEMENT.len());
    let mut from = 0;
    for (range, new) in edits {
        out.extend_from_slice(bytes.get(from..range.start).unwrap_or_default());
        out.extend_from_slice(new);
        from = range.end;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out
}
