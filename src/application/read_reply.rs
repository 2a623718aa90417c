//! Reads automatic answers and their texts, which may be by language.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use crate::part::Part;
use crate::reading::Entry;
use crate::surroundings::Mention;
use crate::{ActionKind, Localised, Reply, Template, operand};

/// The subject of an automatic answer where the application names none (RFC 3834 section 3.1.5).
const REPLY_SUBJECT_DEFAULT: &str = "Auto: {{ subject }}";

pub(crate) fn compose_reply(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let language = default_language(part);
    let subject = match part.get("subject") {
        Some(entry) => localised(part, "subject", entry, language.as_deref()),
        None => part
            .ok("subject", &part.place.clone(), Template::parse(REPLY_SUBJECT_DEFAULT))
            .map(|default| Localised { default, by_language: BTreeMap::new() }),
    };
    let text =
        part.need("text").and_then(|entry| localised(part, "text", entry, language.as_deref()));
    let html = part.get("html").map(|entry| localised(part, "html", entry, language.as_deref()));
    let attachments = attachments(part);
    let html = match html {
        Some(html) => Some(html?),
        None => None,
    };
    let reply = Reply { subject: subject?, text: text?, html, attachments: attachments? };
    missing_languages(part, &reply);
    Some(ActionKind::ComposeReply(Box::new(reply)))
}

/// The language for customers whose own is not among the texts.
fn default_language(part: &mut Part<'_, '_>) -> Option<String> {
    let entry = part.get("default_language")?;
    let text = part.text("default_language", entry)?;
    let language = part.ok("default_language", &entry.span(), operand::language(text))?;
    let is_table = |key| part.get(key).is_some_and(|entry| entry.get_ref().is_table());
    if !["subject", "text", "html"].into_iter().any(is_table) {
        let message = "`default_language` decides nothing: no text is by language";
        let hint = format!("give texts by language, as in `text.{text} = \"...\"`, or take it out");
        part.reading.remark(&entry.span(), message, Some(hint));
    }
    Some(language)
}

/// A text, or a table of one for each language.
fn localised<'t>(
    part: &mut Part<'_, 't>,
    key: &str,
    entry: &'t Entry<'t>,
    default_language: Option<&str>,
) -> Option<Localised> {
    let Some(table) = entry.get_ref().as_table() else {
        let default = text(part, key, key, entry)?;
        return Some(Localised { default, by_language: BTreeMap::new() });
    };
    let by_language = by_language(part, key, table);
    let Some(default_language) = default_language else {
        if part.get("default_language").is_none() {
            let first = table.keys().next().map_or("en", |language| language.get_ref());
            let message = format!("`{key}` is by language, which needs `default_language`");
            let hint = format!("add `default_language = \"{first}\"`, or the one most understand");
            part.reading.refuse(&part.place, message, Some(hint));
        }
        return None;
    };
    let default = by_language.as_ref()?.get(default_language).cloned();
    if default.is_none() {
        let message = format!("`{key}` is missing in the default language");
        let hint = format!("add `{key}.{default_language} = \"...\"`");
        part.reading.refuse(&entry.span(), message, Some(hint));
    }
    Some(Localised { default: default?, by_language: by_language? })
}

fn by_language<'t>(
    part: &mut Part<'_, 't>,
    key: &str,
    table: &'t DeTable<'t>,
) -> Option<BTreeMap<String, Template>> {
    let mut by_language = Some(BTreeMap::new());
    for (language, entry) in table {
        let name = format!("{key}.{}", language.get_ref());
        let tag = part.ok(&name, &language.span(), operand::language(language.get_ref()));
        let template = text(part, key, &name, entry);
        match (&mut by_language, tag, template) {
            (Some(by_language), Some(tag), Some(template)) => {
                if by_language.insert(tag, template).is_some() {
                    let message = format!("`{name}` is there twice, in other letters");
                    part.reading.refuse(&language.span(), message, None);
                }
            }
            _ => by_language = None,
        }
    }
    by_language
}

/// The template under a name that belongs to a key.
fn text<'t>(
    part: &mut Part<'_, 't>,
    key: &str,
    name: &str,
    entry: &'t Entry<'t>,
) -> Option<Template> {
    let text = part.text(name, entry)?;
    let read = if key == "html" { Template::parse_html } else { Template::parse };
    part.read_template(name, entry, read(text))
}

fn attachments(part: &mut Part<'_, '_>) -> Option<Vec<String>> {
    let Some(entry) = part.get("attachments") else { return Some(Vec::new()) };
    let names = part.texts("attachments", entry)?.into_iter().map(|(name, at)| {
        part.ok("attachments", &at, file_name(name))?;
        part.reading.mention(&at, Mention::File(name.to_owned()));
        Some(name.to_owned())
    });
    names.collect()
}

/// Warns of a language that some texts are in and others are not: customers would get both.
fn missing_languages(part: &mut Part<'_, '_>, reply: &Reply) {
    let texts = [
        ("subject", Some(&reply.subject)),
        ("text", Some(&reply.text)),
        ("html", reply.html.as_ref()),
    ];
    let texts = || {
        let there = texts.iter().filter_map(|(key, text)| Some((*key, &(*text)?.by_language)));
        there.filter(|(_, by_language)| !by_language.is_empty())
    };
    let all: BTreeSet<&String> = texts().flat_map(|(_, by_language)| by_language.keys()).collect();
    for (key, by_language) in texts() {
        let Some(entry) = part.get(key) else { continue };
        for language in all.iter().filter(|language| !by_language.contains_key(**language)) {
            let message = format!("`{key}` is not there in `{language}`, unlike other texts");
            let hint = format!("add `{key}.{language} = \"...\"`");
            part.reading.warn(&entry.span(), message, Some(hint));
        }
    }
}

/// A plain name of a file, which leads to no other folder.
fn file_name(name: &str) -> Result<(), String> {
    let leads_away = name.contains(['/', '\\']) || name.contains(char::is_control);
    if name.is_empty() || name.starts_with('.') || leads_away {
        let wanted = "the name of a file beside the application file, without a folder";
        return Err(format!("`{name}` must be {wanted}"));
    }
    Ok(())
}
