//! The difference between two versions of an application file, as people read it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use event::ActionName;
use toml::{Table, Value};

use crate::draft::{Draft, DraftAction};
use crate::read::read;
use crate::shorten::shorten;

/// One thing that is different in the newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It begins with another action.
    Start {
        /// The earlier one.
        from: ActionName,
        /// The one it is now.
        to: ActionName,
    },
    /// An action is new.
    Added {
        /// Its name.
        action: ActionName,
        /// The word of its `do`.
        does: String,
    },
    /// An action is gone.
    Removed {
        /// Its name.
        action: ActionName,
        /// The word of its `do`.
        does: String,
    },
    /// A value of an action is another one.
    Value {
        /// The action.
        action: ActionName,
        /// The key, such as `priority`, `text.fr` or `row invoice`.
        key: String,
        /// What it was, as TOML; `None` where the key is new.
        from: Option<String>,
        /// What it is; `None` where the key is gone.
        to: Option<String>,
    },
    /// The rows of a table are in another order.
    RowOrder {
        /// The action.
        action: ActionName,
    },
    /// An exit leads elsewhere.
    Exit {
        /// The action.
        action: ActionName,
        /// The exit.
        exit: String,
        /// Where it led; `None` where that was nowhere.
        from: Option<ActionName>,
        /// Where it leads.
        to: Option<ActionName>,
    },
}

/// What is different between two texts of an application: first where it begins, then by action in
/// the order of their names. A text that cannot be read at all counts as an empty one.
pub fn diff(old: &str, new: &str) -> Vec<Change> {
    let (old, new) = (Version::new(old), Version::new(new));
    let mut changes = Vec::new();
    if let (Some(from), Some(to)) = (&old.draft.start, &new.draft.start)
        && from != to
    {
        changes.push(Change::Start { from: from.clone(), to: to.clone() });
    }
    let names: BTreeSet<&ActionName> =
        old.draft.actions.keys().chain(new.draft.actions.keys()).collect();
    for name in names {
        match (old.action(name), new.action(name)) {
            (None, Some((_, table))) => {
                changes.push(Change::Added { action: name.clone(), does: does(table) });
            }
            (Some((_, table)), None) => {
                changes.push(Change::Removed { action: name.clone(), does: does(table) });
            }
            (Some(old), Some(new)) => compare(name, old, new, &mut changes),
            (None, None) => {}
        }
    }
    changes
}

struct Version {
    draft: Draft,
    tables: Table,
}

impl Version {
    fn new(text: &str) -> Self {
        let file = text.parse::<Table>().unwrap_or_default();
        let tables = file.get("action").and_then(Value::as_table).cloned().unwrap_or_default();
        Self { draft: read(text).0, tables }
    }

    fn action(&self, name: &ActionName) -> Option<(&DraftAction, &Table)> {
        let table = self.tables.get(name.as_str()).and_then(Value::as_table)?;
        Some((self.draft.actions.get(name)?, table))
    }
}

fn does(table: &Table) -> String {
    table.get("do").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn compare(
    name: &ActionName,
    (old, old_table): (&DraftAction, &Table),
    (new, new_table): (&DraftAction, &Table),
    changes: &mut Vec<Change>,
) {
    let (old_values, new_values) = (values(old_table), values(new_table));
    for key in union(&old_values, &new_values) {
        let (from, to) = (old_values.get(key), new_values.get(key));
        if from != to {
            let shown = |value: Option<&Value>| value.map(shown);
            changes.push(Change::Value {
                action: name.clone(),
                key: key.clone(),
                from: shown(from),
                to: shown(to),
            });
        }
    }
    let (old_rows, new_rows) = (rows(old_table), rows(new_table));
    let kept = |rows: &[(String, Value)], others: &[(String, Value)]| -> Vec<String> {
        let kept = rows.iter().filter(|(row, _)| others.iter().any(|(other, _)| other == row));
        kept.map(|(row, _)| row.clone()).collect()
    };
    if kept(&old_rows, &new_rows) != kept(&new_rows, &old_rows) {
        changes.push(Change::RowOrder { action: name.clone() });
    }
    let exits = |action: &DraftAction| -> BTreeMap<String, ActionName> {
        action.edges().map(|(exit, lead)| (exit.to_owned(), lead.to.clone())).collect()
    };
    let (old_exits, new_exits) = (exits(old), exits(new));
    for exit in union(&old_exits, &new_exits) {
        let (from, to) = (old_exits.get(exit).cloned(), new_exits.get(exit).cloned());
        if from != to {
            changes.push(Change::Exit { action: name.clone(), exit: exit.clone(), from, to });
        }
    }
}

fn union<'a, T>(
    one: &'a BTreeMap<String, T>,
    other: &'a BTreeMap<String, T>,
) -> BTreeSet<&'a String> {
    one.keys().chain(other.keys()).collect()
}

/// A value as TOML, a text over several lines as one in plain quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("\"{text}\""))
}

/// What an action says beside where its exits lead, by keys that people know it by.
fn values(table: &Table) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("exit" | "then" | "row", _) => {}
            (_, Value::Table(inner)) => {
                let inner =
                    inner.iter().map(|(name, value)| (format!("{key}.{name}"), value.clone()));
                values.extend(inner);
            }
            (_, value) => {
                values.insert(key.clone(), value.clone());
            }
        }
    }
    values.extend(rows(table).into_iter().map(|(row, value)| (format!("row {row}"), value)));
    values
}

/// The rows of a table by their names or their numbers, and their conditions.
fn rows(table: &Table) -> Vec<(String, Value)> {
    let rows = table.get("row").and_then(Value::as_array);
    let rows = rows.into_iter().flatten().zip(1..).filter_map(|(row, number)| {
        let mut conditions = row.as_table()?.clone();
        conditions.remove("to");
        let name = conditions.remove("name");
        let name = name.and_then(|name| name.as_str().map(str::to_owned));
        Some((name.unwrap_or_else(|| number.to_string()), Value::Table(conditions)))
    });
    rows.collect()
}

/// So much of a value is shown.
const VALUE_MAX: usize = 60;

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { from, to } => {
                write!(f, "it begins with `{to}`, and no longer with `{from}`")
            }
            Self::Added { action, does } => write!(f, "`{action}` is new: {does}"),
            Self::Removed { action, does } => write!(f, "`{action}` is gone: {does}"),
            Self::Value { action, key, from, to } => {
                let short = |value: &str| shorten(value, VALUE_MAX);
                write!(f, "`{action}`: `{key}` ")?;
                match (from.as_deref().map(short), to.as_deref().map(short)) {
                    (Some(from), Some(to)) => write!(f, "is {to}, and was {from}"),
                    (None, Some(to)) => write!(f, "is new: {to}"),
                    (Some(from), None) => write!(f, "is gone: {from}"),
                    (None, None) => write!(f, "is the same"),
                }
            }
            Self::RowOrder { action } => write!(f, "`{action}`: the rows are in another order"),
            Self::Exit { action, exit, from, to } => {
                write!(f, "`{action}`: exit `{exit}` ")?;
                match (from, to) {
                    (Some(from), Some(to)) => {
                        write!(f, "leads to `{to}`, and no longer to `{from}`")
                    }
                    (None, Some(to)) => write!(f, "leads to `{to}`"),
                    (Some(from), None) => write!(f, "no longer leads to `{from}`"),
                    (None, None) => write!(f, "leads nowhere"),
                }
            }
        }
    }
}
