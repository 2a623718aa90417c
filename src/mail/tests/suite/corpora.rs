//! Real mail from a folder named by `POSTBOOK_CORPORA`; without it there is nothing to do.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::oracle;

fn mails(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            mails(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
}

#[test]
fn real_mail_is_read_and_composed() {
    let Some(folder) = std::env::var_os("POSTBOOK_CORPORA") else {
        println!("skipped: POSTBOOK_CORPORA names no folder of .eml files");
        return;
    };
    let mut paths = Vec::new();
    mails(Path::new(&folder), &mut paths);
    assert!(!paths.is_empty(), "{folder:?} holds no .eml file");
    let (mut bytes, mut quarantined, mut repaired) = (0, 0, 0);
    let (mut slowest, mut total) = ((Duration::ZERO, PathBuf::new()), Duration::ZERO);
    for path in &paths {
        let raw = std::fs::read(path).unwrap();
        bytes += raw.len();
        let start = Instant::now();
        let parsed = mail::parse(&raw);
        let print = mail::fingerprint(&raw);
        let composed = [oracle::agent_copy(&raw, false), oracle::relay(&raw)];
        let taken = start.elapsed();
        total += taken;
        if taken > slowest.0 {
            slowest = (taken, path.clone());
        }
        assert_ne!(parsed, Err(event::QuarantineReason::ParserFailed), "{path:?}");
        quarantined += usize::from(parsed.is_err());
        let crlf = oracle::with_crlf(&raw);
        assert_eq!(mail::fingerprint(&crlf), print, "{path:?}");
        for mail in &composed {
            assert!(!oracle::has_bare_ending(mail), "{path:?}");
            assert!(crlf.ends_with(oracle::body(mail)), "{path:?}");
        }
        // A header that ends without a blank line, or no header at all.
        if oracle::body(&composed[0]) != oracle::body(&crlf) {
            repaired += 1;
            println!("body begins elsewhere than after the first blank line: {path:?}");
        }
    }
    println!(
        "{} mails, {bytes} bytes, {total:?} in all, slowest {:?} ({:?}); {quarantined} \
         quarantined, {repaired} with a damaged header",
        paths.len(),
        slowest.0,
        slowest.1.file_name().unwrap_or_default(),
    );
}

#[test]
fn real_bounces_are_read() {
    let Some(folder) = std::env::var_os("POSTBOOK_CORPORA") else {
        println!("skipped: POSTBOOK_CORPORA names no folder of .eml files");
        return;
    };
    let mut paths = Vec::new();
    mails(Path::new(&folder), &mut paths);
    let (mut told, mut read, mut named, mut identified) = (0, 0, 0, 0);
    for path in &paths {
        let raw = std::fs::read(path).unwrap();
        let kind = mail::parse(&raw).ok().and_then(|parsed| parsed.automatic);
        let bounce = mail::bounce(&raw);
        println!("{kind:?} {} {path:?}", if bounce.is_some() { "read" } else { "not read" });
        told += usize::from(kind == Some(event::AutomaticKind::Bounce));
        if let Some(bounce) = bounce {
            read += 1;
            named += usize::from(bounce.recipients.iter().any(|one| one.address.is_some()));
            identified += usize::from(bounce.original_message_id.is_some());
        }
    }
    println!(
        "{} mails: {told} told to be bounces, {read} read, {named} with a recipient, {identified} \
         with a Message-ID",
        paths.len(),
    );
}
