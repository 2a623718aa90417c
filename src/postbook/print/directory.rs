//! The directory, the settings, and what changes about them.

use http::answer::{Applied, DirectoryCompared, DirectoryShown, Item, ItemChange, KeyChange, Load};

use super::local;

pub(crate) fn applied(applied: &Applied) -> String {
    let mut text = changes(&applied.changes);
    if !text.is_empty() {
        text += "\n";
    }
    for note in &applied.notes {
        text += &format!("Note: {note}.\n");
    }
    for restart in &applied.restart {
        text += &format!("Not yet: {restart}.\n");
    }
    let (main, included) = match applied.files.split_first() {
        Some((main, included)) => (main.as_str(), included.len()),
        None => ("the configuration", 0),
    };
    let files = match included {
        0 => main.to_owned(),
        1 => format!("{main} and 1 file it includes"),
        several => format!("{main} and {several} files it includes"),
    };
    text + &match (applied.changes.len(), applied.dry_run) {
        (0, _) => format!("Nothing to change: {files} says what is in force already.\n"),
        (count, true) => format!("{} would come of {files}; nothing was changed.\n", times(count)),
        (count, false) => format!(
            "{} came of {files}, recorded as {} up to position {}.\n",
            times(count),
            if applied.events == 1 {
                "1 event".to_owned()
            } else {
                format!("{} events", applied.events)
            },
            applied.head
        ),
    }
}

pub(crate) fn directory(shown: &DirectoryShown) -> String {
    let mut text = format!("After event {}:\n", shown.as_of);
    text += &match &shown.directory {
        Some(load) => format!("the directory {}\n", loaded(load)),
        None => "no directory had been loaded\n".to_owned(),
    };
    text += &match &shown.settings {
        Some(load) => format!("the settings {}\n", loaded(load)),
        None => "no settings had been loaded\n".to_owned(),
    };
    shown.items.iter().fold(text, |text, item| text + "\n" + &self::item(item))
}

pub(crate) fn compared(compared: &DirectoryCompared) -> String {
    let mut text = format!("From event {} to event {}:\n", compared.from, compared.to);
    for load in &compared.loads {
        text += &format!("{}\n", loaded(load));
    }
    if compared.changes.is_empty() {
        return text + "nothing is different\n";
    }
    text + "\n" + &changes(&compared.changes)
}

fn times(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

fn loaded(load: &Load) -> String {
    let by = load.by.as_deref().unwrap_or("the server as it started");
    format!("loaded {} by {by} (event {})", local(&load.time), load.position)
}

fn item(item: &Item) -> String {
    let keys = item.keys.iter();
    let keys = keys.map(|(key, value)| format!("    {key} = {}\n", shown(Some(value))));
    thing(&item.kind, &item.name) + "\n" + &keys.collect::<String>()
}

fn thing(kind: &str, name: &str) -> String {
    if name.is_empty() { kind.to_owned() } else { format!("{kind} {name}") }
}

fn changes(changes: &[ItemChange]) -> String {
    let text = changes.iter().map(|change| {
        let sign = match change.change.as_str() {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        let keys = change.keys.iter().map(|key| self::key(&change.change, key));
        format!("{sign} {}\n{}", thing(&change.kind, &change.name), keys.collect::<String>())
    });
    text.collect()
}

fn shown(text: Option<&String>) -> &str {
    text.map(String::as_str).filter(|text| !text.is_empty()).unwrap_or("(none)")
}

fn key(change: &str, KeyChange { key, from, to }: &KeyChange) -> String {
    match (change, from.as_ref(), to.as_ref()) {
        (_, None, None) => format!("    {key}: another one, not shown\n"),
        ("added", _, to) => format!("    {key} = {}\n", shown(to)),
        ("removed", from, _) => format!("    {key} = {}\n", shown(from)),
        (_, from, to) => format!("    {key}: {} -> {}\n", shown(from), shown(to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(change: &str, keys: &[(&str, Option<&str>, Option<&str>)]) -> ItemChange {
        let key = |(key, from, to): &(&str, Option<&str>, Option<&str>)| KeyChange {
            key: (*key).to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        ItemChange {
            kind: "queue".to_owned(),
            name: "sales".to_owned(),
            change: change.to_owned(),
            keys: keys.iter().map(key).collect(),
        }
    }

    #[test]
    fn changes_are_told_by_thing_and_key() {
        let applied = |changes: Vec<ItemChange>, dry_run| {
            super::applied(&Applied {
                files: vec!["postbook.toml".to_owned(), "directory/a.toml".to_owned()],
                dry_run,
                changes,
                notes: vec!["agent 1001 is signed in".to_owned()],
                restart: vec!["`data` takes the next start".to_owned()],
                events: 1,
                head: 7,
            })
        };
        let changes = vec![
            change("added", &[("team", None, Some("Paris"))]),
            change("removed", &[("team", Some("Paris"), None)]),
            change(
                "changed",
                &[("a", Some("1"), Some("2")), ("b", Some(""), Some("3")), ("s", None, None)],
            ),
        ];
        let expected = "+ queue sales\n    team = Paris\n- queue sales\n    team = Paris\n\
                        ~ queue sales\n    a: 1 -> 2\n    b: (none) -> 3\n    s: another one, not shown\n\n\
                        Note: agent 1001 is signed in.\nNot yet: `data` takes the next start.\n\
                        3 changes came of postbook.toml and 1 file it includes, recorded as 1 event up to \
                        position 7.\n";
        assert_eq!(applied(changes, false), expected);
        let dry = applied(vec![change("removed", &[])], true);
        assert!(dry.ends_with("1 change would come of postbook.toml and 1 file it includes; nothing was changed.\n"), "{dry}");
        assert!(applied(Vec::new(), false).contains("Nothing to change"));
    }
}
