//! One condition of a row: a part of a mail, an operator, and what it is compared with.

use event::{Address, Check};
use regex::Regex;

use crate::fold::folded;
use crate::operand::{self, Domain};
use crate::pattern;
use crate::seen::{Part, Seen, SeenText};
use crate::verdict::{self, Verb, Verdict};

/// A condition on a mail.
#[derive(Clone, Debug)]
pub struct Condition {
    part: Part,
    test: Test,
}

/// How a part of a mail is compared, and with what.
#[derive(Clone, Debug)]
enum Test {
    /// One of its texts is like one of these.
    Texts(Verb, Vec<Wanted>),
    /// It is a larger number.
    Above(u64),
    /// It is a smaller number.
    Below(u64),
}

/// What a text is compared with.
#[derive(Clone, Debug)]
struct Wanted {
    /// As it was written.
    written: String,
    compared: Compared,
}

#[derive(Clone, Debug)]
enum Compared {
    Contains(String),
    Equals(String),
    Address(Address),
    Pattern(Regex),
    Domain(Domain),
    /// A language, and with it all its varieties.
    Language(String),
    /// Whether no person wrote it.
    Automatic(bool),
}

/// The operators of conditions; what stands alone `is` that, and a list means any of it.
pub(crate) const OF_TEXTS: &[&str] = &["contains", "equals", "matches", "in"];
/// The same of addresses.
pub(crate) const OF_ADDRESSES: &[&str] = &["contains", "equals", "matches", "in", "domain"];
/// The same of sizes.
pub(crate) const OF_SIZES: &[&str] = &["above", "below"];
/// The same of words.
pub(crate) const OF_WORDS: &[&str] = &["is", "in"];

impl Condition {
    /// Reads a condition on a `field` of a mail, such as `subject` or `header:X-Customer`. A list as
    /// operand means any of it. The error says what is wrong, and what is allowed.
    pub fn parse(field: &str, operator: &str, operand: &toml::Value) -> Result<Self, String> {
        let part = Part::parse(field)?;
        let allowed = match part {
            Part::Header(_) | Part::Subject | Part::Body | Part::Attachment => OF_TEXTS,
            Part::Sender | Part::Recipient => OF_ADDRESSES,
            Part::Size => OF_SIZES,
            Part::Language | Part::Automatic | Part::Dmarc | Part::Dkim | Part::Spf => OF_WORDS,
        };
        if !allowed.contains(&operator) {
            let allowed = operand::listed(allowed);
            return Err(format!("`{field}` knows no `{operator}`; allowed: {allowed}"));
        }
        if operator == "in" && !operand.is_array() {
            return Err("`in` takes a list, such as [\"one\", \"two\"]".to_owned());
        }
        let test = match operator {
            "above" => Test::Above(operand::size(operand)?),
            "below" => Test::Below(operand::size(operand)?),
            _ => Self::texts(&part, operator, operand)?,
        };
        Ok(Self { part, test })
    }

    fn texts(part: &Part, operator: &str, operand: &toml::Value) -> Result<Test, String> {
        let verb = match operator {
            "contains" => Verb::Contains,
            "matches" => Verb::Matches,
            "domain" => Verb::IsAt,
            _ => Verb::Is,
        };
        let wanted = operand::texts(operand)?.into_iter().map(|written| {
            let compared = compared(part, verb, &written)?;
            Ok(Wanted { written, compared })
        });
        Ok(Test::Texts(verb, wanted.collect::<Result<_, String>>()?))
    }

    /// Whether it is about what only the mail itself tells.
    pub(crate) fn needs_mail(&self) -> bool {
        matches!(self.part, Part::Header(_) | Part::Body | Part::Recipient)
    }

    /// Whether it holds, and why.
    pub(crate) fn look(&self, seen: &Seen<'_>) -> Verdict {
        match &self.test {
            Test::Above(bytes) => verdict::size(seen.size(), *bytes, true),
            Test::Below(bytes) => verdict::size(seen.size(), *bytes, false),
            Test::Texts(verb, wanted) => {
                let texts = seen.texts(&self.part);
                for text in &texts {
                    if let Some(wanted) = wanted.iter().find(|wanted| wanted.is_like(text)) {
                        return verdict::yes(&self.part, *verb, text.shown(), &wanted.written);
                    }
                }
                let wanted: Vec<&str> = wanted.iter().map(|one| one.written.as_str()).collect();
                verdict::no(&self.part, *verb, &texts, &wanted)
            }
        }
    }
}

fn compared(part: &Part, verb: Verb, written: &str) -> Result<Compared, String> {
    Ok(match (part, verb) {
        (Part::Language, _) => Compared::Language(operand::language(written)?),
        (Part::Automatic, _) => match operand::automatic(written)? {
            Some(is_automatic) => Compared::Automatic(is_automatic),
            None => Compared::Equals(folded(written)),
        },
        (Part::Dmarc | Part::Dkim | Part::Spf, _) => {
            written.parse::<Check>().map_err(|error| error.to_string())?;
            Compared::Equals(folded(written))
        }
        (_, Verb::Matches) => Compared::Pattern(pattern::read(written, true)?),
        (_, Verb::IsAt) => Compared::Domain(written.parse()?),
        (Part::Sender | Part::Recipient, Verb::Is) => Compared::Address(
            written.parse().map_err(|error: event::AddressError| error.to_string())?,
        ),
        (_, Verb::Is) => Compared::Equals(folded(written)),
        (_, Verb::Contains) if folded(written).is_empty() => {
            return Err("every text contains an empty one".to_owned());
        }
        (_, Verb::Contains) => Compared::Contains(folded(written)),
    })
}

impl Wanted {
    fn is_like(&self, text: &SeenText<'_>) -> bool {
        match &self.compared {
            Compared::Contains(part) => text.folded().contains(part),
            Compared::Equals(whole) => text.folded() == whole,
            Compared::Pattern(pattern) => pattern.is_match(text.composed()),
            Compared::Address(wanted) => text.address().is_some_and(|address| address == wanted),
            Compared::Domain(domain) => {
                text.address().is_some_and(|address| domain.holds(address.domain()))
            }
            Compared::Language(wanted) => {
                let rest = text.folded().strip_prefix(wanted.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            }
            Compared::Automatic(wanted) => (text.shown() != operand::NO) == *wanted,
        }
    }
}
