//! What is sent because of a mail, beside a second, naive reading of the mail itself.

use std::collections::BTreeSet;

use anyhow::Result;
use event::{Address, OutgoingId, Person, Position, Timestamp};
use mail::{AgentCopy, Parsed, PrivateAddresses, Purpose, Relay, TokenKey};
use mail_parser::{Message, MessageParser};

/// The public address.
pub(crate) const PUBLIC: &str = "support@support.test";
/// The internal address.
pub(crate) const INTERNAL: &str = "internal@support.test";
/// Signs reply tokens.
pub(crate) const KEY: [u8; 32] = [7; 32];
/// The agent's mailbox; no corpus holds either half of it.
const AGENT: &str = "jo.q7x2k9v4@desk-q7x2k9v4.test";
/// Stands in both halves.
const AGENT_TRACE: &[u8] = b"q7x2k9v4";

/// What came of composing.
#[derive(Default)]
pub(crate) struct Found {
    /// Bytes of the bodies that are not those received, line endings aside.
    pub(crate) changed_bytes: u64,
    /// Set where two readers see different parts in the mail as received, so that parts cannot
    /// be compared: the header is damaged, or describes the body twice.
    pub(crate) is_ambiguous: bool,
    /// Set where the header of the relayed mail tells of the agent's mailbox.
    pub(crate) leaks: bool,
    /// Set where the parser panicked and its panic was caught.
    pub(crate) parser_failed: bool,
}

/// The mails that are sent because of one.
pub(crate) struct Composed {
    copy: Vec<u8>,
    reply: Vec<u8>,
    relayed: Vec<u8>,
    parser_failed: bool,
}

impl Composed {
    /// Reads a mail and composes the agent's copy, and the customer's mail where the agent's
    /// reply holds all of that mail, header included.
    pub(crate) fn new(raw: &[u8]) -> Result<Self> {
        let key = TokenKey::from_bytes(KEY);
        let read = mail::parse(raw);
        let parser_failed = read == Err(event::QuarantineReason::ParserFailed);
        let parsed = read.unwrap_or_default();
        let internal = Address::new(INTERNAL)?;
        // What else intake asks of every mail.
        mail::own_mail(&key, &parsed);
        mail::find_token(&key, &internal, &parsed);
        let digest = mail::fingerprint(raw);
        let reply = replied(raw);
        let copy = copy(&key, raw, &parsed, &internal, &digest)?;
        let relayed = relay(&key, &reply, &parsed)?;
        Ok(Self { copy, reply, relayed, parser_failed })
    }

    /// Compares what was composed with what it was composed of.
    pub(crate) fn examine(&self, raw: &[u8]) -> Found {
        let received = with_crlf(raw);
        let is_ambiguous = body(&received) != body(&self.copy) || describes_twice(&received);
        let mut changed_bytes = changed_at_end(body(&self.copy), &received)
            .saturating_add(changed_at_end(body(&self.relayed), &with_crlf(&self.reply)));
        if !is_ambiguous {
            changed_bytes = changed_bytes.saturating_add(changed_parts(&received, &self.copy));
        }
        let header = header(&self.relayed).to_ascii_lowercase();
        Found {
            changed_bytes,
            is_ambiguous,
            leaks: header.windows(AGENT_TRACE.len()).any(|window| window == AGENT_TRACE),
            parser_failed: self.parser_failed,
        }
    }
}

/// An agent's reply with the mail behind it, so that the header of the mail is the reply's, too.
fn replied(raw: &[u8]) -> Vec<u8> {
    let mut reply = Vec::new();
    for name in [
        "Return-Path",
        "Delivered-To",
        "X-Original-To",
        "From",
        "Sender",
        "Reply-To",
        "Disposition-Notification-To",
        "X-Sender",
        "Content-ID",
        "Message-ID",
        "List-Unsubscribe",
    ] {
        reply.extend_from_slice(format!("{name}: <{AGENT}>\r\n").as_bytes());
    }
    let received =
        format!("Received: from laptop by mail (envelope-from {AGENT});\r\n for {AGENT}\r\n");
    reply.extend_from_slice(received.as_bytes());
    reply.extend_from_slice(raw);
    reply
}

fn copy(
    key: &TokenKey,
    raw: &[u8],
    parsed: &Parsed,
    internal: &Address,
    digest: &[u8; 32],
) -> Result<Vec<u8>> {
    let token = key.sign(OutgoingId(Position(42)), Purpose::Copy);
    let exclude: Vec<&Address> = parsed.answer_to().into_iter().collect();
    let copy = AgentCopy {
        raw: raw.to_vec(),
        customer: parsed.from.as_ref(),
        agent: &Address::new(AGENT)?,
        cc: &mail::others(parsed, &|address| address == internal, &exclude),
        reply_to: &mail::reply_address(internal, &token),
        message_id: &mail::message_id(&token, internal.domain()),
        contact: mail::contact_id(&"support".parse()?, digest, 0),
        via: None,
    };
    Ok(copy.compose())
}

fn relay(key: &TokenKey, reply: &[u8], answered: &Parsed) -> Result<Vec<u8>> {
    let from = Person { name: Some("Support".to_owned()), address: Address::new(PUBLIC)? };
    let customer = answered.answer_to().cloned();
    let relay = Relay {
        raw: reply.to_vec(),
        from: &from,
        to: &customer.map_or_else(|| Address::new("customer@customer.test"), Ok)?,
        cc: &[],
        message_id: &mail::message_id(
            &key.sign(OutgoingId(Position(43)), Purpose::Relay),
            from.address.domain(),
        ),
        answers: answered.message_id.as_deref(),
        references: &answered.references,
        date: Timestamp(1_700_000_000_000),
        private: &PrivateAddresses::default(),
    };
    Ok(relay.compose())
}

