//! What there is, by kind and name, with what is said about each thing; and what is different
//! between two such pictures.

mod directory;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use gateway::Secret;

use crate::answer::{Item, ItemChange, KeyChange};

/// What kind of thing, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The settings; there is one thing of this kind.
    Settings,
    /// The trusted authorities; one thing.
    Tls,
    /// How senders are checked; one thing.
    Verification,
    /// The internal mailbox.
    Internal,
    /// A public mailbox.
    Mailbox,
    /// How mail leaves; one thing.
    Outgoing,
    /// An application.
    Application,
    /// A queue.
    Queue,
    /// An agent.
    Agent,
    /// A team.
    Team,
    /// A skill.
    Skill,
    /// A disposition code.
    Disposition,
    /// A schedule.
    Schedule,
}

/// A thing: its kind and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    kind: Kind,
    /// Numbers in their order.
    number: Option<u64>,
    name: String,
}

/// What is said about a thing, under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Everybody may see it.
    Shown(String),
    /// Nobody may; it is compared only.
    Hidden(Secret),
}

/// What is said about one thing.
pub type Keys = BTreeMap<String, Value>;

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture(BTreeMap<Thing, Keys>);

impl Thing {
    /// The thing of a kind that has this name.
    pub fn new(kind: Kind, name: impl fmt::Display) -> Self {
        let name = name.to_string();
        Self { kind, number: name.parse().ok(), name }
    }

    /// The one thing of its kind.
    pub fn only(kind: Kind) -> Self {
        Self::new(kind, "")
    }
}

impl Picture {
    /// Says something about a thing, which is there then.
    pub fn say(&mut self, thing: Thing, key: &str, value: impl Into<Value>) {
        self.0.entry(thing).or_default().insert(key.to_owned(), value.into());
    }

    /// Says all of this about a thing, which is there then.
    pub fn say_all(&mut self, thing: Thing, keys: Keys) {
        self.0.entry(thing).or_default().extend(keys);
    }

    /// What is said about a thing; `None` where it is not there.
    pub fn keys(&self, thing: &Thing) -> Option<&Keys> {
        self.0.get(thing)
    }

    /// A number that is said about a thing.
    pub fn number(&self, thing: &Thing, key: &str) -> Option<u64> {
        self.keys(thing)?.get(key)?.shown()?.parse().ok()
    }

    /// Everything of both.
    pub fn with(mut self, other: Self) -> Self {
        other.0.into_iter().for_each(|(thing, keys)| self.say_all(thing, keys));
        self
    }

    /// What is said, for those who may see it.
    pub fn items(&self) -> Vec<Item> {
        self.0.iter().map(|(thing, keys)| thing.item(keys)).collect()
    }

    /// What is different in `next`.
    pub fn changes(&self, next: &Self) -> Vec<ItemChange> {
        let things: BTreeSet<&Thing> = self.0.keys().chain(next.0.keys()).collect();
        things
            .into_iter()
            .filter_map(|thing| thing.change(self.keys(thing), next.keys(thing)))
            .collect()
    }
}

impl Thing {
    fn item(&self, keys: &Keys) -> Item {
        let shown = keys.iter().filter_map(|(key, value)| Some((key.clone(), value.shown()?)));
        Item { kind: self.kind.to_string(), name: self.name.clone(), keys: shown.collect() }
    }

    fn change(&self, before: Option<&Keys>, next: Option<&Keys>) -> Option<ItemChange> {
        let what = match (before, next) {
            (Some(before), Some(next)) if before == next => return None,
            (Some(_), Some(_)) => "changed",
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (None, None) => return None,
        };
        let none = Keys::new();
        let (before, next) = (before.unwrap_or(&none), next.unwrap_or(&none));
        let keys: BTreeSet<&String> = before.keys().chain(next.keys()).collect();
        let differing = keys.into_iter().filter(|key| before.get(*key) != next.get(*key));
        let keys = differing.filter_map(|key| key_change(key, before.get(key), next.get(key)));
        Some(ItemChange {
            kind: self.kind.to_string(),
            name: self.name.clone(),
            change: what.to_owned(),
            keys: keys.collect(),
        })
    }
}

/// How the value of a key changes. What is hidden comes and goes with the key that names its place,
/// so that only a change of its own is told.
fn key_change(key: &str, before: Option<&Value>, next: Option<&Value>) -> Option<KeyChange> {
    let is_hidden = |value: Option<&Value>| matches!(value, Some(Value::Hidden(_)));
    if is_hidden(before) || is_hidden(next) {
        return (is_hidden(before) && is_hidden(next)).then(|| KeyChange {
            key: key.to_owned(),
            from: None,
            to: None,
        });
    }
    let shown = |value: Option<&Value>| value.and_then(Value::shown);
    Some(KeyChange { key: key.to_owned(), from: shown(before), to: shown(next) })
}

impl Value {
    fn shown(&self) -> Option<String> {
        match self {
            Self::Shown(text) => Some(text.clone()),
            Self::Hidden(_) => None,
        }
    }
}

impl<T: fmt::Display> From<T> for Value {
    fn from(value: T) -> Self {
        Self::Shown(value.to_string())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Tls => "tls",
            Self::Verification => "verification",
            Self::Internal => "internal",
            Self::Mailbox => "mailbox",
            Self::Outgoing => "outgoing",
            Self::Application => "application",
            Self::Queue => "queue",
            Self::Agent => "agent",
            Self::Team => "team",
            Self::Skill => "skill",
            Self::Disposition => "disposition",
            Self::Schedule => "schedule",
        })
    }
}

#[cfg(test)]
mod tests;
