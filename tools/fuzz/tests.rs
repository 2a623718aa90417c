//! The targets over their seeds, and over everything that once broke them.

use std::fs;
use std::path::{Path, PathBuf};

/// Runs a target over every file of its own folders, and of `more`, a folder below the root.
fn replay(name: &str, target: fn(&[u8]), more: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        root.join("seeds").join(name),
        root.join("crashes").join(name),
        root.join("../..").join(more),
    ];
    let mut count = 0;
    for file in folders.iter().flat_map(|folder| files(folder)) {
        let input = fs::read(&file).unwrap();
        eprintln!("{}", file.display());
        target(&input);
        count += 1;
    }
    assert!(count > 0, "{name} has no seeds");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).collect()
}

const MAILS: &str = "src/mail/fixtures";

#[test]
fn addresses() {
    replay("addresses", crate::addresses, MAILS);
}

#[test]
fn authentication() {
    replay("authentication", crate::authentication, MAILS);
}

#[test]
fn bounces() {
    replay("bounces", crate::bounces, MAILS);
}

#[test]
fn events() {
    replay("events", crate::events, "src/event/golden");
}

#[test]
fn imap() {
    replay("imap", crate::imap, "");
}

#[test]
fn mime() {
    replay("mime", crate::mime, MAILS);
}

#[test]
fn pop3() {
    replay("pop3", crate::pop3, "");
}

#[test]
fn quotes() {
    replay("quotes", crate::quotes, MAILS);
}

#[test]
fn tokens() {
    replay("tokens", crate::tokens, "");
}
