//! Reads the responses of an IMAP server, as far as we need them (RFC 3501 section 7).
//!
//! Unknown responses and attributes are passed over. Nothing here recurses or allocates by what
//! the server announces, because servers are strangers.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use async_imap::imap_proto::{self, AttributeValue};
use bytes::Bytes;
use event::Timestamp;

use super::codec::announced;
use super::date;
use crate::words::words;

/// One response.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// The end of a command.
    Tagged { tag: String, status: Status, text: String },
    /// The server waits for us to go on.
    Continue,
    /// A status that belongs to no command.
    Untagged { status: Status, code: Option<Code>, text: String },
    /// What the server can do, in upper case.
    Capability(Vec<String>),
    /// The number of messages in the folder.
    Exists(u32),
    /// A message is gone from the folder.
    Expunged,
    /// The UIDs that a search found.
    Search(Vec<u32>),
    /// Attributes of a message.
    Fetch(Attributes),
    /// A FETCH that cannot be read; it may hide a message.
    Malformed,
    /// Anything else.
    Other,
}

/// How a command ended, or what the server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A response code we need (RFC 3501 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    UidNext(u32),
    UidValidity(u32),
}

/// What a FETCH response says of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) uid: Option<u32>,
    pub(super) size: Option<u64>,
    pub(super) internal_date: Option<String>,
    /// The content of `BODY[]` or `BODY[]<offset>`, a slice of the response.
    pub(super) body: Option<Bytes>,
}

impl Attributes {
    /// When the server received the message.
    pub(super) fn received(&self) -> Option<Timestamp> {
        self.internal_date.as_deref().and_then(date::parse)
    }
}

/// The deepest attribute asked for nests twice; servers send flags and the like unasked.
const NESTING_MAX: usize = 16;

impl Response {
    /// Reads one whole response, line end included.
    pub(super) fn parse(frame: &Bytes) -> Self {
        if frame.starts_with(b"+") {
            return Self::Continue;
        }
        let Some(data) = frame.strip_prefix(b"* ") else {
            return tagged(frame).unwrap_or(Self::Other);
        };
        let (word, rest) = split_word(data);
        if let Some(status) = status(word) {
            return Self::Untagged { status, code: code(rest), text: words(rest) };
        }
        if word.eq_ignore_ascii_case(b"CAPABILITY") {
            let words = text_of(rest).to_ascii_uppercase();
            return Self::Capability(words.split_whitespace().map(str::to_owned).collect());
        }
        if word.eq_ignore_ascii_case(b"SEARCH") {
            let words = rest.split(u8::is_ascii_whitespace);
            return Self::Search(words.filter_map(number).collect());
        }
        let Some(count) = number::<u32>(word) else {
            return Self::Other;
        };
        let (kind, _) = split_word(rest);
        if kind.eq_ignore_ascii_case(b"EXISTS") {
            Self::Exists(count)
        } else if kind.eq_ignore_ascii_case(b"EXPUNGE") {
            Self::Expunged
        } else if kind.eq_ignore_ascii_case(b"FETCH") {
            attributes(frame).map_or(Self::Malformed, Self::Fetch)
        } else {
            Self::Other
        }
    }
}

fn tagged(frame: &[u8]) -> Option<Response> {
    let (tag, rest) = split_word(frame);
    let (word, rest) = split_word(rest);
    Some(Response::Tagged { tag: text_of(tag), status: status(word)?, text: words(rest) })
}

fn status(word: &[u8]) -> Option<Status> {
    match &word.to_ascii_uppercase()[..] {
        b"OK" => Some(Status::Ok),
        b"NO" => Some(Status::No),
        b"BAD" => Some(Status::Bad),
        b"BYE" => Some(Status::Bye),
        b"PREAUTH" => Some(Status::PreAuth),
        _ => None,
    }
}

fn code(text: &[u8]) -> Option<Code> {
    let inside = text.strip_prefix(b"[")?.split(|&byte| byte == b']').next()?;
    let (name, value) = split_word(inside);
    if name.eq_ignore_ascii_case(b"UIDNEXT") {
        Some(Code::UidNext(number(value)?))
    } else if name.eq_ignore_ascii_case(b"UIDVALIDITY") {
        Some(Code::UidValidity(number(value)?))
    } else {
        None
    }
}

