//! Why a condition holds or does not, in a sentence.

use crate::seen::{Part, SeenText};

/// No value is shown beyond this many characters.
const SHOWN_CHARS_MAX: usize = 40;
/// No more values than this are shown of a list.
const LISTED_MAX: usize = 5;

/// Whether a condition holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) holds: bool,
    pub(crate) reason: String,
}

/// What a text does to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Contains,
    Is,
    Matches,
    IsAt,
}

impl Verb {
    fn positive(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Is => "is",
            Self::Matches => "matches",
            Self::IsAt => "is at",
        }
    }

    fn negative(self) -> &'static str {
        match self {
            Self::Contains => "does not contain",
            Self::Is => "is not",
            Self::Matches => "does not match",
            Self::IsAt => "is not at",
        }
    }
}

/// A text of the mail is like one that is wanted.
pub(crate) fn yes(part: &Part, verb: Verb, text: &str, wanted: &str) -> Verdict {
    let reason = format!("{} {} {}", subject(part, text), verb.positive(), short(wanted));
    Verdict { holds: true, reason }
}

/// No text of the mail is like one that is wanted.
pub(crate) fn no(part: &Part, verb: Verb, texts: &[&SeenText<'_>], wanted: &[&str]) -> Verdict {
    let reason = match (texts, wanted) {
        ([], _) => format!("the mail has no {}", absent(part)),
        ([text], [wanted]) => {
            format!("{} {} {}", subject(part, text.shown()), verb.negative(), short(wanted))
        }
        ([text], [one, other]) => {
            let (one, other) = (short(one), short(other));
            let subject = subject(part, text.shown());
            format!("{subject} {} neither {one} nor {other}", verb.positive())
        }
        ([text], _) => {
            let subject = subject(part, text.shown());
            format!("{subject} {} none of {}", verb.positive(), listed(wanted))
        }
        (_, [wanted]) => {
            format!("none of {} {} {} {}", texts.len(), many(part), verb.positive(), short(wanted))
        }
        _ => {
            let (verb, wanted) = (verb.positive(), listed(wanted));
            format!("none of {} {} {verb} any of {wanted}", texts.len(), many(part))
        }
    };
    Verdict { holds: false, reason }
}

/// The size compared with a limit.
pub(crate) fn size(size: u64, limit: u64, is_above: bool) -> Verdict {
    let holds = if is_above { size > limit } else { size < limit };
    let (wanted, not) = (if is_above { "above" } else { "below" }, if holds { "" } else { "not " });
    Verdict { holds, reason: format!("size {size} is {not}{wanted} {limit} bytes") }
}

fn subject(part: &Part, text: &str) -> String {
    match part {
        Part::Body => "the body".to_owned(),
        other => format!("{} {}", other.name(), short(text)),
    }
}

fn absent(part: &Part) -> String {
    match part {
        Part::Language => "language that was recognised".to_owned(),
        Part::Sender => "sender that can be read".to_owned(),
        other => other.name(),
    }
}

fn many(part: &Part) -> String {
    match part {
        Part::Header(name) => format!("header fields `{name}`"),
        other => format!("{}s", other.name()),
    }
}

fn listed(wanted: &[&str]) -> String {
    let shown: Vec<String> = wanted.iter().take(LISTED_MAX).map(|one| short(one)).collect();
    match wanted.len().saturating_sub(LISTED_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A value as a reason shows it: on one line, and not all of it where it is long.
fn short(value: &str) -> String {
    let is_long = value.chars().count() > SHOWN_CHARS_MAX;
    let kept = if is_long { SHOWN_CHARS_MAX - 1 } else { SHOWN_CHARS_MAX };
    let mut shown: String =
        value.chars().take(kept).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if is_long {
        shown.push('…');
    }
    format!("`{shown}`")
}
