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
