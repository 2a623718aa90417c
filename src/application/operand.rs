//! What a condition compares with, as it is written in the file.

use std::str::FromStr;

use event::{Address, AutomaticKind};

use crate::fold::folded;

/// A condition compares with no more than this at once.
const TEXTS_MAX: usize = 1_000;
/// No text that is compared with is longer than this, in bytes.
const TEXT_BYTES_MAX: usize = 1_000;

/// The word for a mail that a person wrote.
pub(crate) const NO: &str = "no";

/// Each unit of sizes and how many bytes it has.
const UNITS: [(&str, u64); 7] = [
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// A domain, or all that lie below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    name: String,
    is_below: bool,
}

/// One text or a list of them; true and false count as words.
pub(crate) fn texts(operand: &toml::Value) -> Result<Vec<String>, String> {
    let items = operand.as_array().map_or(std::slice::from_ref(operand), Vec::as_slice);
    let texts = items.iter().map(|item| match item {
        toml::Value::String(text) if text.len() > TEXT_BYTES_MAX => {
            Err(format!("a text is longer than {TEXT_BYTES_MAX} bytes"))
        }
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Boolean(yes) => Ok(yes.to_string()),
        other => Err(format!("a text is expected, or a list of texts, and not `{other}`")),
    });
    match items.len() {
        0 => Err("the list is empty, so that nothing could be in it".to_owned()),
        1..=TEXTS_MAX => texts.collect(),
        _ => Err(format!("the list has more than {TEXTS_MAX} texts")),
    }
}

/// A size in bytes: a whole number, or a text with a unit, such as `10 MB`.
pub(crate) fn size(operand: &toml::Value) -> Result<u64, String> {
    let wrong = || {
        format!(
            "a size is expected, in bytes or with a unit such as \"10 MB\", and not `{operand}`; \
             units: B, kB, MB, GB (of 1000), KiB, MiB, GiB (of 1024)"
        )
    };
    let bytes = match operand {
        toml::Value::Integer(bytes) => u64::try_from(*bytes).ok(),
        toml::Value::String(text) => {
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (number, unit) = text.split_at(digits);
            let unit = unit.trim().to_ascii_lowercase();
            let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
            number.parse::<u64>().ok().zip(factor).and_then(|(number, by)| number.checked_mul(by))
        }
        _ => None,
    };
    bytes.ok_or_else(wrong)
}

/// A language tag (RFC 5646) in lower case.
pub(crate) fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let is_language = parts.next().is_some_and(|first| {
        (2..=3).contains(&first.len()) && first.chars().all(|c| c.is_ascii_alphabetic())
    });
    if is_language && parts.all(is_part) {
        return Ok(folded(text));
    }
    Err(format!("`{text}` is no language tag such as `fr` or `pt-BR`"))
}

/// Whether a word is about all automatic mail, or none; `None` for one kind of it.
pub(crate) fn automatic(word: &str) -> Result<Option<bool>, String> {
    let is_kind =
        [AutomaticKind::Answer, AutomaticKind::Bounce, AutomaticKind::Receipt, AutomaticKind::List]
            .into_iter()
            .any(|kind| automatic_word(kind) == word);
    match word {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ if is_kind => Ok(None),
        _ => Err(format!(
            "`automatic` is true, false, `answer`, `bounce`, `receipt` or `list`, and not `{word}`"
        )),
    }
}

/// The word for who wrote a mail, a person or not.
pub(crate) fn word_of(kind: Option<AutomaticKind>) -> &'static str {
    kind.map_or(NO, automatic_word)
}

/// The word for a kind of mail that no person wrote.
pub fn automatic_word(kind: AutomaticKind) -> &'static str {
    match kind {
        AutomaticKind::Answer => "answer",
        AutomaticKind::Bounce => "bounce",
        AutomaticKind::Receipt => "receipt",
        AutomaticKind::List => "list",
    }
}

/// Words as an error lists them.
pub(crate) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl FromStr for Domain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (is_below, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        // A domain is compared as it stands in an address.
        match Address::new(&format!("a@{name}")) {
            Ok(address) if !name.contains(['*', '@']) => {
                Ok(Self { name: address.domain().to_owned(), is_below })
            }
            _ => Err(format!(
                "`{text}` is no domain; `example.org` is that one, `*.example.org` all below it"
            )),
        }
    }
}

impl Domain {
    pub(crate) fn holds(&self, domain: &str) -> bool {
        if !self.is_below {
            return domain == self.name;
        }
        let before = domain.strip_suffix(self.name.as_str());
        before.is_some_and(|before| before.len() > 1 && before.ends_with('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("10485760", Some(10 << 20)),
            ("'10 MB'", Some(10_000_000)),
            ("'10mib'", Some(10 << 20)),
            ("'5 kB'", Some(5_000)),
            ("'7 B'", Some(7)),
            ("'10'", None),
            ("'MB'", None),
            ("'-1 MB'", None),
            ("-1", None),
            ("'1.5 MB'", None),
            ("'99999999999999 GB'", None),
            ("true", None),
        ] {
            let read: toml::Table = format!("a = {text}").parse().unwrap();
            assert_eq!(size(&read["a"]).ok(), expected, "{text}");
        }
    }

    #[test]
    fn domains_hold_others() {
        for (written, domain, expected) in [
            ("example.org", "example.org", true),
            ("Example.ORG", "example.org", true),
            ("example.org", "mail.example.org", false),
            ("*.example.org", "mail.example.org", true),
            ("*.example.org", "a.b.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", "badexample.org", false),
            ("*.example.org", ".example.org", false),
            ("bücher.example", "xn--bcher-kva.example", true),
        ] {
            let read: Domain = written.parse().unwrap();
            assert_eq!(read.holds(domain), expected, "{written} {domain}");
        }
        for wrong in ["", "*", "*.", "*.*.org", "jo@example.org", "exam ple.org", ".org"] {
            assert!(wrong.parse::<Domain>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn language_tags_are_checked() {
        for (text, is_tag) in [
            ("fr", true),
            ("pt-BR", true),
            ("zh-Hant-TW", true),
            ("french", false),
            ("", false),
            ("f", false),
            ("fr-", false),
            ("fr_CA", false),
        ] {
            assert_eq!(language(text).is_ok(), is_tag, "{text}");
        }
    }
}
