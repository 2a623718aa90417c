//! Reads an application file.

use std::collections::{BTreeMap, BTreeSet};

use event::{ActionName, QueueName, SkillName};
use toml::Spanned;
use toml::de::{DeString, DeTable};

use crate::draft::{Draft, DraftAction, Lead};
use crate::form::Form;
use crate::forms;
use crate::nearest::did_you_mean;
use crate::part::Part;
use crate::read_table::row_exits;
use crate::reading::{Entry, Place, Reading};
use crate::{ActionKind, Application, ApplicationError};

impl Application {
    /// Reads an application file, as far as it must be right to be run; every problem is told at
    /// once. Files from old logs can be read, although `check` asks for more by now.
    pub fn parse(text: &str) -> Result<Self, ApplicationError> {
        let (draft, mut reading) = read(text);
        match draft.application() {
            Some(application) if reading.refused.is_empty() => Ok(application),
            Some(_) | None => {
                reading.refused.sort_by_key(|problem| problem.line);
                Err(ApplicationError { problems: reading.refused })
            }
        }
    }

    /// The queues it sends contacts to.
    pub fn queues(&self) -> BTreeSet<&QueueName> {
        let queues = self.actions.values().filter_map(|action| match &action.kind {
            ActionKind::Queue { queue, .. } => Some(queue),
            _ => None,
        });
        queues.collect()
    }

    /// The skills that its queues need of agents.
    pub fn skills(&self) -> BTreeSet<&SkillName> {
        let skills = self.actions.values().flat_map(|action| match &action.kind {
            ActionKind::Queue { skills, .. } => skills.as_slice(),
            _ => &[],
        });
        skills.map(|need| &need.skill).collect()
    }

    /// The files that go with its answers; they lie beside the application file.
    pub fn files(&self) -> BTreeSet<&str> {
        let files = self.actions.values().flat_map(|action| match &action.kind {
            ActionKind::ComposeReply(reply) => reply.attachments.as_slice(),
            _ => &[],
        });
        files.map(String::as_str).collect()
    }
}

/// What can be read of a file, and what is wrong with it.
pub(crate) fn read(text: &str) -> (Draft, Reading) {
    let mut reading = Reading::new(text);
    let (file, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        reading.refuse(&error.span().unwrap_or_default(), error.message(), None);
    }
    if !errors.is_empty() {
        // What is left of a broken file would give problems that nobody has.
        return (Draft::default(), reading);
    }
    let draft = draft(file.get_ref(), &mut reading);
    (draft, reading)
}

fn draft(file: &DeTable<'_>, reading: &mut Reading) -> Draft {
    for key in file.keys() {
        let name = key.get_ref().as_ref();
        if !matches!(name, "start" | "action") {
            let message = format!("`{name}` means nothing to a file; allowed: start, action");
            reading.remark(&key.span(), message, did_you_mean(name, ["start", "action"]));
        }
    }
    let none = DeTable::new();
    let tables = match file.get("action").map(|entry| (entry, entry.get_ref().as_table())) {
        Some((_, Some(tables))) => tables,
        found => {
            let at = found.map(|(entry, _)| entry.span()).unwrap_or_default();
            let hint =
                "add the first one: `[action.arrival]`, `do = \"wait for e-mail\"`".to_owned();
            reading.refuse(&at, "there is no action", Some(hint));
            &none
        }
    };
    let mut actions = BTreeMap::new();
    for (key, entry) in tables {
        let name = action_name(reading, &key.span(), key.get_ref());
        let action = action(reading, key, entry);
        if let (Some(name), Some(action)) = (name, action) {
            actions.insert(name, action);
        }
    }
    Draft { start: start(file, tables, reading), actions }
}

fn action_name(reading: &mut Reading, at: &Place, name: &str) -> Option<ActionName> {
    ActionName::new(name).map_err(|error| reading.refuse(at, error.to_string(), None)).ok()
}

fn start(file: &DeTable<'_>, actions: &DeTable<'_>, reading: &mut Reading) -> Option<ActionName> {
    let names = || actions.keys().map(|key| key.get_ref().as_ref());
    let Some(entry) = file.get("start") else {
        let example = names().next().unwrap_or("arrival");
        let hint = format!(
            "add `start = \"{example}\"` as the first line, with the name of the first action"
        );
        reading.refuse(&Place::default(), "the file does not say where it begins", Some(hint));
        return None;
    };
    let Some(name) = entry.get_ref().as_str() else {
        reading.refuse(&entry.span(), "`start` must be the name of an action, in quotes", None);
        return None;
    };
    let start = action_name(reading, &entry.span(), name)?;
    if !actions.contains_key(name) {
        let message = format!("there is no action `{name}` to begin with");
        reading.refuse(&entry.span(), message, did_you_mean(name, names()));
    }
    Some(start)
}

