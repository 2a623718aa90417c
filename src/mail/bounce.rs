//! What a bounce says: who did not get which mail of ours, and why (RFC 3464 and older forms).

use std::panic::{AssertUnwindSafe, catch_unwind};

use event::{Address, AutomaticKind, DeliveryOutcome};

use crate::header::{self, Header};
use crate::lines::Lines;
use crate::parse;
use crate::structure::{self, Leaf};
use crate::{automatic, text};

/// No more recipients are read than this.
const RECIPIENTS_MAX: usize = 100;
/// No report and no returned mail is read beyond this; a header is what matters of the latter.
const PART_BYTES_MAX: usize = 262_144;
/// No field of a report is read beyond this.
const FIELD_BYTES_MAX: usize = 4_096;
/// No diagnostic is kept beyond this many characters.
const DIAGNOSTIC_CHARS_MAX: usize = 500;

/// What became of a mail for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BounceRecipient {
    /// The final recipient, else the original one; `None` where neither is an address.
    pub address: Option<Address>,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// The status code, such as `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// What the server said, on one line, at most 500 characters.
    pub diagnostic: Option<String>,
}

/// What a bounce says. A stranger may have written it: only what is known by a Message-ID of ours
/// is worth believing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The outcome of the recipient it is worst for.
    pub outcome: DeliveryOutcome,
    /// That recipient's status code.
    pub status: Option<String>,
    /// The recipients it names, at most 100; empty where the report has no form that is known.
    pub recipients: Vec<BounceRecipient>,
    /// The Message-ID of the mail it is about, without angle brackets.
    pub original_message_id: Option<String>,
}

/// Reads a bounce; `None` where the mail is none, or tells neither a recipient nor which mail it
/// is about.
pub fn bounce(raw: &[u8]) -> Option<Bounce> {
    catch_unwind(AssertUnwindSafe(|| read(raw))).ok().flatten()
}

fn read(raw: &[u8]) -> Option<Bounce> {
    let (header, body) = header::split(raw);
    let from = parse::from(&header);
    let kind = automatic::classify(&header, &structure::content_type(&header), from.as_ref());
    if kind != Some(AutomaticKind::Bounce) {
        return None;
    }
    let leaves = structure::leaves(&header, body);
    let text = text::body_text(&leaves);
    let mut recipients = reported(&leaves);
    if recipients.is_empty() {
        recipients = told(&header, &text);
    }
    let original_message_id = returned_id(&leaves).or_else(|| quoted_id(&text));
    let worst = recipients.iter().min_by_key(|recipient| recipient.outcome);
    if worst.is_none() && original_message_id.is_none() {
        return None;
    }
    Some(Bounce {
        outcome: worst.map_or_else(|| untold_outcome(&header), |worst| worst.outcome),
        status: worst.and_then(|worst| worst.status.clone()),
        recipients,
        original_message_id,
    })
}

/// The recipients of a delivery status part. Groups of fields are set apart by blank lines; the
/// first one is about the mail, unless a careless server put all into one.
fn reported(leaves: &[Leaf<'_>]) -> Vec<BounceRecipient> {
    let is_status = |leaf: &&Leaf<'_>| {
        matches!(leaf.kind.as_str(), "message/delivery-status" | "message/global-delivery-status")
    };
    let Some(leaf) = leaves.iter().find(is_status) else {
        return Vec::new();
    };
    let bytes = text::bytes(leaf, PART_BYTES_MAX);
    let lines: Vec<&[u8]> = Lines::new(&bytes).map(|line| line.content).collect();
    lines
        .split(|line| line.trim_ascii().is_empty())
        .filter_map(|group| recipient(&header::split(&group.join(&b'\n')).0))
        .take(RECIPIENTS_MAX)
        .collect()
}

fn recipient(group: &Header<'_>) -> Option<BounceRecipient> {
    let value = |name: &str| group.get(name).map(|field| field.text(FIELD_BYTES_MAX));
    let address = |name: &str| value(name).and_then(|text| address(typed(&text)));
    let status = value("Status").and_then(|text| status(&text));
    let outcome = match (group.keyword("Action"), &status) {
        (Some(action), status) => outcome(&action).or_else(|| status_outcome(status.as_deref()?)),
        (None, Some(status)) => status_outcome(status),
        (None, None) => None,
    };
    Some(BounceRecipient {
        address: address("Final-Recipient").or_else(|| address("Original-Recipient")),
        outcome: outcome?,
        status,
        diagnostic: value("Diagnostic-Code").and_then(|text| diagnostic(typed(&text))),
    })
}

fn outcome(action: &str) -> Option<DeliveryOutcome> {
    // Some put a comment behind it.
    match action.split([' ', '(', ';']).next()? {
        "failed" | "failure" => Some(DeliveryOutcome::Failed),
        "delayed" => Some(DeliveryOutcome::Delayed),
        "delivered" => Some(DeliveryOutcome::Delivered),
        "relayed" => Some(DeliveryOutcome::Relayed),
        "expanded" => Some(DeliveryOutcome::Expanded),
        _ => None,
    }
}