/// Every line ending as CRLF.
fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        rest = match rest {
            [b'\r', b'\r', b'\n', after @ ..]
            | [b'\r', b'\n', after @ ..]
            | [b'\r' | b'\n', after @ ..] => {
                out.extend_from_slice(b"\r\n");
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
            [] => return out,
        };
    }
}

/// What follows the first blank line of a mail with CRLF line endings.
fn body(mail: &[u8]) -> &[u8] {
    if let Some(body) = mail.strip_prefix(b"\r\n") {
        return body;
    }
    let blank = mail.windows(4).position(|window| window == b"\r\n\r\n");
    blank.and_then(|at| mail.get(at + 4..)).unwrap_or_default()
}

/// What stands before [`body`].
fn header(mail: &[u8]) -> &[u8] {
    mail.get(..mail.len() - body(mail).len()).unwrap_or_default()
}

/// Whether a field that describes the body stands more than once in a header of nothing but
/// fields. In any other header the second one may be that of a part.
fn describes_twice(mail: &[u8]) -> bool {
    let mut seen = BTreeSet::new();
    let mut is_twice = false;
    for line in header(mail).split(|&byte| byte == b'\n') {
        if line.first().is_none_or(u8::is_ascii_whitespace) {
            continue;
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return false };
        let name = line.get(..colon).unwrap_or_default().trim_ascii_end().to_ascii_lowercase();
        is_twice |= name.starts_with(b"content-") && !seen.insert(name);
    }
    is_twice
}

/// Bytes by which a composed body is not the end of the mail it was made of, or lacks what
/// follows the first blank line there.
fn changed_at_end(composed: &[u8], received: &[u8]) -> u64 {
    let same = composed.iter().rev().zip(received.iter().rev()).take_while(|(a, b)| a == b);
    let same = same.count();
    let changed = composed.len().saturating_sub(same);
    let lacking = body(received).len().saturating_sub(same);
    changed.max(lacking) as u64
}

/// Bytes of the decoded parts that are others in `composed` than in `received`, as another
/// program reads both.
fn changed_parts(received: &[u8], composed: &[u8]) -> u64 {
    let parser = MessageParser::new();
    let (Some(received), Some(composed)) = (parser.parse(received), parser.parse(composed)) else {
        return 0;
    };
    let (received, composed) = (contents(&received), contents(&composed));
    let mut changed = 0;
    for at in 0..received.len().max(composed.len()) {
        let [one, other] = [received.get(at), composed.get(at)];
        if one != other {
            changed += one.map_or(0, |part| part.len()).max(other.map_or(0, |part| part.len()));
        }
    }
    changed as u64
}

fn contents<'a>(message: &'a Message<'_>) -> Vec<&'a [u8]> {
    message.parts.iter().map(|part| part.contents()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: jo@customer.test\nSubject: Broken\nMIME-Version: 1.0\n\
        Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n\
        Content-Transfer-Encoding: base64\n\nAAEC\n--b--\n";

    fn found(damage: impl Fn(&mut Composed)) -> Found {
        let mut composed = Composed::new(MAIL).unwrap();
        damage(&mut composed);
        composed.examine(MAIL)
    }

    fn replace(mail: &mut Vec<u8>, one: &str, other: &str) {
        let text = String::from_utf8(mail.clone()).unwrap();
        assert!(text.contains(one), "{text}");
        *mail = text.replacen(one, other, 1).into_bytes();
    }

    #[test]
    fn nothing_is_found_in_what_is_composed() {
        let found = found(|_| {});
        assert_eq!(found.changed_bytes, 0);
        assert!(!found.is_ambiguous && !found.leaks && !found.parser_failed);
    }

    #[test]
    fn a_changed_body_is_found() {
        for (one, other) in [("Hello", "Hallo"), ("--b--\r\n", ""), ("Hello\r\n", "")] {
            let in_copy = found(|composed| replace(&mut composed.copy, one, other));
            assert!(in_copy.changed_bytes > 0, "{one}");
            let in_relayed = found(|composed| replace(&mut composed.relayed, one, other));
            assert!(in_relayed.changed_bytes > 0, "{one}");
        }
    }

    #[test]
    fn a_body_described_otherwise_is_found() {
        let found = found(|composed| replace(&mut composed.copy, "boundary=b", "boundary=c"));
        assert!(found.changed_bytes > 0);
    }

    #[test]
    fn a_swallowed_boundary_is_found() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\n \n--b\n\
            Content-Type: text/plain\n\nHello\n--b--\n";
        let mut composed = Composed::new(raw).unwrap();
        replace(&mut composed.copy, "--b\r\nContent-Type: text/plain\r\n\r\n", "");
        assert!(composed.examine(raw).changed_bytes > 0);
    }

    #[test]
    fn an_address_in_a_relayed_header_is_found() {
        let added = format!("Subject: {}\r\n", AGENT.to_uppercase());
        let in_header = found(|composed| replace(&mut composed.relayed, "Subject: ", &added));
        assert!(in_header.leaks);
    }

    #[test]
    fn a_body_that_two_readers_see_differently_is_told_apart() {
        let twice = b"Content-Type: text/plain\nContent-type: text/html\n\nHello\n";
        let no_blank_line = b"Subject: Broken\nHello, all.\n";
        for raw in [twice.as_slice(), no_blank_line] {
            let found = Composed::new(raw).unwrap().examine(raw);
            assert!(found.is_ambiguous);
            assert_eq!(found.changed_bytes, 0);
        }
    }
}
