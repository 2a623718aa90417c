//! Reads the responses of an IMAP server, as far as we need them (RFC 3501 section 7).
//!
//! Unknown responses and attributes are passed over. Nothing here recurses or allocates by what
//! the server announces, because servers are strangers.

use bytes::Bytes;

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
    Exists,
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

const TEXT_CHARS_MAX: usize = 200;

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
            return Self::Untagged { status, code: code(rest), text: text(rest) };
        }
        if word.eq_ignore_ascii_case(b"CAPABILITY") {
            let words = text_of(rest).to_ascii_uppercase();
            return Self::Capability(words.split_whitespace().map(str::to_owned).collect());
        }
        if number::<u32>(word).is_none() {
            return Self::Other;
        }
        let (kind, rest) = split_word(rest);
        if kind.eq_ignore_ascii_case(b"EXISTS") {
            Self::Exists
        } else if kind.eq_ignore_ascii_case(b"FETCH") {
            let mut reader = Reader { frame, rest };
            reader.attributes().map_or(Self::Malformed, Self::Fetch)
        } else {
            Self::Other
        }
    }
}

fn tagged(frame: &[u8]) -> Option<Response> {
    let (tag, rest) = split_word(frame);
    let (word, rest) = split_word(rest);
    Some(Response::Tagged { tag: text_of(tag), status: status(word)?, text: text(rest) })
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

/// Text for people: one line, short, without control characters.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii())
        .chars()
        .filter(|letter| !letter.is_control())
        .take(TEXT_CHARS_MAX)
        .collect()
}

struct Reader<'a> {
    frame: &'a Bytes,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn attributes(&mut self) -> Option<Attributes> {
        let mut attributes = Attributes::default();
        self.eat(b'(')?;
        loop {
            self.skip_spaces();
            if self.eat(b')').is_some() {
                return Some(attributes);
            }
            let name = self.name()?.to_ascii_uppercase();
            self.eat(b' ')?;
            if &name[..] == b"BODY[]" || name.starts_with(b"BODY[]<") {
                attributes.body = Some(self.string()?);
                continue;
            }
            match &name[..] {
                b"UID" => attributes.uid = Some(number(self.atom())?),
                b"RFC822.SIZE" => attributes.size = Some(number(self.atom())?),
                b"INTERNALDATE" => attributes.internal_date = Some(text_of(&self.string()?)),
                _ => self.skip_value()?,
            }
        }
    }

    /// An attribute's name; `BODY[...]` may hold spaces and parentheses.
    fn name(&mut self) -> Option<&'a [u8]> {
        let mut inside = false;
        let end = self.rest.iter().position(|&byte| {
            match byte {
                b'[' => inside = true,
                b']' => inside = false,
                _ => {}
            }
            matches!(byte, b'\r' | b'\n') || (!inside && matches!(byte, b' ' | b')' | b'('))
        })?;
        self.advance(end).filter(|name| !name.is_empty())
    }

    fn atom(&mut self) -> &'a [u8] {
        let end =
            self.rest.iter().position(|byte| matches!(byte, b' ' | b'(' | b')' | b'\r' | b'\n'));
        self.advance(end.unwrap_or(self.rest.len())).unwrap_or_default()
    }

    /// A quoted string, a literal, or NIL, which is read as nothing.
    fn string(&mut self) -> Option<Bytes> {
        match self.rest.first()? {
            b'"' => self.quoted(),
            b'{' => {
                let content = self.literal()?;
                Some(self.frame.slice_ref(content))
            }
            _ => self.atom().eq_ignore_ascii_case(b"NIL").then(Bytes::new),
        }
    }

    fn quoted(&mut self) -> Option<Bytes> {
        self.eat(b'"')?;
        let mut content = Vec::new();
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(content.into()),
                b'\\' => {
                    let (&escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    content.push(escaped);
                }
                _ => content.push(byte),
            }
        }
    }

    fn literal(&mut self) -> Option<&'a [u8]> {
        self.eat(b'{')?;
        let end = self.rest.iter().position(|&byte| byte == b'}')?;
        let length = number(self.advance(end)?)?;
        self.rest = self.rest.strip_prefix(b"}\r\n")?;
        self.advance(length)
    }

    /// Passes over any value, however deep its lists are nested.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0u32;
        loop {
            match self.rest.first()? {
                b'(' => {
                    self.eat(b'(')?;
                    depth += 1;
                }
                b')' if depth > 0 => {
                    self.eat(b')')?;
                    depth -= 1;
                }
                b'"' => drop(self.quoted()?),
                b'{' => drop(self.literal()?),
                b' ' if depth > 0 => self.skip_spaces(),
                _ => {
                    if self.atom().is_empty() {
                        return None;
                    }
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    fn advance(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
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
            ("* 23 EXISTS", Response::Exists),
            ("* 23 RECENT", Response::Other),
            ("* 23 EXPUNGE", Response::Other),
            ("* SEARCH 1 2", Response::Other),
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
            "* 3 FETCH (FLAGS (\\Seen $x) UID 9 X-GM-LABELS (\"a (b\" {2}\r\n)( (c)) \
             RFC822.SIZE 5000000000 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" MODSEQ (12) \
             BODY[HEADER.FIELDS (TO CC)] \"q\\\"\\\\\" BODY[] {8}\r\na) {3}\r\n)",
        );
        assert_eq!((all.uid, all.size), (Some(9), Some(5_000_000_000)));
        let date = all.internal_date.as_deref();
        assert_eq!(date, Some("17-Jul-1996 02:44:25 -0700"));
        assert_eq!(all.body.as_deref(), Some(&b"a) {3}\r\n"[..]));
        let cases: [(&str, &[u8]); 4] = [
            ("* 1 FETCH (UID 1 BODY[]<0> {2}\r\nhi)", b"hi"),
            ("* 1 FETCH (body[] \"h\\\\i\" UID 1)", b"h\\i"),
            ("* 1 FETCH (BODY[] NIL UID 1)", b""),
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
            "* 1 FETCH (UID 4294967296)",
            "* 1 FETCH (UID -1)",
            "* 1 FETCH (BODY[] {9}\r\nhi)",
            "* 1 FETCH (BODY[] {x}\r\nhi)",
            "* 1 FETCH (BODY[] \"hi)",
            "* 1 FETCH (BODY[ {2}\r\nhi)",
            "* 1 FETCH (UID 1 BODY[] hi)",
            &nested,
        ];
        for input in cases {
            let start: String = input.chars().take(40).collect();
            assert_eq!(parse(input), Response::Malformed, "{start}");
        }
        let closed = format!("* 1 FETCH (X {}{} UID 5)", "(".repeat(30_000), ")".repeat(30_000));
        assert_eq!(fetch(&closed).uid, Some(5));
    }
}
