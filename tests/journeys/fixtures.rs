//! The folder of hard mails through everything: arrival, the agent's copy, the answer, and what the
//! customer gets of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use harness::{Agent, Mail, Needs, journey};

use super::office::{INTERNAL, Office, Plan, SUPPORT, bruno};

/// What stands in the mails of the folder, and what it is in this contact centre.
const NAMES: [(&str, &str); 5] = [
    ("support@corp.test", SUPPORT),
    ("example.org", "customer.test"),
    ("example.net", "customer.test"),
    ("business.test", "business.com"),
    ("reject.test", "business.com"),
];
/// The token and the agent in the replies of the folder.
const TOKEN: &str = "desk+c1apqz1b9jpvn04q35r@corp.test";
const AGENT: &str = "a1@corp.test";
/// The Message-ID of the relayed reply in the customers' answers of the folder.
const RELAYED: &str = "postbook.r1bb7nwzpdsmgh8fheq@corp.test";
/// Mails of customers that are sent as replies, too: nothing in their bodies may change either.
const BODIES: [&str; 6] = [
    "068-windows-1258",
    "072-invalid-utf-8",
    "077-alternative",
    "078-winmail-dat",
    "082-inline-image",
    "086-answers-between-quoted-lines",
];

/// A mail of the folder with what is expected of it.
struct Case {
    name: String,
    raw: Vec<u8>,
    expected: String,
}

impl Case {
    /// What is expected of one of its fields; empty where nothing is.
    fn expects(&self, field: &str) -> &str {
        let head = self.expected.split("\n\n").next().unwrap_or_default();
        let line = head.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
        line.unwrap_or_default()
    }

    /// Whether a person outside wrote it; other addresses than ASCII are left out, as Dovecot takes
    /// no mail for them (RFC 6531).
    fn is_from_a_customer(&self) -> bool {
        let marks = ["automatic", "token", "own mail"];
        let is_marked = marks.iter().any(|mark| !self.expects(mark).is_empty());
        let to = self.answer_to();
        !is_marked && !to.is_empty() && to != AGENT && to.is_ascii()
    }

    /// Where answers go.
    fn answer_to(&self) -> String {
        let from = self.expects("from");
        let from = from.rsplit_once('<').map_or(from, |(_, address)| address.trim_end_matches('>'));
        let reply_to = self.expects("reply-to").split(", ").find(|address| !address.is_empty());
        reply_to.unwrap_or(from).to_owned()
    }
}

/// The mails of the folder by name, written to this contact centre.
fn folder() -> Result<BTreeMap<String, Case>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../src/mail/fixtures"));
    let mut cases = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let name = path.file_stem().and_then(|stem| stem.to_str()).context("a name")?.to_owned();
        let mut raw = fs::read(&path)?;
        let mut expected = fs::read_to_string(path.with_extension("expected"))?;
        for (from, to) in NAMES {
            raw = replaced(&raw, from, to);
            expected = expected.replace(from, to);
        }
        cases.insert(name.clone(), Case { name, raw, expected });
    }
    Ok(cases)
}

