//! Reads the table of `check e-mail`.

use std::collections::BTreeMap;

use event::ExitName;
use toml::de::{DeTable, DeValue};

use crate::form::Takes;
use crate::forms;
use crate::nearest::did_you_mean;
use crate::part::{Part, integer};
use crate::reading::{Entry, Place};
use crate::{ActionKind, Condition, Row, Table};

/// What a check must have one of.
pub(crate) const ROW_OR_FIELD: &[&str] = &[
    "row",
    "subject",
    "body",
    "header",
    "attachment",
    "sender",
    "recipient",
    "size",
    "language",
    "automatic",
    "dmarc",
    "dkim",
    "spf",
];

/// The exit of the row that stands in the action itself.
const MATCH: &str = "match";

/// The operator of a condition that names none.
const IS: &str = "is";

pub(crate) fn check_email(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let own = conditions(part, part.table);
    let rows = match part.get("row") {
        None => {
            let own = own?;
            if own.is_empty() {
                let hint = "add `[[action.NAME.row]]` with what must hold, such as \
                            `subject = { contains = \"invoice\" }`, and `to = \"...\"`"
                    .to_owned();
                let message = "\"check e-mail\" has no condition";
                part.reading.refuse(&part.place, message, Some(hint));
                return None;
            }
            vec![Row { exit: ExitName::new(MATCH).ok()?, conditions: own }]
        }
        Some(entry) => {
            let rows = rows(part, entry);
            if own.is_none_or(|own| !own.is_empty()) {
                let message = "conditions stand both in the action and in rows";
                let hint = "put them all into rows".to_owned();
                part.reading.refuse(&entry.span(), message, Some(hint));
                return None;
            }
            rows?
        }
    };
    Some(ActionKind::CheckEmail(Table { rows }))
}

/// The exits of the rows and where they lead, whether or not their conditions can be read.
pub(crate) fn row_exits<'t>(table: &'t DeTable<'t>) -> Vec<(String, Option<&'t Entry<'t>>)> {
    match table.get("row").and_then(|rows| rows.get_ref().as_array()) {
        None => vec![(MATCH.to_owned(), None)],
        Some(rows) => {
            let rows = rows.iter().zip(1..).filter_map(|(row, number)| {
                let row = row.get_ref().as_table()?;
                let name = row.get("name").and_then(|name| name.get_ref().as_str());
                let name = name.map_or_else(|| format!("row {number}"), str::to_owned);
                Some((name, row.get("to")))
            });
            rows.collect()
        }
    }
}

fn rows<'t>(part: &mut Part<'_, 't>, entry: &'t Entry<'t>) -> Option<Vec<Row>> {
    let list = part.list("row", entry)?;
    let mut seen: BTreeMap<ExitName, usize> = BTreeMap::new();
    let rows: Vec<Option<Row>> = list
        .iter()
        .zip(1..)
        .map(|(entry, number)| {
            let row = row(part, entry, number)?;
            if let Some(earlier) = seen.insert(row.exit.clone(), number) {
                let message =
                    format!("rows {earlier} and {number} have the same name, `{}`", row.exit);
                part.reading.refuse(&entry.span(), message, None);
            }
            Some(row)
        })
        .collect();
    if rows.is_empty() {
        part.reading.refuse(&entry.span(), "`row` is empty: it needs at least one row", None);
        return None;
    }
    rows.into_iter().collect()
}

fn row<'t>(part: &mut Part<'_, 't>, entry: &'t Entry<'t>, number: usize) -> Option<Row> {
    let table = part.table("row", entry)?;
    let exit = row_name(part, table, number);
    unknown_keys(part, table);
    let conditions = conditions(part, table)?;
    if conditions.is_empty() {
        let hint = "mail that no row fits leaves by `otherwise`".to_owned();
        part.reading.refuse(&entry.span(), format!("row {number} has no condition"), Some(hint));
        return None;
    }
    Some(Row { exit: exit?, conditions })
}

fn row_name<'t>(
    part: &mut Part<'_, 't>,
    table: &'t DeTable<'t>,
    number: usize,
) -> Option<ExitName> {
    let Some(entry) = table.get("name") else { return ExitName::new(format!("row {number}")).ok() };
    let name = part.text("name", entry)?;
    if forms::CHECK_EMAIL.exits.iter().any(|(exit, _)| *exit == name) {
        let message =
            format!("a row cannot have the name `{name}`: every check has an exit of that name");
        part.reading.refuse(&entry.span(), message, None);
        return None;
    }
    part.ok("name", &entry.span(), name.parse())
}

