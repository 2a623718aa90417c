//! The MIME structure of a mail (RFC 2045, 2046): its leaves, without recursion.

use crate::decode::{self, Parameterised};
use crate::header::{self, Field, Header};
use crate::lines::Lines;

/// Multiparts nested deeper than this are taken as text; real mail stays below ten.
const DEPTH_MAX: usize = 20;
/// No more parts than this are looked at.
const PARTS_MAX: usize = 1_000;
/// No Content- field is read beyond this.
const FIELD_BYTES_MAX: usize = 16_384;

/// One part that is no multipart.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a> {
    /// `type/subtype`, in lower case.
    pub(crate) kind: String,
    /// The charset as labelled.
    pub(crate) charset: Option<String>,
    /// The file name, as sent, encoded words included.
    pub(crate) file_name: Option<String>,
    /// The name in its type, which some programs take in place of the one in its disposition.
    pub(crate) type_name: Option<String>,
    /// Whether its disposition is `attachment`.
    pub(crate) attached: bool,
    /// How its bytes are encoded.
    pub(crate) encoding: Encoding,
    /// Its bytes as transferred.
    pub(crate) body: &'a [u8],
    /// The innermost multipart/alternative around it, by number.
    pub(crate) alternative: Option<usize>,
    /// Whether it is a part of a report on mail, such as a bounce (RFC 6522).
    pub(crate) reported: bool,
    /// Whether it is signed or encrypted (RFC 1847), so that no byte of it may change.
    pub(crate) sealed: Option<Sealed>,
    /// The whole part with its header; `None` where it is the mail itself.
    pub(crate) part: Option<&'a [u8]>,
}

/// What seals a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sealed {
    /// It is signed.
    Signed,
    /// It is encrypted.
    Encrypted,
}

/// Content-Transfer-Encoding (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 7bit, 8bit, binary, or one nobody knows: the bytes as they are.
    Identity,
    /// Base64.
    Base64,
    /// Quoted-printable.
    QuotedPrintable,
}

/// The type of an entity, by its header; text/plain where there is none that can be read.
pub(crate) fn content_type(header: &Header<'_>) -> Parameterised {
    let mut read = header
        .get("Content-Type")
        .map(|field| decode::parameterised(&content_text(field)))
        .unwrap_or_default();
    if !read.value.contains('/') {
        read.value = "text/plain".to_owned();
    }
    read
}

/// A mail taken apart.
#[derive(Debug, Default)]
pub(crate) struct Structure<'a> {
    /// Its leaves in their order.
    pub(crate) leaves: Vec<Leaf<'a>>,
    /// Content-Type of each multipart/signed.
    pub(crate) signed_types: Vec<Field<'a>>,
    /// The fields of signed parts that do not describe their content, such as a second From.
    pub(crate) signed_fields: Vec<Field<'a>>,
}

/// The leaves of a mail in their order.
pub(crate) fn leaves<'a>(header: &Header<'a>, body: &'a [u8]) -> Vec<Leaf<'a>> {
    structure(header, body).leaves
}

/// Takes a mail apart.
pub(crate) fn structure<'a>(header: &Header<'a>, body: &'a [u8]) -> Structure<'a> {
    let mut walk = Walk::default();
    walk.entity(header, body, Place::default(), None);
    while let Some((part, place)) = walk.waiting.pop() {
        let (header, body) = header::split(part);
        if place.sealed == Some(Sealed::Signed) {
            let others = header.iter().filter(|field| !field.describes_content()).copied();
            walk.found.signed_fields.extend(others);
        }
        walk.entity(&header, body, place, Some(part));
    }
    walk.found
}

/// Where an entity stands.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    alternative: Option<usize>,
    reported: bool,
    sealed: Option<Sealed>,
    /// Whether the default type is message/rfc822 (RFC 2046 section 5.1.5).
    in_digest: bool,
}

#[derive(Default)]
struct Walk<'a> {
    found: Structure<'a>,
    /// Parts to be looked at, the next one last.
    waiting: Vec<(&'a [u8], Place)>,
    alternatives: usize,
    parts: usize,
}

impl<'a> Walk<'a> {
    fn entity(
        &mut self,
        header: &Header<'a>,
        body: &'a [u8],
        mut place: Place,
        part: Option<&'a [u8]>,
    ) {
        let kind = content_type(header);
        // Where the boundary is missing, what was signed is there all the same.
        place.sealed = place.sealed.max(match kind.value.as_str() {
            "multipart/signed" => Some(Sealed::Signed),
            "multipart/encrypted" => Some(Sealed::Encrypted),
            _ => None,
        });
        let subtype = kind.value.strip_prefix("multipart/");
        let parts = match (subtype, kind.get("boundary")) {
            (Some(_), Some(boundary)) if place.depth < DEPTH_MAX => {
                parts(body, boundary.as_bytes(), PARTS_MAX.saturating_sub(self.parts))
            }
            _ => Vec::new(),
        };
        let Some(subtype) = subtype.filter(|_| !parts.is_empty()) else {
            self.found.leaves.push(leaf(header, kind, body, place, part));
            return;
        };
        if subtype == "signed" {
            self.found.signed_types.extend(header.get("Content-Type"));
        }
        self.parts += parts.len();
        let mut inner = Place {
            depth: place.depth + 1,
            alternative: place.alternative,
            reported: place.reported || subtype == "report",
            sealed: place.sealed,
            in_digest: subtype == "digest",
        };
        if subtype == "alternative" {
            inner.alternative = Some(self.alternatives);
            self.alternatives += 1;
        }
        self.waiting.extend(parts.into_iter().rev().map(|part| (part, inner)));
    }
}

