//! A whole mail: read, copied to an agent, and relayed as an agent's reply.

use event::QuarantineReason;
use mail::{Purpose, TokenSearch};

use crate::oracle;

/// In the agent's address and name wherever a mail client writes them.
const TRACE: &str = "q7x2k9v4";

/// Any bytes are a mail that is read, copied and relayed without harm.
pub fn mime(raw: &[u8]) {
    let read = mail::parse(raw);
    assert_ne!(read, Err(QuarantineReason::ParserFailed));
    let is_read = read.is_ok();
    let parsed = read.unwrap_or_default();
    let crlf = oracle::with_crlf(raw);
    assert_eq!(mail::fingerprint(raw), mail::fingerprint(&crlf));
    if let Ok(address) = mail::may_answer(parsed.automatic, parsed.answer_to(), |_| false) {
        assert_eq!(parsed.automatic, None);
        assert_eq!(Some(address), parsed.answer_to());
    }
    let others = mail::others(&parsed, &|address| *address == oracle::internal(), &[]);
    assert!(!others.contains(&oracle::internal()));

    // Line endings are all that a composed mail has otherwise.
    let shown =
        mail::parse(&crlf).map(|parsed| (parsed.text, parsed.attachments)).unwrap_or_default();
    for via in [false, true] {
        let copy = oracle::agent_copy(raw, via);
        well_formed(&copy, &crlf);
        let copied = mail::parse(&copy).unwrap();
        assert_eq!(own_purpose(&copied), Some(Purpose::Copy));
        if is_read {
            assert_eq!((copied.text, copied.attachments), shown.clone());
        }
    }
    relayed(raw);
}

/// The relayed reply is known as ours when it comes back, an answer to it is known, and nothing in
/// its header tells of the agent.
fn relayed(raw: &[u8]) {
    let reply = replied(raw);
    let relayed = oracle::relay(&reply);
    well_formed(&relayed, &oracle::with_crlf(&reply));
    let header = oracle::header(&relayed);
    let given = String::from_utf8_lossy(raw).to_lowercase();
    assert!(given.contains(TRACE) || !header.to_lowercase().contains(TRACE), "{header}");

    let read = mail::parse(&relayed).unwrap();
    assert_eq!(read.from.as_ref().unwrap().address, oracle::address("support@corp.test"));
    assert_eq!(read.to, [oracle::address("jo@example.org")]);
    assert_eq!(own_purpose(&read), Some(Purpose::Relay));
    let answer =
        mail::Parsed { in_reply_to: read.message_id.into_iter().collect(), ..Default::default() };
    let found = mail::find_token(&oracle::key(), &oracle::internal(), &answer);
    assert!(matches!(found, TokenSearch::Found { purpose: Purpose::Relay, .. }), "{found:?}");
}

/// A mail as an agent's server sends it, with every trace of them in its header.
fn replied(raw: &[u8]) -> Vec<u8> {
    let agent = format!("jo.{TRACE}@desk-{TRACE}.test");
    let mut reply =
        format!("Received: from laptop-{TRACE} by mail\r\n for <{agent}>; today\r\n").into_bytes();
    for name in [
        "Return-Path",
        "Delivered-To",
        "From",
        "Sender",
        "Reply-To",
        "Disposition-Notification-To",
        "X-Originating-User",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Content-ID",
        "List-Unsubscribe",
    ] {
        reply.extend(format!("{name}: <{agent}>\r\n").bytes());
    }
    reply.extend_from_slice(raw);
    reply
}

fn own_purpose(parsed: &mail::Parsed) -> Option<Purpose> {
    mail::own_mail(&oracle::key(), parsed).map(|(_, purpose)| purpose)
}

/// One header of ours with each field once, then the body as received, all lines ended alike.
#[track_caller]
fn well_formed(composed: &[u8], received: &[u8]) {
    assert!(!oracle::has_bare_ending(composed));
    assert!(received.ends_with(oracle::body(composed)));
    let names = oracle::field_names(&oracle::header(composed));
    let mut distinct = names.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    for name in ["from", "to", "message-id", "x-postbook-loop"] {
        assert!(distinct.iter().any(|found| found == name), "{name} of {names:?}");
    }
}