fn replaced(raw: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.first() {
        match rest.strip_prefix(from.as_bytes()) {
            Some(after) => {
                out.extend_from_slice(to.as_bytes());
                rest = after;
            }
            None => {
                out.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out
}

/// The lines below the header, whatever ends them; the last ending does not count.
fn body(raw: &[u8]) -> Vec<u8> {
    let lines = replaced(&replaced(&replaced(raw, "\r\r\n", "\n"), "\r\n", "\n"), "\r", "\n");
    let start = lines.windows(2).position(|ends| ends == b"\n\n").map_or(lines.len(), |at| at + 2);
    lines.get(start..).unwrap_or_default().trim_ascii_end().to_vec()
}

fn has_body(mail: &Mail, expected: &[u8]) -> bool {
    body(mail.raw()) == body(expected)
}

/// The thread that begins with a contact.
fn thread_of(contact: &str) -> String {
    format!("T{contact}")
}

/// Every case arrives, each as a contact of its own in a thread of its own; the contacts, in the
/// order of the cases.
fn arrive(office: &Office<'_>, cases: &[&Case]) -> Result<Vec<String>> {
    office.servers.fill(SUPPORT, cases.iter().map(|case| case.raw.as_slice()))?;
    let mut arrived = office.wait_for("ContactArrived", cases.len())?;
    ensure!(arrived.len() == cases.len(), "{} contacts of {} mails", arrived.len(), cases.len());
    arrived.sort_by_key(|fact| fact.fact["source"]["mark"]["Imap"]["uid"].as_u64());
    for (fact, case) in arrived.iter().zip(cases) {
        let mail = &fact.private["Mail"];
        assert_eq!(mail["subject"].as_str(), Some(case.expects("subject")), "{}", case.name);
        assert_eq!(mail["message_id"].as_str().unwrap_or_default(), case.expects("message-id"));
        assert_eq!(mail["answer_to"].as_str(), Some(case.answer_to().as_str()), "{}", case.name);
        assert_eq!(fact.text("thread"), thread_of(&fact.text("contact")), "{}", case.name);
    }
    for kind in ["MailQuarantined", "MailRefused", "MailDuplicated", "MailFiled"] {
        ensure!(office.all(kind)?.is_empty(), "{kind}");
    }
    Ok(arrived.iter().map(|fact| fact.text("contact")).collect())
}

/// The agent has one copy of each contact, and its body is the customer's.
fn copies(
    office: &Office<'_>,
    agent: &Agent,
    contacts: &[String],
    cases: &[&Case],
) -> Result<Vec<Mail>> {
    office.ready(agent)?;
    office.wait_for("ContactDelivered", contacts.len())?;
    office.servers.wait_until_delivered()?;
    let mails = office.servers.mailbox(&agent.address)?;
    ensure!(mails.len() == contacts.len(), "{} copies", mails.len());
    let mut copies = Vec::new();
    for (contact, case) in contacts.iter().zip(cases) {
        let copy = mails.iter().find(|copy| copy.field("X-Postbook-Contact") == *contact);
        let copy = copy.with_context(|| format!("{} has no copy", case.name))?;
        if case.name.starts_with("085") {
            let note = BASE64_STANDARD.encode("[attachment withheld: café.exe]\r\n");
            assert!(copy.source().contains(&note), "{}", copy.source());
            assert!(!copy.source().contains("\nMZ"), "{}", copy.source());
        } else if !case.name.starts_with("no-") {
            assert!(has_body(copy, &case.raw), "{}: {}", case.name, copy.source());
        }
        copies.push(copy.clone());
    }
    Ok(copies)
}

/// Each reply reaches whom it should once, with its body as it was written, and shows nothing of
/// the agent.
fn relayed(office: &Office<'_>, agent: &Agent, replies: &[(String, Vec<u8>)]) -> Result<Vec<Mail>> {
    let before = office.all("ReplyReceived")?.len();
    office.servers.fill(INTERNAL, replies.iter().map(|(_, raw)| raw.as_slice()))?;
    office.wait_for("ReplyReceived", before + replies.len())?;
    assert_eq!(office.settled()?.len(), 0);
    ensure!(office.all("SendRefused")?.is_empty(), "{:?}", office.all("SendRefused")?);
    let mut found = Vec::new();
    for (to, raw) in replies {
        let mails = office.servers.mailbox(to)?;
        let source = String::from_utf8_lossy(raw);
        let mut relayed = mails.iter().filter(|mail| has_body(mail, raw));
        let mail = relayed.next().with_context(|| format!("{to} did not get {source}"))?;
        ensure!(relayed.next().is_none(), "{to} got it twice: {source}");
        let head = mail.head();
        assert_eq!(mail.addresses("From"), [SUPPORT], "{head}");
        for trace in agent.traces().iter().map(String::as_str).chain(["internal", "X-Mailer"]) {
            assert!(!head.contains(trace), "{trace}: {head}");
        }
        found.push(mail.clone());
    }
    Ok(found)
}

/// A mail of the folder as a reply of the agent, told apart from others by its last line.
fn as_reply(case: &Case, agent: &Agent, token: &str) -> (String, Vec<u8>) {
    let mut raw = case.raw.clone();
    for (from, to) in [
        (TOKEN, token),
        (&TOKEN.to_uppercase(), &token.to_uppercase()),
        (SUPPORT, token),
        (AGENT, &agent.address),
        ("jo@customer.test", &agent.address),
    ] {
        raw = replaced(&raw, from, to);
    }
    raw.extend_from_slice(format!("\r\n{}\r\n", case.name).as_bytes());
    ("jo@customer.test".to_owned(), raw)
}

/// The flags that are shown for a contact.
fn flags(office: &Office<'_>, contact: &str) -> Result<Vec<String>> {
    let shown = office.program.json(&["journal", "show", contact])?;
    let flags = shown["contact"]["flags"].as_array().context("flags")?.clone();
    Ok(flags.iter().filter_map(|flag| flag.as_str().map(str::to_owned)).collect())
}

/// A mail that names an older mail of ours joins its thread, which is given; one with a forged token
/// does not.
fn joined(office: &Office<'_>, folder: &BTreeMap<String, Case>, answer: &Mail) -> Result<String> {
    let known = office.all("ContactArrived")?.len();
    let id = answer.field("Message-ID").trim_matches(['<', '>']).to_owned();
    let older = replaced(&folder["038-older-reference-known"].raw, RELAYED, &id);
    let forged = replaced(&folder["045-forged-token"].raw, "desk+", "internal+");
    let forged = replaced(&forged, "corp.test", "support.test");
    office.servers.fill(SUPPORT, [older.as_slice(), &forged])?;
    let arrived = office.wait_for("ContactArrived", known + 2)?;
    let [older, stranger] = arrived.get(known..).unwrap_or_default() else { bail!("{arrived:?}") };
    ensure!(stranger.text("thread") == thread_of(&stranger.text("contact")), "a forged token");
    office.servers.fill(INTERNAL, [forged.as_slice()])?;
    assert_eq!(office.wait_for("ReplyRefused", 1)?[0].text("reason"), "ForgedToken");
    Ok(older.text("thread"))
}

#[test]
fn hard_mail_goes_all_the_way() -> Result<()> {
    journey(Needs::Mail, |stage| {
        let agent = bruno();
        let settings = "withheld_attachments = [\"exe\"]";
        let office = Office::open(
            stage,
            &Plan { agents: vec![(agent.clone(), 999)], settings, ..Plan::default() },
        )?;
        let folder = folder()?;
        let cases: Vec<&Case> = folder.values().filter(|case| case.is_from_a_customer()).collect();
        ensure!(cases.len() > 40, "{} mails of customers", cases.len());
        let contacts = arrive(&office, &cases)?;
        let copies = copies(&office, &agent, &contacts, &cases)?;

        let replies: Vec<(String, Vec<u8>)> = cases
            .iter()
            .zip(&copies)
            .map(|(case, copy)| {
                (case.answer_to(), agent.reply(copy, &format!("To {}.", case.name)).raw)
            })
            .collect();
        let answers = relayed(&office, &agent, &replies)?;
        for (answer, case) in answers.iter().zip(&cases) {
            let id = case.expects("message-id");
            let expected = if id.is_empty() { String::new() } else { format!("<{id}>") };
            assert_eq!(answer.field("In-Reply-To"), expected, "{}", case.name);
        }

        for (contact, case) in contacts.iter().zip(&cases) {
            let expected: &[&str] = match case.name.get(..3) {
                Some("026") if case.name.ends_with("two") => &["Message-ID of another mail"],
                Some("067") => &["encrypted"],
                Some("085") => &["attachments withheld"],
                _ => &[],
            };
            assert_eq!(flags(&office, contact)?, expected, "{}", case.name);
        }

        let thread = joined(&office, &folder, &answers[0])?;
        assert_eq!(thread, thread_of(&contacts[0]));
        let token = copies[0].answer_to();
        let names = ["039-message-id-rewritten", "040-token-in-upper-case"];
        let replies: Vec<_> = BODIES
            .iter()
            .chain(&names)
            .map(|name| as_reply(&folder[*name], &agent, &token))
            .collect();
        relayed(&office, &agent, &replies)?;
        office.verify()
    })
}