fn action<'t>(
    reading: &mut Reading,
    key: &Spanned<DeString<'_>>,
    entry: &'t Entry<'t>,
) -> Option<DraftAction> {
    let Some(table) = entry.get_ref().as_table() else {
        reading.refuse(&key.span(), format!("action `{}` must be a table", key.get_ref()), None);
        return None;
    };
    let line = reading.line(&key.span());
    let form = form(reading, key, table);
    let kind = form.as_ref().and_then(|(form, place)| {
        unknown_keys(reading, form, table);
        (form.read)(&mut Part { reading, form, table, place: place.clone() })
    });
    let form = form.map(|(form, _)| form);
    let rows = if form.is_some_and(|form| form.does == forms::CHECK_EMAIL.does) {
        row_exits(table)
    } else {
        Vec::new()
    };
    let mut leads = BTreeMap::new();
    for (exit, to) in &rows {
        if let Some(lead) = to.and_then(|to| lead(reading, "to", to)) {
            leads.insert(exit.clone(), lead);
        }
    }
    exit_table(reading, table, &mut leads);
    let exits = form.map(|form| {
        let rows = rows.into_iter().map(|(exit, _)| exit);
        rows.chain(form.exits.iter().map(|(exit, _)| (*exit).to_owned())).collect()
    });
    let then = table.get("then").and_then(|to| lead(reading, "then", to));
    Some(DraftAction { line, kind, exits, leads, then })
}

/// What the action does, and where it says so.
fn form(
    reading: &mut Reading,
    key: &Spanned<DeString<'_>>,
    table: &DeTable<'_>,
) -> Option<(&'static Form, Place)> {
    let allowed = || forms::ALL.into_iter().map(|form| form.does);
    let list = || allowed().map(|does| format!("\"{does}\"")).collect::<Vec<_>>().join(", ");
    let Some(entry) = table.get("do") else {
        let message = format!("action `{}` does not say what it does", key.get_ref());
        reading.refuse(&key.span(), message, Some(format!("add `do = ...`, one of: {}", list())));
        return None;
    };
    let Some(does) = entry.get_ref().as_str() else {
        reading.refuse(&entry.span(), format!("`do` must be one of: {}", list()), None);
        return None;
    };
    let form = Form::of(does);
    if form.is_none() {
        let message = format!("`{does}` is no action; allowed: {}", list());
        reading.refuse(&entry.span(), message, did_you_mean(does, allowed()));
    }
    Some((form?, entry.span()))
}

fn unknown_keys(reading: &mut Reading, form: &Form, table: &DeTable<'_>) {
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if !form.allowed().any(|allowed| allowed == name) {
            let allowed: Vec<&str> = form.allowed().collect();
            let message = format!(
                "`{name}` means nothing to \"{}\"; allowed: {}",
                form.does,
                allowed.join(", ")
            );
            reading.remark(&key.span(), message, did_you_mean(name, form.allowed()));
        }
    }
}

fn exit_table(reading: &mut Reading, table: &DeTable<'_>, leads: &mut BTreeMap<String, Lead>) {
    let Some(entry) = table.get("exit") else { return };
    let Some(exits) = entry.get_ref().as_table() else {
        let hint =
            "write `exit.NAME = \"...\"` for one exit, or `then = \"...\"` for all".to_owned();
        reading.refuse(&entry.span(), "`exit` does not say which exit leads there", Some(hint));
        return;
    };
    for (exit, to) in exits {
        let name = format!("exit.{}", exit.get_ref());
        let Some(lead) = lead(reading, &name, to) else { continue };
        if leads.insert(exit.get_ref().to_string(), lead).is_some() {
            let message = format!(
                "exit `{}` leads to one action here and to one by `to` in its row",
                exit.get_ref()
            );
            reading.remark(&exit.span(), message, Some("keep one of them".to_owned()));
        }
    }
}

fn lead(reading: &mut Reading, key: &str, to: &Entry<'_>) -> Option<Lead> {
    let Some(name) = to.get_ref().as_str() else {
        reading.refuse(
            &to.span(),
            format!("`{key}` must be the name of an action, in quotes"),
            None,
        );
        return None;
    };
    let line = reading.line(&to.span());
    Some(Lead { line, to: action_name(reading, &to.span(), name)? })
}