fn leaf<'a>(
    header: &Header<'_>,
    kind: Parameterised,
    body: &'a [u8],
    place: Place,
    part: Option<&'a [u8]>,
) -> Leaf<'a> {
    let disposition = header
        .get("Content-Disposition")
        .map(|field| decode::parameterised(&content_text(field)))
        .unwrap_or_default();
    let type_name = kind.get("name").map(str::to_owned);
    let untyped = !header.has("Content-Type");
    Leaf {
        charset: kind.get("charset").map(str::to_owned),
        file_name: disposition.get("filename").map(str::to_owned).or_else(|| type_name.clone()),
        type_name,
        attached: disposition.value == "attachment",
        encoding: encoding(header),
        body,
        alternative: place.alternative,
        reported: place.reported,
        sealed: place.sealed,
        part,
        kind: if untyped && place.in_digest {
            "message/rfc822".to_owned()
        } else if kind.value.starts_with("multipart/") {
            // Without its boundary it is one text, and shown as it is.
            "text/plain".to_owned()
        } else {
            kind.value
        },
    }
}

fn encoding(header: &Header<'_>) -> Encoding {
    match header.keyword("Content-Transfer-Encoding").as_deref() {
        Some("base64") => Encoding::Base64,
        Some("quoted-printable") => Encoding::QuotedPrintable,
        _ => Encoding::Identity,
    }
}

fn content_text(field: &Field<'_>) -> String {
    field.text(FIELD_BYTES_MAX)
}

/// The parts between the delimiter lines of `boundary`, at most `count_max`; none where it
/// never occurs.
fn parts<'a>(body: &'a [u8], boundary: &[u8], count_max: usize) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut start: Option<&[u8]> = None;
    let mut lines = Lines::new(body);
    while found.len() < count_max {
        let before = lines.rest();
        let Some(line) = lines.next() else {
            // The closing delimiter is missing: the part lasts to the end.
            found.extend(start);
            return found;
        };
        let Some(after) =
            line.content.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(boundary))
        else {
            continue;
        };
        let closing = after.trim_ascii_end() == b"--";
        if !closing && !after.trim_ascii_end().is_empty() {
            continue;
        }
        if let Some(part) = start.take() {
            let length = part.len().saturating_sub(before.len());
            found.push(without_last_ending(part.get(..length).unwrap_or(part)));
        }
        if closing {
            return found;
        }
        start = Some(lines.rest());
    }
    found
}

/// The line ending before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
fn without_last_ending(part: &[u8]) -> &[u8] {
    match part {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n' | b'\r'] => rest,
        _ => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: &[(&str, &str)]) {
        let (header, body) = header::split(raw.as_bytes());
        let found = leaves(&header, body);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|leaf| (leaf.kind.as_str(), std::str::from_utf8(leaf.body).unwrap()))
            .collect();
        assert_eq!(found, expected, "{raw:?}");
    }

    #[test]
    fn parts_are_found() {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\nA\n--b  \n\
                   Content-Type: text/html\n\nB\n\n--b--\nepilogue";
        check(raw, &[("text/plain", "A"), ("text/html", "B\n")]);
        check("A: 1\n\nbody", &[("text/plain", "body")]);
    }

    #[test]
    fn boundaries_that_begin_alike_are_kept_apart() {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\
                   Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\nA\n--bb--\n--b\n\nB\n--b--\n";
        check(raw, &[("text/plain", "A"), ("text/plain", "B")]);
    }

    #[test]
    fn missing_delimiters_lose_nothing() {
        check("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nA", &[("text/plain", "A")]);
        check("Content-Type: multipart/mixed; boundary=b\n\nA\n", &[("text/plain", "A\n")]);
        check("Content-Type: multipart/mixed\n\nA\n", &[("text/plain", "A\n")]);
        // The inner end is missing; the outer delimiter ends both.
        let raw = "Content-Type: multipart/mixed; boundary=o\n\n--o\n\
                   Content-Type: multipart/mixed; boundary=i\n\n--i\n\nA\n--o\n\nB\n--o--\n";
        check(raw, &[("text/plain", "A"), ("text/plain", "B")]);
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let mut raw = String::new();
        for level in 0..1_000 {
            raw.push_str(&format!(
                "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"
            ));
        }
        let (header, body) = header::split(raw.as_bytes());
        assert_eq!(leaves(&header, body).len(), 1);
        let raw =
            format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(5_000));
        let (header, body) = header::split(raw.as_bytes());
        assert_eq!(leaves(&header, body).len(), PARTS_MAX);
    }
}