/// RFC 3463 section 3.1: the class alone tells, where the action is missing.
fn status_outcome(status: &str) -> Option<DeliveryOutcome> {
    match status.bytes().next() {
        Some(b'5') => Some(DeliveryOutcome::Failed),
        Some(b'4') => Some(DeliveryOutcome::Delayed),
        Some(b'2') => Some(DeliveryOutcome::Delivered),
        _ => None,
    }
}

/// What follows the type in `rfc822; jo@example.org` and `smtp; 550 No`; all where there is none.
fn typed(text: &str) -> &str {
    match text.split_once(';') {
        Some((kind, value)) if !kind.trim().contains([' ', '@']) => value,
        _ => text,
    }
}

fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    let inner = text.split_once('<').map_or(text, |(_, after)| after);
    let inner = inner.split(['>', ' ', '\t']).next().unwrap_or_default();
    Address::new(inner).ok()
}

/// `class.subject.detail` (RFC 3463 section 2) at the beginning of a text.
fn status(text: &str) -> Option<String> {
    let code = text.trim_start().split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
    let mut parts = code.split('.');
    let is_class = matches!(parts.next(), Some("2" | "4" | "5"));
    let is_number = |part: Option<&str>| part.is_some_and(|part| (1..=3).contains(&part.len()));
    let is_code = is_class && is_number(parts.next()) && is_number(parts.next());
    (is_code && parts.next().is_none()).then(|| code.to_owned())
}

fn diagnostic(text: &str) -> Option<String> {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let spaced: String = text.chars().map(plain).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(DIAGNOSTIC_CHARS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

/// The recipients of a bounce without a delivery status part: as qmail writes them (QSBMF, a
/// paragraph that begins with `<address>:`), else as Exim does, in a field.
fn told(header: &Header<'_>, text: &str) -> Vec<BounceRecipient> {
    let lines: Vec<&str> = text.lines().collect();
    let from_qmail = |paragraph: &[&str]| {
        let (first, rest) = paragraph.split_first()?;
        let inner = first.trim().strip_prefix('<')?.strip_suffix(">:")?;
        let words = rest.join(" ");
        let code = words.split("(#").nth(1).and_then(status);
        Some(failed(address(inner)?, code, diagnostic(&words)))
    };
    let found: Vec<BounceRecipient> = lines
        .split(|line| line.trim().is_empty())
        // What follows is the returned mail, and others' words.
        .take_while(|paragraph| !paragraph.iter().any(|line| line.starts_with("---")))
        .filter_map(from_qmail)
        .take(RECIPIENTS_MAX)
        .collect();
    if !found.is_empty() {
        return found;
    }
    let named = header.all("X-Failed-Recipients").map(|field| field.text(PART_BYTES_MAX));
    let named: Vec<String> = named.take(RECIPIENTS_MAX).collect();
    let addresses = named.iter().flat_map(|text| text.split(',')).filter_map(address);
    addresses.take(RECIPIENTS_MAX).map(|address| failed(address, None, None)).collect()
}

fn failed(address: Address, status: Option<String>, diagnostic: Option<String>) -> BounceRecipient {
    BounceRecipient { address: Some(address), outcome: DeliveryOutcome::Failed, status, diagnostic }
}

/// Old servers say in the subject alone that they go on trying.
fn untold_outcome(header: &Header<'_>) -> DeliveryOutcome {
    let subject = parse::subject(header).to_lowercase();
    if subject.starts_with("warning:") || subject.contains("delayed") {
        DeliveryOutcome::Delayed
    } else {
        DeliveryOutcome::Failed
    }
}

/// The Message-ID of the mail, or of the header, that came back as a part.
fn returned_id(leaves: &[Leaf<'_>]) -> Option<String> {
    let is_returned = |leaf: &&Leaf<'_>| {
        matches!(
            leaf.kind.as_str(),
            "message/rfc822"
                | "text/rfc822-headers"
                | "text/rfc822-header"
                | "message/rfc822-headers"
                | "message/global"
                | "message/global-headers"
        )
    };
    leaves.iter().filter(is_returned).take(RECIPIENTS_MAX).find_map(|leaf| {
        let bytes = text::bytes(leaf, PART_BYTES_MAX);
        parse::message_id(&header::split(bytes.trim_ascii_start()).0)
    })
}

/// The first Message-ID that stands as a field in the text, below which some servers copy the mail.
fn quoted_id(text: &str) -> Option<String> {
    let name = "message-id:";
    let is_field = |line: &str| {
        let start = line.trim_start().get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let lines: Vec<&str> = text.lines().collect();
    let place = lines.iter().position(|line| is_field(line))?;
    // The id may be folded onto the next line.
    let field: Vec<&str> = lines.iter().skip(place).take(2).copied().collect();
    parse::message_id(&header::split(field.join("\n").trim_start().as_bytes()).0)
}
