//! An agent's reply as the customer gets it, without a trace of the agent in its header.

use event::{Address, Person, Timestamp};

use crate::agent_copy::{push_content, push_id, push_subject};
use crate::decode;
use crate::encode::{self, push_field};
use crate::header::{self, Field};
use crate::lines::with_head;
use crate::parse::LOOP_MARKER;
use crate::private::PrivateAddresses;
use crate::redact::redact_quotes;

/// What says how urgent a mail is, in the words there are for it (RFC 2156 section 5.3); nothing
/// else of the agent's header is kept, but the subject and what describes the body.
const KEPT: [(&str, &[&str]); 4] = [
    ("Importance", &["high", "normal", "low"]),
    ("Priority", &["urgent", "normal", "non-urgent"]),
    ("Sensitivity", &["Personal", "Private", "Company-Confidential"]),
    ("X-Priority", &["1", "2", "3", "4", "5"]),
];
/// What describes the body. Content-ID, -Location and -Description are left out: they may name
/// the agent's computer, and nothing refers to them at the top of a mail.
const KEPT_CONTENT: [&str; 4] =
    ["content-disposition", "content-language", "content-transfer-encoding", "content-type"];
/// As much of a field is looked at for its keyword.
const KEYWORD_BYTES_MAX: usize = 64;
/// Of more references the first and the newest are written.
const REFERENCES_MAX: usize = 20;

/// An agent's reply and what the relayed mail says.
#[derive(Clone, Debug)]
pub struct Relay<'a> {
    /// The reply as received; the mail is made in its memory.
    pub raw: Vec<u8>,
    /// The public address of the mailbox, with its display name.
    pub from: &'a Person,
    /// The customer, or whoever a hidden copy is for.
    pub to: &'a Address,
    /// Who else is shown on the mail.
    pub cc: &'a [Address],
    /// The Message-ID of the relayed mail, without angle brackets.
    pub message_id: &'a str,
    /// The Message-ID of the customer's mail, without angle brackets.
    pub answers: Option<&'a str>,
    /// The References of the customer's mail, oldest first, without angle brackets.
    pub references: &'a [String],
    /// When the reply was recorded. The agent's own Date is not used: its zone tells where the
    /// agent is, and their clock may be wrong.
    pub date: Timestamp,
    /// Addresses that do not leave in the marker lines of what is quoted.
    pub private: &'a PrivateAddresses,
}

impl Relay<'_> {
    /// Writes the mail: a header of ours and of an allow-list, then the body as received but for
    /// private addresses in the marker lines of quotes, with every line ending as CRLF. The same
    /// input always gives the same bytes.
    pub fn compose(self) -> Vec<u8> {
        let redacted = redact_quotes(self.raw, self.private).bytes;
        let (header, body) = header::split(&redacted);
        let mut out = Vec::new();
        push_field("Date", &decode::write_date(self.date), &mut out);
        push_field("From", &encode::person(self.from), &mut out);
        push_field("To", &encode::named(None, self.to), &mut out);
        if !self.cc.is_empty() {
            push_field("Cc", &encode::addresses(self.cc), &mut out);
        }
        push_ids(self.message_id, self.answers, self.references, &mut out);
        push_subject(&header, &mut out);
        for (name, keywords) in KEPT {
            if let Some(keyword) = header.get(name).and_then(|field| keyword(field, keywords)) {
                push_field(name, keyword, &mut out);
            }
        }
        push_id(LOOP_MARKER, self.message_id, &mut out);
        push_content(&header, &KEPT_CONTENT, &mut out);
        out.extend_from_slice(b"\r\n");
        let replaced = redacted.len() - body.len();
        with_head(out, redacted, replaced)
    }
}

/// Appends the ids of an answer (RFC 5322 section 3.6.4): its own, that of the mail it answers, and
/// the chain of references.
pub(crate) fn push_ids(
    message_id: &str,
    answers: Option<&str>,
    referred: &[String],
    out: &mut Vec<u8>,
) {
    push_id("Message-ID", message_id, out);
    if let Some(answers) = answers {
        push_id("In-Reply-To", answers, out);
    }
    let references = references(referred, answers);
    if !references.is_empty() {
        push_field("References", &references, out);
    }
}

/// The references of the answered mail, then its own id.
fn references(references: &[String], answers: Option<&str>) -> String {
    let mut ids: Vec<&str> = references.iter().map(String::as_str).collect();
    ids.retain(|id| Some(*id) != answers);
    ids.extend(answers);
    if ids.len() > REFERENCES_MAX {
        ids.drain(1..=ids.len() - REFERENCES_MAX);
    }
    encode::message_ids(ids.into_iter())
}

/// The one of `keywords` that a field begins with; `1 (Highest)` is what programs make of `1`.
fn keyword(field: &Field<'_>, keywords: &[&'static str]) -> Option<&'static str> {
    let text = field.text(KEYWORD_BYTES_MAX);
    let word = text.split_whitespace().next()?;
    keywords.iter().copied().find(|keyword| keyword.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_keywords_carry_nothing_else() {
        let urgency = |value: &str| {
            let raw = format!("X-Priority: {value}\r\nImportance: {value}\r\n\r\nx");
            let (header, _) = header::split(raw.as_bytes());
            KEPT.map(|(name, words)| header.get(name).and_then(|field| keyword(field, words)))
        };
        assert_eq!(urgency("1 (Highest)")[3], Some("1"));
        assert_eq!(urgency("\r\n HIGH")[0], Some("high"));
        assert_eq!(urgency("low ann@corp.test 10.20.30.40")[0], Some("low"));
        for value in ["", "ann@corp.test", "1ann@corp.test", "highest", "6", "\"high\"", "(high) x"]
        {
            assert_eq!(urgency(value), [None; 4], "{value}");
        }
    }
}