/// The conditions that stand in an action or a row; `None` where one cannot be read.
fn conditions<'t>(part: &mut Part<'_, 't>, table: &'t DeTable<'t>) -> Option<Vec<Condition>> {
    let mut all = Some(Vec::new());
    for (key, entry) in table {
        let found = match forms::CHECK_EMAIL.key(key.get_ref()).map(|key| &key.takes) {
            Some(Takes::Condition(_)) => one_field(part, key.get_ref(), entry),
            Some(Takes::Headers(_)) => headers(part, entry),
            Some(_) | None => continue,
        };
        match (&mut all, found) {
            (Some(all), Some(found)) => all.extend(found),
            (all, None) => *all = None,
            (None, Some(_)) => {}
        }
    }
    all
}

fn headers<'t>(part: &mut Part<'_, 't>, entry: &'t Entry<'t>) -> Option<Vec<Condition>> {
    let table = part.table("header", entry)?;
    let fields: Option<Vec<Vec<Condition>>> = table
        .iter()
        .map(|(name, entry)| one_field(part, &format!("header:{}", name.get_ref()), entry))
        .collect();
    Some(fields?.into_iter().flatten().collect())
}

/// What must hold of one part of the mail: `{ contains = "x" }`, or a bare value for `is`.
fn one_field<'t>(
    part: &mut Part<'_, 't>,
    field: &str,
    entry: &'t Entry<'t>,
) -> Option<Vec<Condition>> {
    match entry.get_ref() {
        DeValue::Table(table) => {
            if table.is_empty() {
                let hint = "such as `{ contains = \"...\" }`".to_owned();
                part.reading.refuse(
                    &entry.span(),
                    format!("`{field}` says nothing that must hold"),
                    Some(hint),
                );
                return None;
            }
            let conditions = table.iter().map(|(operator, operand)| {
                condition(part, field, operator.get_ref(), operand, &operator.span())
            });
            conditions.collect()
        }
        _ => Some(vec![condition(part, field, IS, entry, &entry.span())?]),
    }
}

fn condition(
    part: &mut Part<'_, '_>,
    field: &str,
    operator: &str,
    operand: &Entry<'_>,
    at: &Place,
) -> Option<Condition> {
    if operand.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        part.reading.refuse(at, format!("`{field}` has an empty list, which nothing fits"), None);
        return None;
    }
    let Some(operand) = plain(operand.get_ref()) else {
        part.reading.refuse(at, format!("`{field}` has a number that is too large"), None);
        return None;
    };
    part.ok(field, at, Condition::parse(field, operator, &operand))
}

fn unknown_keys(part: &mut Part<'_, '_>, table: &DeTable<'_>) {
    let allowed = || {
        let fields = forms::CHECK_EMAIL.keys.iter().filter(|key| key.name != "row");
        ["name", "to"].into_iter().chain(fields.map(|key| key.name))
    };
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if !allowed().any(|allowed| allowed == name) {
            let list: Vec<&str> = allowed().collect();
            let message = format!("`{name}` means nothing to a row; allowed: {}", list.join(", "));
            part.reading.remark(&key.span(), message, did_you_mean(name, allowed()));
        }
    }
}

/// The value without where it stands; a number that is too great for its type is none.
fn plain(value: &DeValue<'_>) -> Option<toml::Value> {
    Some(match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(_) => toml::Value::Integer(integer(value)?),
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().ok()?),
        DeValue::Boolean(is_true) => toml::Value::Boolean(*is_true),
        DeValue::Datetime(date) => toml::Value::Datetime(*date),
        DeValue::Array(list) => {
            let list: Option<_> = list.iter().map(|entry| plain(entry.get_ref())).collect();
            toml::Value::Array(list?)
        }
        DeValue::Table(table) => {
            let pairs = table
                .iter()
                .map(|(key, entry)| Some((key.get_ref().to_string(), plain(entry.get_ref())?)));
            toml::Value::Table(pairs.collect::<Option<_>>()?)
        }
    })
}
