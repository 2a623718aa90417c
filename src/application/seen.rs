//! A mail as the conditions of a table see it; what costs time is done once for all of them.

use std::borrow::Cow;
use std::cell::OnceCell;

use event::Address;

use crate::CheckedMail;
use crate::fold::{composed, folded};
use crate::operand::{listed, word_of};

/// No text is looked at beyond this, in bytes.
const TEXT_BYTES_MAX: usize = 262_144;

/// A part of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Header(String),
    Subject,
    Body,
    Attachment,
    Sender,
    Recipient,
    Size,
    Language,
    Automatic,
    Dmarc,
    Dkim,
    Spf,
}

/// Every part but the fields of the header.
const PARTS: [(&str, Part); 11] = [
    ("subject", Part::Subject),
    ("body", Part::Body),
    ("attachment", Part::Attachment),
    ("sender", Part::Sender),
    ("recipient", Part::Recipient),
    ("size", Part::Size),
    ("language", Part::Language),
    ("automatic", Part::Automatic),
    ("dmarc", Part::Dmarc),
    ("dkim", Part::Dkim),
    ("spf", Part::Spf),
];

/// What comes before the name of a field of the header.
const HEADER: &str = "header:";

impl Part {
    pub(crate) fn parse(field: &str) -> Result<Self, String> {
        if let Some(name) = field.strip_prefix(HEADER) {
            // RFC 5322 section 2.2.
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != ':');
            return if is_name {
                Ok(Self::Header(name.to_owned()))
            } else {
                Err(format!("`{name}` is no name of a header field such as `X-Customer`"))
            };
        }
        let known = PARTS.into_iter().find(|(name, _)| *name == field);
        known.map(|(_, part)| part).ok_or_else(|| {
            let allowed = listed(&PARTS.map(|(name, _)| name));
            format!("a mail has no `{field}`; allowed: {allowed}, and `{HEADER}` with a name")
        })
    }

    /// As reasons and files call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Header(name) => format!("header `{name}`"),
            other => {
                let known = PARTS.iter().find(|(_, part)| part == other);
                known.map_or_else(String::new, |(name, _)| (*name).to_owned())
            }
        }
    }
}

/// A mail whose parts are made ready to compare when they are first compared.
pub(crate) struct Seen<'a> {
    mail: &'a CheckedMail,
    header: Vec<SeenText<'a>>,
    subject: SeenText<'a>,
    body: SeenText<'a>,
    attachments: Vec<SeenText<'a>>,
    sender: SeenText<'a>,
    recipients: Vec<SeenText<'a>>,
    language: SeenText<'a>,
    automatic: SeenText<'a>,
    dmarc: SeenText<'a>,
    dkim: SeenText<'a>,
    spf: SeenText<'a>,
}

/// A text of a mail.
pub(crate) struct SeenText<'a> {
    text: Cow<'a, str>,
    folded: OnceCell<String>,
    composed: OnceCell<String>,
    address: OnceCell<Option<Address>>,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(mail: &'a CheckedMail) -> Self {
        let all = |texts: &'a [String]| texts.iter().map(|text| SeenText::new(text)).collect();
        Self {
            mail,
            header: mail.header.iter().map(|(_, value)| SeenText::new(value)).collect(),
            subject: SeenText::new(&mail.subject),
            body: SeenText::new(&mail.text),
            attachments: all(&mail.attachments),
            sender: SeenText::new(&mail.sender),
            recipients: all(&mail.recipients),
            language: SeenText::new(&mail.language),
            automatic: SeenText::new(word_of(mail.automatic)),
            dmarc: SeenText::owned(mail.verification.dmarc.to_string()),
            dkim: SeenText::owned(mail.verification.dkim.to_string()),
            spf: SeenText::owned(mail.verification.spf.to_string()),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.mail.size
    }

    /// The texts of a part; none where the mail does not have it.
    pub(crate) fn texts(&self, part: &Part) -> Vec<&SeenText<'a>> {
        let known = |text| {
            Vec::from_iter(Some(text).filter(|text: &&SeenText<'_>| !text.shown().is_empty()))
        };
        match part {
            Part::Header(name) => {
                let fields = self.mail.header.iter().zip(&self.header);
                let named = fields.filter(|((field, _), _)| field.eq_ignore_ascii_case(name));
                named.map(|(_, text)| text).collect()
            }
            Part::Subject => vec![&self.subject],
            Part::Body => vec![&self.body],
            Part::Attachment => self.attachments.iter().collect(),
            Part::Recipient => self.recipients.iter().collect(),
            Part::Sender => known(&self.sender),
            Part::Language => known(&self.language),
            Part::Automatic => vec![&self.automatic],
            Part::Dmarc => vec![&self.dmarc],
            Part::Dkim => vec![&self.dkim],
            Part::Spf => vec![&self.spf],
            Part::Size => Vec::new(),
        }
    }
}

impl<'a> SeenText<'a> {
    fn new(text: &'a str) -> Self {
        let end = text.floor_char_boundary(TEXT_BYTES_MAX);
        Self::of(Cow::Borrowed(text.get(..end).unwrap_or_default()))
    }

    fn owned(text: String) -> Self {
        Self::of(Cow::Owned(text))
    }

    fn of(text: Cow<'a, str>) -> Self {
        let (folded, composed, address) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { text, folded, composed, address }
    }

    /// As the mail has it.
    pub(crate) fn shown(&self) -> &str {
        &self.text
    }

    /// Without what makes no difference to people.
    pub(crate) fn folded(&self) -> &str {
        self.folded.get_or_init(|| folded(&self.text))
    }

    /// With accents written in one way.
    pub(crate) fn composed(&self) -> &str {
        self.composed.get_or_init(|| composed(&self.text))
    }

    /// As an address; `None` where it is none.
    pub(crate) fn address(&self) -> Option<&Address> {
        self.address.get_or_init(|| Address::new(&self.text).ok()).as_ref()
    }
}
