//! A folder of mails with what is expected of each beside it: `.expected` (as read), `.copy` (the
//! header of the agent's copy), `.relay` (the header of the relayed reply).
//!
//! A number at the beginning of a name is the number of the hard case it stands for. With
//! `POSTBOOK_UPDATE_FIXTURES` set the expectations are written instead of compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use event::Person;
use mail::TokenSearch;

use crate::oracle;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The mails of the folder by name.
pub(crate) fn mails() -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn person(person: &Person) -> String {
    match &person.name {
        Some(name) => format!("{name} <{}>", person.address),
        None => person.address.to_string(),
    }
}

fn bounced(bounce: &mail::Bounce) -> String {
    let status = bounce.status.as_deref().unwrap_or("no status");
    let id = bounce.original_message_id.as_deref().unwrap_or("an unknown mail");
    let recipients: Vec<&str> = bounce
        .recipients
        .iter()
        .map(|recipient| recipient.address.as_ref().map_or("nobody", event::Address::as_str))
        .collect();
    format!("{:?} {status} of {id} for {}", bounce.outcome, recipients.join(", "))
}

/// What is read in a mail, one line a fact; what is not there is left out.
fn rendered(raw: &[u8]) -> String {
    let parsed = match mail::parse(raw) {
        Ok(parsed) => parsed,
        Err(reason) => return format!("quarantined: {reason:?}\n"),
    };
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            writeln!(out, "{name}: {value}").unwrap();
        }
    };
    let list = |addresses: &[event::Address]| {
        let texts: Vec<&str> = addresses.iter().map(event::Address::as_str).collect();
        texts.join(", ")
    };
    line("from", parsed.from.as_ref().map(person).unwrap_or_default());
    line("reply-to", list(&parsed.reply_to));
    line("to", list(&parsed.to));
    line("cc", list(&parsed.cc));
    let own = |address: &event::Address| {
        [oracle::internal(), oracle::address("support@corp.test")].contains(address)
    };
    line("others", list(&mail::others(&parsed, &own, &[])));
    line("subject", parsed.subject.clone());
    line("message-id", parsed.message_id.clone().unwrap_or_default());
    line("in-reply-to", parsed.in_reply_to.join(", "));
    line("references", parsed.references.join(", "));
    line("date", parsed.date.map(|date| date.0.to_string()).unwrap_or_default());
    line("attachments", parsed.attachments.join(", "));
    line("automatic", parsed.automatic.map(|kind| format!("{kind:?}")).unwrap_or_default());
    line("seal", parsed.seal.map(|seal| format!("{seal:?}")).unwrap_or_default());
    line("language", parsed.language.clone().unwrap_or_default());
    line("bounce", mail::bounce(raw).map(|bounce| bounced(&bounce)).unwrap_or_default());
    match mail::find_token(&oracle::key(), &oracle::internal(), &parsed) {
        TokenSearch::None => {}
        TokenSearch::Forged => line("token", "forged".to_owned()),
        TokenSearch::Found { outgoing, purpose } => {
            line("token", format!("{purpose:?} {outgoing}"))
        }
    }
    if let Some((outgoing, purpose)) = mail::own_mail(&oracle::key(), &parsed) {
        line("own mail", format!("{purpose:?} {outgoing}"));
    }
    if !parsed.text.is_empty() {
        writeln!(out, "\n{}", parsed.text).unwrap();
    }
    out
}

#[track_caller]
fn check(name: &str, extension: &str, found: &str) {
    let path = folder().join(format!("{name}.{extension}"));
    if std::env::var_os("POSTBOOK_UPDATE_FIXTURES").is_some() {
        std::fs::write(path, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{name}.{extension}");
}

#[test]
fn mails_are_read_as_expected() {
    let mails = mails();
    assert!(!mails.is_empty());
    for (name, raw) in &mails {
        check(name, "expected", &rendered(raw));
    }
}

#[test]
fn headers_are_written_as_expected() {
    for (name, raw) in &mails() {
        let outputs = [
            ("copy", oracle::agent_copy(raw, false)),
            ("via", oracle::agent_copy(raw, true)),
            ("relay", oracle::relay(raw)),
        ];
        for (extension, composed) in outputs {
            if folder().join(format!("{name}.{extension}")).exists() {
                let header = oracle::header(&composed).replace("\r\n", "\n") + "\n";
                check(name, extension, &header);
            }
        }
    }
}

#[test]
fn bodies_are_kept_byte_for_byte() {
    for (name, raw) in &mails() {
        let expected = oracle::with_crlf(raw);
        for composed in [oracle::agent_copy(raw, false), oracle::relay(raw)] {
            assert!(!oracle::has_bare_ending(&composed), "{name}");
            let found = oracle::body(&composed);
            // Where the blank line is missing, the body begins at the first line that is no field.
            let is_whole = if name.starts_with("no-") {
                expected.ends_with(found) && !found.is_empty()
            } else {
                found == oracle::body(&expected)
            };
            assert!(is_whole, "{name}: {:?}", String::from_utf8_lossy(found));
        }
    }
}

#[test]
fn every_mail_has_its_own_fingerprint_however_it_is_fetched() {
    let mails = mails();
    let mut seen = BTreeMap::new();
    for (name, raw) in &mails {
        let print = mail::fingerprint(raw);
        assert_eq!(seen.insert(print, name), None, "{name}");
        let mut crlf = oracle::with_crlf(raw);
        assert_eq!(mail::fingerprint(&crlf), print, "{name}");
        crlf.extend_from_slice(b"\r\n");
        assert_eq!(mail::fingerprint(&crlf), print, "{name}");
    }
}

#[test]
fn no_relayed_header_tells_who_the_agent_is() {
    let mut count = 0;
    for (name, raw) in mails().iter().filter(|(name, _)| name.contains("agent-reply")) {
        let header = oracle::header(&oracle::relay(raw)).to_lowercase();
        for trace in
            ["a1@corp", "ann", "192.168.", "laptop", "outlook", "apple", "desk@", "desk+", "+0200"]
        {
            assert!(!header.contains(trace), "{name}: {trace} in {header}");
        }
        count += 1;
    }
    assert!(count >= 3);
}
