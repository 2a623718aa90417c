//! Hostile input: anything may arrive, and nothing may panic, take for ever or slip through.

use event::{Address, ContactId, Person, Timestamp};
use mail::{AgentCopy, PrivateAddresses, Relay};
use proptest::prelude::*;

use crate::{fixtures, oracle};

/// All functions on one mail; gives what both compositions wrote.
fn run(raw: &[u8]) -> [Vec<u8>; 2] {
    let parsed = mail::parse(raw).unwrap_or_default();
    let _ = mail::find_token(&oracle::key(), &oracle::internal(), &parsed);
    let _ = mail::own_mail(&oracle::key(), &parsed);
    let _ = mail::bounce(raw);
    let others = mail::others(&parsed, &|_| false, &[]);
    let _ = mail::details(&parsed, others);
    [oracle::agent_copy(raw, true), oracle::relay(raw)]
}

/// What holds for every mail whatsoever.
#[track_caller]
fn check(raw: &[u8]) {
    if let Err(broken) = std::panic::catch_unwind(|| check_all(raw)) {
        let start = raw.get(..2_000).unwrap_or(raw);
        eprintln!("the mail was {:?}", start.escape_ascii().to_string());
        std::panic::resume_unwind(broken);
    }
}

fn check_all(raw: &[u8]) {
    let crlf = oracle::with_crlf(raw);
    assert_eq!(mail::fingerprint(raw), mail::fingerprint(&crlf));
    for composed in run(raw) {
        assert!(!oracle::has_bare_ending(&composed));
        assert!(crlf.ends_with(oracle::body(&composed)));
        let names = oracle::field_names(&oracle::header(&composed));
        for name in ["from", "to", "message-id"] {
            assert_eq!(names.iter().filter(|found| *found == name).count(), 1, "{names:?}");
        }
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
    }
}

/// Bytes of which mails are made, so that random ones have structure.
fn mail_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("From: "),
        Just("To: "),
        Just("Subject: "),
        Just("References: "),
        Just("Bcc: x@y.test"),
        Just("Content-Type: multipart/mixed; boundary=b"),
        Just("Content-Type: text/html"),
        Just("Content-Transfer-Encoding: base64"),
        Just("Content-Disposition: attachment; filename="),
        Just("\r\n"),
        Just("\n"),
        Just("\r"),
        Just("\r\n\r\n"),
        Just("\r\n "),
        Just("--b"),
        Just("--"),
        Just("<"),
        Just(">"),
        Just("\""),
        Just("("),
        Just(")"),
        Just(","),
        Just(";"),
        Just(":"),
        Just("@"),
        Just("=?utf-8?B?"),
        Just("=?utf-8?Q?"),
        Just("?="),
        Just("=C3"),
        Just("Zm9v"),
        Just("a@b.test"),
        Just("&eacute;"),
        Just("<p>"),
        Just("<!--"),
        Just("é"),
        Just("\0"),
        Just("."),
        Just(" "),
        Just("x"),
    ];
    let raw = prop_oneof![
        9 => piece.prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(raw, 0..80).prop_map(|pieces| pieces.concat())
}

