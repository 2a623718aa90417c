//! A mail read as far as decisions and views need it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use event::{Address, AutomaticKind, Person, QuarantineReason, Timestamp};

use crate::address_list::{addresses, display_name, people};
use crate::automatic;
use crate::decode;
use crate::encode::is_message_id;
use crate::header::{self, Header};
use crate::language::language;
use crate::seal::{self, Seal};
use crate::structure;
use crate::text;
use crate::words::decode_words;

/// No subject is kept beyond this many characters.
const SUBJECT_CHARS_MAX: usize = 1_000;
/// No field of free text is read beyond this.
const TEXT_BYTES_MAX: usize = 65_536;
/// No list of addresses or ids is read beyond this.
const LIST_BYTES_MAX: usize = 262_144;
/// Of longer chains of references the first and the newest are kept.
const REFERENCES_MAX: usize = 100;

/// What a mail says, decoded and bounded in size whatever it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The first readable author in From.
    pub from: Option<Person>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Subject, on one line.
    pub subject: String,
    /// Message-ID without its angle brackets; `None` where it is missing or unusable.
    pub message_id: Option<String>,
    /// The ids in In-Reply-To, without angle brackets.
    pub in_reply_to: Vec<String>,
    /// The ids in References, without angle brackets, oldest first.
    pub references: Vec<String>,
    /// The ids in our own loop marker, without angle brackets.
    pub loop_markers: Vec<String>,
    /// Date as the sender claims it; UTC where the zone is missing.
    pub date: Option<Timestamp>,
    /// The names of attachments.
    pub attachments: Vec<String>,
    /// Set where no person wrote it.
    pub automatic: Option<AutomaticKind>,
    /// Set where it is signed or encrypted.
    pub seal: Option<Seal>,
    /// The text of the body for display and conditions, derived from HTML where there is no
    /// other, cut after 256 KiB; empty where there is none.
    pub text: String,
    /// The language of the text as a tag such as `fr` (RFC 5646); `None` where it is not recognised.
    pub language: Option<String>,
}

/// The field by which a mail of ours is known when it comes back under another Message-ID.
pub(crate) const LOOP_MARKER: &str = "X-Postbook-Loop";

/// Reads a mail; whatever bytes it is given it answers, and only what has no header field at all
/// (or makes the parser panic) cannot be read.
pub fn parse(raw: &[u8]) -> Result<Parsed, QuarantineReason> {
    catch_unwind(AssertUnwindSafe(|| read(raw))).unwrap_or(Err(QuarantineReason::ParserFailed))
}

/// The header of a mail, with the empty line after it.
pub fn header(raw: &[u8]) -> &[u8] {
    let (_, body) = header::split(raw);
    raw.get(..raw.len() - body.len()).unwrap_or_default()
}

/// When a server last received the mail, as it says in the header.
pub fn received(raw: &[u8]) -> Option<Timestamp> {
    header::split(raw).0.received()
}

impl Parsed {
    /// Where answers go: the first address of Reply-To, else From.
    pub fn answer_to(&self) -> Option<&Address> {
        self.reply_to.first().or(self.from.as_ref().map(|person| &person.address))
    }
}

fn read(raw: &[u8]) -> Result<Parsed, QuarantineReason> {
    let (header, body) = header::split(raw);
    if header.is_empty() {
        return Err(QuarantineReason::NoHeader);
    }
    let from = from(&header);
    let leaves = structure::leaves(&header, body);
    let text = text::body_text(&leaves);
    let content_language = header.get("Content-Language").map(|field| field.text(1_000));
    Ok(Parsed {
        automatic: automatic::classify(&header, &structure::content_type(&header), from.as_ref()),
        from,
        reply_to: address_field(&header, "Reply-To"),
        to: address_field(&header, "To"),
        cc: address_field(&header, "Cc"),
        subject: subject(&header),
        message_id: message_id(&header),
        in_reply_to: ids(&header, "In-Reply-To"),
        references: ids(&header, "References"),
        loop_markers: ids(&header, LOOP_MARKER),
        date: header.get("Date").and_then(|field| decode::date(&field.text(1_000))),
        attachments: text::attachments(&leaves),
        seal: seal::seal(&leaves, &text),
        language: language(&text, content_language.as_deref()),
        text,
    })
}

/// The first readable author.
pub(crate) fn from(header: &Header<'_>) -> Option<Person> {
    let text = header.get("From")?.text(LIST_BYTES_MAX);
    people(&text).into_iter().next()
}

/// What From shows where it holds no address that can be read.
pub(crate) fn unreadable_from(header: &Header<'_>) -> Option<String> {
    display_name(&header.get("From")?.text(TEXT_BYTES_MAX))
}

