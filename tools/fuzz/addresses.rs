//! Addresses, names, subjects and ids in header fields.

use event::{Address, ContactId};
use mail::{AgentCopy, Parsed};

use crate::oracle;

/// What is read from a header can be written so that it is read again as the same.
pub fn addresses(text: &[u8]) {
    if let Ok(address) = Address::new(&String::from_utf8_lossy(text)) {
        same_again(&address);
    }
    let header = oneline(text);
    let raw = [
        "From: ",
        "\r\nReply-To: ",
        "\r\nTo: ",
        "\r\nCc: ",
        "\r\nSubject: ",
        "\r\nMessage-ID: ",
        "\r\nReferences: ",
        "\r\nIn-Reply-To: ",
        "\r\n\r\n",
    ]
    .map(str::as_bytes)
    .join(&header[..]);
    let parsed = mail::parse(&raw).unwrap();
    let all = || parsed.to.iter().chain(&parsed.cc).chain(&parsed.reply_to);
    all().for_each(same_again);
    assert!(all().count() <= 3_000 && parsed.references.len() <= 100);
    assert!(!parsed.subject.contains(char::is_control));
    if let Some(from) = &parsed.from {
        same_again(&from.address);
    }
    written(&raw, &parsed);
}

/// The text as the value of a field: a line that begins with no white space ends it.
fn oneline(text: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'\r' | b'\n' => value.extend_from_slice(b"\r\n "),
            _ => value.push(byte),
        }
    }
    value
}

fn same_again(address: &Address) {
    let again = Address::new(address.as_str()).unwrap();
    assert_eq!(again.as_str(), address.as_str());
    assert_eq!(format!("{}@{}", address.local(), address.domain()), address.as_str());
    assert!(!address.as_str().contains(|c: char| c.is_control() || c.is_whitespace()));
}

fn written(raw: &[u8], parsed: &Parsed) {
    let cc = &parsed.to[..parsed.to.len().min(50)];
    let to = parsed.to.first().cloned().unwrap_or_else(|| oracle::address("a1@corp.test"));
    let copy = AgentCopy {
        raw: raw.to_vec(),
        customer: parsed.from.as_ref(),
        agent: &to,
        cc,
        reply_to: parsed.answer_to().unwrap_or(&to),
        message_id: parsed.message_id.as_deref().unwrap_or("a@b"),
        contact: ContactId::from_digest(&[1; 32]),
        via: None,
    }
    .compose();
    assert!(!oracle::has_bare_ending(&copy));
    let read = mail::parse(&copy).unwrap();
    assert_eq!(plain(&read.to), plain(&[to]));
    assert_eq!(plain(&read.cc), plain(cc));
    assert_eq!(read.message_id.as_deref().unwrap(), parsed.message_id.as_deref().unwrap_or("a@b"));
    // A field that was folded is not always folded in the same places again, nor cut there.
    let mut words = read.subject.split_whitespace().zip(parsed.subject.split_whitespace());
    assert!(parsed.subject.len() > 900 || words.all(|(one, other)| one == other));
    if let Some(from) = &parsed.from {
        let again = read.from.unwrap();
        assert_eq!(plain(&[again.address]), plain(std::slice::from_ref(&from.address)));
        assert_eq!(again.name, from.name);
    }
}

/// Addresses without the quotation marks that odd local parts are written with.
fn plain(addresses: &[Address]) -> Vec<String> {
    addresses.iter().map(|address| address.folded().replace(['"', '\\'], "")).collect()
}