/// The word up to a space or the line end, and what follows the space.
fn split_word(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end =
        bytes.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n')).unwrap_or(bytes.len());
    let (word, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
    (word, rest.strip_prefix(b" ").unwrap_or(rest))
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    digits.parse().ok()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The attributes of a FETCH, by the parser of async-imap. It recurses into nested lists, so those
/// that nest deeper than any server has reason to are not given to it; and it was seen to panic on
/// letters outside ASCII in a status, so a panic counts as a response that cannot be read.
fn attributes(frame: &Bytes) -> Option<Attributes> {
    if nesting(frame) > NESTING_MAX {
        return None;
    }
    catch_unwind(AssertUnwindSafe(|| read_attributes(frame))).ok()?
}

fn read_attributes(frame: &Bytes) -> Option<Attributes> {
    let (rest, response) = imap_proto::Response::parse(frame).ok()?;
    let imap_proto::Response::Fetch(_, values) = response else { return None };
    // The parser gives a FETCH it cannot read as one that says nothing.
    if !rest.is_empty() || values.is_empty() {
        return None;
    }
    let mut attributes = Attributes::default();
    for value in values {
        match value {
            AttributeValue::Uid(uid) => attributes.uid = Some(uid),
            AttributeValue::Rfc822Size(size) => attributes.size = Some(size.into()),
            AttributeValue::InternalDate(date) => {
                attributes.internal_date = Some(date.into_owned());
            }
            AttributeValue::BodySection { section: None, data, .. } => {
                attributes.body = Some(match data {
                    Some(Cow::Borrowed(content)) => unescaped(frame.slice_ref(content), frame),
                    Some(Cow::Owned(content)) => content.into(),
                    None => Bytes::new(),
                });
            }
            _ => {}
        }
    }
    Some(attributes)
}

/// The content of a string: the parser leaves the escapes of a quoted one in (RFC 3501 section 9).
fn unescaped(content: Bytes, frame: &Bytes) -> Bytes {
    let before = (content.as_ptr() as usize).wrapping_sub(frame.as_ptr() as usize).wrapping_sub(1);
    if frame.get(before) != Some(&b'"') || !content.contains(&b'\\') {
        return content;
    }
    let mut escaped = false;
    let plain = content.iter().copied().filter(|&byte| {
        escaped = byte == b'\\' && !escaped;
        !escaped
    });
    plain.collect()
}

/// How deep the lists of a response nest, literals and quoted strings apart.
fn nesting(frame: &[u8]) -> usize {
    let (mut rest, mut depth, mut deepest) = (frame, 0usize, 0);
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let (line, after) = rest.split_at_checked(end + 1).unwrap_or((rest, b""));
        let (mut is_quoted, mut is_escaped) = (false, false);
        for byte in line {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_quoted => is_escaped = true,
                b'"' => is_quoted = !is_quoted,
                b'(' if !is_quoted => depth += 1,
                b')' if !is_quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        let literal = announced(line).and_then(|length| usize::try_from(length).ok());
        rest = after.get(literal.unwrap_or(0)..).unwrap_or_default();
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Response {
        Response::parse(&Bytes::from(format!("{text}\r\n")))
    }

    fn fetch(text: &str) -> Attributes {
        match parse(text) {
            Response::Fetch(attributes) => attributes,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn statuses_and_codes_are_read() {
        let untagged =
            |status, code, text: &str| Response::Untagged { status, code, text: text.to_owned() };
        let tagged = |status, text: &str| Response::Tagged {
            tag: "P7".to_owned(),
            status,
            text: text.to_owned(),
        };
        let cases = [
            ("* OK ready", untagged(Status::Ok, None, "ready")),
            ("* ok", untagged(Status::Ok, None, "")),
            ("* PREAUTH hi", untagged(Status::PreAuth, None, "hi")),
            ("* BYE [X] so\u{7}rry", untagged(Status::Bye, None, "[X] sorry")),
            (
                "* OK [UIDVALIDITY 4294967295] valid",
                untagged(
                    Status::Ok,
                    Some(Code::UidValidity(u32::MAX)),
                    "[UIDVALIDITY 4294967295] valid",
                ),
            ),
            ("* OK [uidnext 8]", untagged(Status::Ok, Some(Code::UidNext(8)), "[uidnext 8]")),
            ("* OK [UIDNEXT 4294967296] x", untagged(Status::Ok, None, "[UIDNEXT 4294967296] x")),
            ("* OK [ALERT]\u{e9}", untagged(Status::Ok, None, "[ALERT]\u{e9}")),
            ("P7 NO gone", tagged(Status::No, "gone")),
            ("P7 BAD", tagged(Status::Bad, "")),
            ("+ go on", Response::Continue),
            ("+", Response::Continue),
            ("* 23 EXISTS", Response::Exists(23)),
            ("* 23 RECENT", Response::Other),
            ("* 23 EXPUNGE", Response::Expunged),
            ("* SEARCH", Response::Search(vec![])),
            ("* SEARCH 1 2 (MODSEQ 7)", Response::Search(vec![1, 2])),
            ("P7 MAYBE", Response::Other),
            ("HTTP/1.1 400 Bad Request", Response::Other),
            ("", Response::Other),
            (
                "* CAPABILITY IMAP4rev1 auth=Plain",
                Response::Capability(vec!["IMAP4REV1".into(), "AUTH=PLAIN".into()]),
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(parse(input), expected, "{input}");
        }
    }

    #[test]
    fn attributes_are_found_among_unknown_ones() {
        let all = fetch(
            "* 3 FETCH (FLAGS (\\Seen $x) UID 9 X-GM-LABELS (\"a (b\" c) \
             RFC822.SIZE 4000000000 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" MODSEQ (12) \
             BODY[HEADER.FIELDS (TO CC)] \"q\" BODY[] {8}\r\na) {3}\r\n)",
        );
        assert_eq!((all.uid, all.size), (Some(9), Some(4_000_000_000)));
        let date = all.internal_date.as_deref();
        assert_eq!(date, Some("17-Jul-1996 02:44:25 -0700"));
        assert_eq!(all.body.as_deref(), Some(&b"a) {3}\r\n"[..]));
        let cases: [(&str, &[u8]); 5] = [
            ("* 1 FETCH (UID 1 BODY[]<0> {2}\r\nhi)", b"hi"),
            ("* 1 FETCH (body[] \"h\\\\i\" UID 1)", b"h\\i"),
            ("* 1 FETCH (BODY[] NIL UID 1)", b""),
            (
                "* 1 FETCH (BODY[] \"(((((((((((((((((((((\\\"((\" UID 1)",
                b"(((((((((((((((((((((\"((",
            ),
            ("* 1 FETCH (BODY[] {0}\r\n UID 1 )", b""),
        ];
        for (input, body) in cases {
            let attributes = fetch(input);
            assert_eq!(attributes.uid, Some(1), "{input}");
            assert_eq!(attributes.body.as_deref(), Some(body), "{input}");
        }
        assert_eq!(fetch("* 1 FETCH (UID 1 BODY[TEXT] {2}\r\nhi)").body, None);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let nested = format!("* 1 FETCH (X {}", "(".repeat(60_000));
        let cases = [
            "* 1 FETCH",
            "* 1 FETCH UID 1",
            "* 1 FETCH (UID",
            "* 1 FETCH (BODY[] {9}\r\nhi)",
            "* 1 FETCH (BODY[] {x}\r\nhi)",
            "* 1 FETCH (BODY[] \"hi)",
            "* 1 FETCH (UID 1 BODY[] hi)",
            &nested,
        ];
        for input in cases {
            let start: String = input.chars().take(40).collect();
            assert_eq!(parse(input), Response::Malformed, "{start}");
        }
        for no_uid in ["4294967296", "-1", "x"] {
            let parsed = parse(&format!("* 1 FETCH (UID {no_uid})"));
            assert!(
                !matches!(parsed, Response::Fetch(Attributes { uid: Some(_), .. })),
                "{no_uid}: {parsed:?}"
            );
        }
        let closed = format!("* 1 FETCH (X {}{} UID 5)", "(".repeat(30_000), ")".repeat(30_000));
        assert_eq!(parse(&closed), Response::Malformed);
    }
}