/// A field that should stand once and is repeated is read as one list.
fn address_field(header: &Header<'_>, name: &str) -> Vec<Address> {
    let texts: Vec<String> =
        header.all(name).take(REFERENCES_MAX).map(|field| field.text(LIST_BYTES_MAX)).collect();
    addresses(&texts.join(","))
}

/// The subject, decoded, on one line.
pub(crate) fn subject(header: &Header<'_>) -> String {
    let text = header.get("Subject").map(|field| field.text(TEXT_BYTES_MAX));
    let decoded = decode_words(text.unwrap_or_default().trim());
    let spaced: String = decoded
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SUBJECT_CHARS_MAX)
        .collect();
    spaced.trim().to_owned()
}

/// The Message-ID, without angle brackets.
pub(crate) fn message_id(header: &Header<'_>) -> Option<String> {
    let text = header.get("Message-ID")?.text(TEXT_BYTES_MAX);
    bracketed(&text).next().or_else(|| {
        let bare = text.trim();
        is_message_id(bare).then(|| bare.to_owned())
    })
}

/// All ids of a field; of many the first and the newest.
fn ids(header: &Header<'_>, name: &str) -> Vec<String> {
    let texts: Vec<String> =
        header.all(name).take(REFERENCES_MAX).map(|field| field.text_end(LIST_BYTES_MAX)).collect();
    let text = texts.join(" ");
    let mut found: Vec<String> = bracketed(&text).collect();
    if found.is_empty() {
        found = text
            .split_whitespace()
            .filter(|word| word.contains('@') && is_message_id(word))
            .map(str::to_owned)
            .collect();
    }
    if found.len() > REFERENCES_MAX {
        found.drain(1..=found.len() - REFERENCES_MAX);
    }
    found
}

/// What stands in angle brackets and can be an id; white space within is folding gone wrong.
fn bracketed(text: &str) -> impl Iterator<Item = String> {
    text.split('<').skip(1).filter_map(|after| {
        let (inner, _) = after.split_once('>')?;
        let id: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
        is_message_id(&id).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_without_a_header_is_not_read() {
        for raw in ["", "\r\n\r\nbody", "just text", "\n"] {
            assert_eq!(parse(raw.as_bytes()), Err(QuarantineReason::NoHeader), "{raw:?}");
        }
    }

    #[test]
    fn ids_are_read() {
        let ids = |text: &str| {
            let raw = format!("References: {text}\r\n\r\n");
            parse(raw.as_bytes()).unwrap().references
        };
        assert_eq!(ids("<a@b> <c@d>\r\n <e@f>"), ["a@b", "c@d", "e@f"]);
        assert_eq!(ids("<a@b><c@d>"), ["a@b", "c@d"]);
        assert_eq!(ids("a@b c@d"), ["a@b", "c@d"]);
        assert_eq!(ids("Your mail of Monday <a@b>"), ["a@b"]);
        assert_eq!(ids("<a@\r\n b>"), ["a@b"]);
        assert_eq!(ids("<open <a@b>"), ["a@b"]);
        assert_eq!(ids("<> < > <\u{7}>"), [] as [&str; 0]);
        let many: String = (0..500).map(|n| format!("<{n}@x> ")).collect();
        let kept = ids(&many);
        assert_eq!(kept.len(), REFERENCES_MAX);
        assert_eq!(
            (kept[0].as_str(), kept[1].as_str(), kept[99].as_str()),
            ("0@x", "401@x", "499@x")
        );
    }

    #[test]
    fn answers_go_to_reply_to_else_from() {
        let parsed = parse(b"From: a@b.test\r\nReply-To: c@d.test, e@f.test\r\n\r\n").unwrap();
        assert_eq!(parsed.answer_to().unwrap().as_str(), "c@d.test");
        let parsed = parse(b"From: a@b.test\r\nReply-To: nobody\r\n\r\n").unwrap();
        assert_eq!(parsed.answer_to().unwrap().as_str(), "a@b.test");
        assert_eq!(parse(b"From: nobody\r\n\r\n").unwrap().answer_to(), None);
    }

    #[test]
    fn sizes_are_bounded() {
        let raw = format!(
            "Subject: {}\r\nFrom: {} <a@b.test>\r\n\r\n",
            "x".repeat(1_000_000),
            "n".repeat(1_000)
        );
        let parsed = parse(raw.as_bytes()).unwrap();
        assert_eq!(parsed.subject.len(), SUBJECT_CHARS_MAX);
        assert_eq!(parsed.from.unwrap().name.unwrap().len(), 255);
    }
}