/// A fixture with a few bytes changed, cut out or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let mails: Vec<Vec<u8>> = fixtures::mails().into_values().collect();
    let change = (any::<prop::sample::Index>(), 0..4_usize, any::<u8>());
    (prop::sample::select(mails), proptest::collection::vec(change, 1..8)).prop_map(
        |(mut raw, changes)| {
            for (index, kind, byte) in changes {
                let place = index.index(raw.len() + 1);
                let end = raw.len().min(place + usize::from(byte));
                match kind {
                    0 if place < raw.len() => raw[place] = byte,
                    1 => raw.insert(place, byte),
                    2 => drop(raw.drain(place..end)),
                    _ => {
                        let doubled = raw[place..end].to_vec();
                        raw.splice(place..place, doubled);
                    }
                }
            }
            raw
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        check(&raw);
    }

    #[test]
    fn what_looks_like_mail(raw in mail_like()) {
        check(&raw);
    }

    #[test]
    fn damaged_mail(raw in mutated()) {
        check(&raw);
    }

    #[test]
    fn nothing_given_to_a_composition_becomes_a_field(
        name in any::<String>(),
        text in "[ -~é\\r\\n<>]{0,60}",
        references in proptest::collection::vec("[a-z@<>\\r\\n ]{0,30}", 0..30),
    ) {
        let person = Person { name: Some(name), address: oracle::address("jo@example.org") };
        let copy = AgentCopy {
            raw: b"Subject: x\r\n\r\nbody".to_vec(),
            customer: Some(&person),
            agent: &oracle::address("a1@corp.test"),
            cc: &[],
            reply_to: &oracle::internal(),
            message_id: &text,
            contact: ContactId::from_digest(&[1; 32]),
            via: None,
        };
        let relay = Relay {
            raw: b"Subject: x\r\n\r\nbody".to_vec(),
            from: &person,
            to: &oracle::address("jo@example.org"),
            cc: &[],
            message_id: &text,
            answers: Some(&text),
            references: &references,
            date: Timestamp(0),
            private: &PrivateAddresses::default(),
        };
        let allowed = [
            "date", "from", "reply-to", "to", "message-id", "in-reply-to", "references", "subject",
            "x-postbook-contact", "x-postbook-loop", "x-auto-response-suppress",
        ];
        for composed in [copy.compose(), relay.compose()] {
            prop_assert_eq!(oracle::body(&composed), b"body");
            prop_assert!(!oracle::has_bare_ending(&composed));
            let header = oracle::header(&composed);
            for name in oracle::field_names(&header) {
                prop_assert!(allowed.contains(&name.as_str()), "{}", header);
            }
            prop_assert!(header.split("\r\n").all(|line| line.len() <= 998));
        }
    }

    #[test]
    fn names_come_back_as_they_were_given(name in "\\PC{1,60}") {
        let parsed = mail::parse(b"From: jo@example.org\r\n\r\n").unwrap();
        let mut person = parsed.from.unwrap();
        person.name = Some(name.clone());
        let composed = AgentCopy {
            raw: b"Subject: x\r\n\r\n".to_vec(),
            customer: Some(&person),
            agent: &oracle::address("a1@corp.test"),
            cc: &[],
            reply_to: &oracle::internal(),
            message_id: "a@b",
            contact: ContactId::from_digest(&[1; 32]),
            via: None,
        }
        .compose();
        let read = mail::parse(&composed).unwrap().from.unwrap();
        prop_assert_eq!(read.address, person.address);
        let words = |text: &str| {
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.join(" ").trim_matches('\'').trim().to_owned()
        };
        prop_assert_eq!(words(&read.name.unwrap_or_default()), words(&name));
    }

    #[test]
    fn addresses_are_written_so_that_they_are_read_again(local in "[!-~é]{1,20}") {
        if let Ok(address) = Address::new(&format!("{local}@example.org")) {
            let person = Person { name: None, address: address.clone() };
            let composed = AgentCopy {
                raw: b"Subject: x\r\n\r\n".to_vec(),
                customer: Some(&person),
                agent: &address,
                cc: &[],
                reply_to: &address,
                message_id: "a@b",
                contact: ContactId::from_digest(&[1; 32]),
                via: None,
            }
            .compose();
            prop_assert!(!oracle::has_bare_ending(&composed));
            prop_assert!(mail::parse(&composed).unwrap().to.len() <= 1);
        }
    }
}

#[test]
fn deep_nesting() {
    let mut multiparts = String::new();
    for level in 0..1_000 {
        multiparts +=
            &format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    }
    check(multiparts.as_bytes());
    check("Content-Type: message/rfc822\r\n\r\n".repeat(100_000).as_bytes());
    let digest = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n";
    check(digest.repeat(10_000).as_bytes());
    let html = format!("Content-Type: text/html\r\n\r\n{}", "<div>".repeat(100_000));
    check(html.as_bytes());
    check(format!("From: {}x\r\n\r\n", "(".repeat(100_000)).as_bytes());
}

#[test]
fn much_of_everything() {
    let part = "--b\r\nContent-Disposition: attachment; filename=x\r\n\r\nx\r\n";
    let many = [
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", part.repeat(20_000)),
        format!("{}\r\nbody", "X-A: b\r\n".repeat(200_000)),
        format!("Subject: {}\r\n\r\n", "x".repeat(10_000_000)),
        format!("Subject: {}\r\n\r\n", "=?utf-8?Q?".repeat(200_000)),
        format!("From: {} <a@b.test>\r\n\r\n", "=?utf-8?q?=C3?= ".repeat(100_000)),
        format!("To: {}\r\n\r\n", "a@b.test,".repeat(200_000)),
        format!("To: {}\r\n\r\n", "\"<:".repeat(200_000)),
        format!("References: {}\r\n\r\n", "<a@b.test> ".repeat(200_000)),
        format!("Content-Type: text/plain{}\r\n\r\n", "; a=b".repeat(200_000)),
        format!("Content-Type: text/html\r\n\r\n{}", "<a&<!-<".repeat(200_000)),
        format!("A: b\r\n{}", "damage\n".repeat(200_000)),
        format!("A: b\r\n{}", "damage\nSubject: x\n".repeat(100_000)),
        (0..50_000).map(|number| format!("Content-{number}: x\r\n")).collect(),
        "\r".repeat(500_000),
        format!("A: b\n\n{}", "\r\r\r\n\n".repeat(200_000)),
    ];
    for raw in &many {
        check(raw.as_bytes());
    }
}
