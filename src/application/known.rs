//! The published list of the names that templates and expressions can use.

use std::fmt;

use crate::variables::{
    AgentValues, ContactValues, MailboxValues, QueueValues, ScheduleValues, ThreadValues, Values,
    Variables, VerificationValues,
};

/// A chain of names, from the outermost: `queue`, `first line`, `waiting`.
pub type Name = Vec<String>;

/// A name and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name, such as `contact.subject`; `NAME` in it stands for any name.
    pub path: &'static str,
    /// What kind of value it has.
    pub kind: Kind,
    /// What it stands for, in a sentence.
    pub about: &'static str,
}

/// A kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    YesNo,
    /// A list of texts.
    Texts,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::YesNo => "true or false",
            Self::Texts => "list of texts",
        })
    }
}

impl Kind {
    #[cfg(test)]
    pub(crate) fn is_kind_of(self, value: &serde_json::Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_u64(),
            Self::YesNo => value.is_boolean(),
            Self::Texts => value.is_array(),
        }
    }
}

/// A type of values that has a kind.
pub(crate) trait HasKind {
    const KIND: Kind;
}

impl HasKind for String {
    const KIND: Kind = Kind::Text;
}

impl HasKind for u64 {
    const KIND: Kind = Kind::Number;
}

impl HasKind for bool {
    const KIND: Kind = Kind::YesNo;
}

impl HasKind for Vec<String> {
    const KIND: Kind = Kind::Texts;
}

const OTHERS: &[Known] = &[
    Known {
        path: "subject",
        kind: Kind::Text,
        about: "The same as `contact.subject`, for older files.",
    },
    Known {
        path: "wf.NAME",
        kind: Kind::Text,
        about: "A parameter that an application set; empty where none did.",
    },
    Known { path: "now", kind: Kind::Text, about: "This moment (RFC 3339, UTC)." },
];

/// Every name there is, for checks and for the documentation.
pub fn known() -> impl Iterator<Item = &'static Known> {
    let lists = [
        ContactValues::KNOWN,
        VerificationValues::KNOWN,
        MailboxValues::KNOWN,
        ThreadValues::KNOWN,
        AgentValues::KNOWN,
        ScheduleValues::KNOWN,
        QueueValues::KNOWN,
        OTHERS,
    ];
    lists.into_iter().flatten()
}

/// Where the parameters are that applications set.
pub(crate) const PARAMETERS: &str = "wf";

/// What stands for any name.
const ANY: &str = "NAME";

/// Refuses a chain of names that leads to nothing, and says what is allowed where it goes wrong.
pub(crate) fn check(path: &[&str]) -> Result<(), String> {
    let mut candidates: Vec<Vec<&str>> = known().map(|one| one.path.split('.').collect()).collect();
    let mut so_far = String::new();
    for (name, depth) in path.iter().zip(0..) {
        let allowed = allowed(&candidates, depth);
        candidates.retain(|one| one.get(depth).is_some_and(|at| at == name || *at == ANY));
        if candidates.is_empty() {
            let place = if so_far.is_empty() { String::new() } else { format!(" in `{so_far}`") };
            return Err(if allowed.is_empty() {
                format!("`{so_far}` holds no names, so there is no `{name}` in it")
            } else {
                format!("there is no `{name}`{place}; allowed: {allowed}")
            });
        }
        so_far = written(&so_far, name);
    }
    if candidates.iter().any(|one| one.len() == path.len()) {
        return Ok(());
    }
    let allowed = allowed(&candidates, path.len());
    Err(format!("`{so_far}` is no value but holds some: {allowed}; write `{so_far}.` before one"))
}

/// Values to try names with before there are any: empty ones, and a queue or a schedule wherever one
/// is asked for.
pub(crate) fn sample(names: &[Name]) -> Variables {
    let mut values = Values::default();
    for name in names {
        let [first, of, ..] = name.as_slice() else { continue };
        match first.as_str() {
            "queue" => {
                values.queues.extend(of.parse().map(|of| (of, QueueValues::default())));
            }
            "schedule" => {
                values.schedules.extend(of.parse().map(|of| (of, ScheduleValues::default())));
            }
            _ => {}
        }
    }
    Variables::from(&values)
}

/// Says which of some names is not there now, where one is not: a queue or a schedule that the
/// directory does not have.
pub(crate) fn missing(names: &[Name], variables: &Variables) -> Option<String> {
    let held = names.iter().filter(|name| name.first().is_none_or(|first| first != PARAMETERS));
    let absent = held.filter_map(|name| absent(name, variables)).next()?;
    Some(format!("there is no `{absent}` now: the directory does not name it"))
}

/// The part of a chain of names, from its beginning, that is not there.
fn absent(name: &[String], variables: &Variables) -> Option<String> {
    let (first, rest) = name.split_first()?;
    let mut so_far = first.clone();
    let Some(mut value) = variables.0.get(first) else { return Some(so_far) };
    for part in rest {
        so_far = written(&so_far, part);
        match value.get(part) {
            Some(inner) => value = inner,
            None => return Some(so_far),
        }
    }
    None
}

/// A chain of names and one more, as templates and expressions have it.
fn written(so_far: &str, name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if so_far.is_empty() {
        name.to_owned()
    } else if is_plain {
        format!("{so_far}.{name}")
    } else {
        format!("{so_far}[\"{name}\"]")
    }
}

/// The names at one depth, each once.
fn allowed(candidates: &[Vec<&str>], depth: usize) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in candidates.iter().filter_map(|one| one.get(depth)) {
        let shown = if *name == ANY { "any name".to_owned() } else { format!("`{name}`") };
        if !names.contains(&shown) {
            names.push(shown);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for path in [
            &["contact", "subject"][..],
            &["subject"],
            &["contact", "verification", "spf"],
            &["queue", "first line", "waiting"],
            &["wf", "vip level"],
            &["now"],
        ] {
            assert_eq!(check(path), Ok(()));
        }
    }

    #[test]
    fn wrong_names_are_told_what_is_allowed() {
        for (path, expected) in [
            (
                &["contract", "id"][..],
                "there is no `contract`; allowed: `contact`, `mailbox`, `thread`, `agents`, `schedule`, `queue`, `subject`, `wf`, `now`",
            ),
            (
                &["mailbox", "adress"],
                "there is no `adress` in `mailbox`; allowed: `name`, `display_name`, `address`",
            ),
            (
                &["queue", "first line", "length"],
                "there is no `length` in `queue[\"first line\"]`; allowed: `waiting`, `longest_wait_s`, `free_agents`, `signed_in_agents`",
            ),
            (
                &["schedule", "desk"],
                "`schedule.desk` is no value but holds some: `open`, `holiday`, `next_open`; write `schedule.desk.` before one",
            ),
            (&["wf"], "`wf` is no value but holds some: any name; write `wf.` before one"),
            (&["now", "hour"], "`now` holds no names, so there is no `hour` in it"),
            (&["wf", "a", "b"], "`wf.a` holds no names, so there is no `b` in it"),
        ] {
            assert_eq!(check(path).unwrap_err(), expected);
        }
    }
}
