//! Mail that no person wrote (RFC 3834): it says so, so that no other program answers it.

use event::{Person, Timestamp, Written};

use crate::agent_copy::push_id;
use crate::decode;
use crate::encode::{self, push_field, push_quoted_printable};
use crate::parse::LOOP_MARKER;
use crate::relay::push_ids;

/// Why a mail is written by a program (RFC 3834 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It answers a mail.
    Replied,
    /// It tells of something.
    Generated,
}

/// An automatic answer to a customer, or a notice to an agent. It must travel with the null sender
/// (RFC 3834 section 3.3), so that it comes back from nowhere.
#[derive(Clone, Copy, Debug)]
pub struct AutomaticMail<'a> {
    /// Why it is written.
    pub submitted: Submitted,
    /// Recipient, subject and text.
    pub written: &'a Written,
    /// An address of ours, with its display name.
    pub from: &'a Person,
    /// Its Message-ID, without angle brackets.
    pub message_id: &'a str,
    /// The Message-ID of the mail it answers, without angle brackets.
    pub answers: Option<&'a str>,
    /// The References of that mail, oldest first, without angle brackets.
    pub references: &'a [String],
    /// When it was asked for.
    pub date: Timestamp,
}

impl AutomaticMail<'_> {
    /// Writes the mail. The same input always gives the same bytes.
    pub fn compose(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push_field("Date", &decode::write_date(self.date), &mut out);
        push_field("From", &encode::person(self.from), &mut out);
        push_field("To", &encode::named(None, &self.written.to), &mut out);
        push_field("Subject", &encode::unstructured(&self.written.subject), &mut out);
        push_ids(self.message_id, self.answers, self.references, &mut out);
        let submitted = match self.submitted {
            Submitted::Replied => "auto-replied",
            Submitted::Generated => "auto-generated",
        };
        push_field("Auto-Submitted", submitted, &mut out);
        // What Exchange heeds instead: no notices, no receipts and no bounces.
        push_field("X-Auto-Response-Suppress", "All", &mut out);
        push_id(LOOP_MARKER, self.message_id, &mut out);
        push_field("MIME-Version", "1.0", &mut out);
        push_field("Content-Type", "text/plain; charset=utf-8", &mut out);
        push_field("Content-Transfer-Encoding", "quoted-printable", &mut out);
        out.extend_from_slice(b"\r\n");
        push_quoted_printable(&self.written.text, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use event::AutomaticKind;

    use super::*;

    #[test]
    fn an_automatic_answer_is_known_as_one_and_keeps_to_its_thread() {
        let written = Written {
            to: "jo@example.org".parse().unwrap(),
            subject: "Reçu:\r\nBcc: eve@example.org".to_owned(),
            text: "Merci, à bientôt.\n".to_owned(),
        };
        let from =
            Person { name: Some("Desk".to_owned()), address: "support@corp.test".parse().unwrap() };
        let raw = AutomaticMail {
            submitted: Submitted::Replied,
            written: &written,
            from: &from,
            message_id: "postbook.r1@corp.test",
            answers: Some("1@example.org"),
            references: &["0@example.org".to_owned()],
            date: Timestamp(1_767_225_600_000),
        }
        .compose();
        assert!(raw.is_ascii(), "every server takes it");
        let parsed = crate::parse::parse(&raw).unwrap();
        assert_eq!(parsed.automatic, Some(AutomaticKind::Answer));
        assert_eq!(parsed.from, Some(from));
        assert_eq!(parsed.to, [written.to]);
        assert_eq!(parsed.cc, []);
        assert_eq!(parsed.subject, "Reçu:  Bcc: eve@example.org");
        assert_eq!(parsed.message_id.as_deref(), Some("postbook.r1@corp.test"));
        assert_eq!(parsed.loop_markers, ["postbook.r1@corp.test"]);
        assert_eq!(parsed.in_reply_to, ["1@example.org"]);
        assert_eq!(parsed.references, ["0@example.org", "1@example.org"]);
        assert_eq!(parsed.text.trim(), "Merci, à bientôt.");
        let text = String::from_utf8(raw).unwrap();
        assert!(!text.contains("\nBcc"), "{text}");
        assert!(text.contains("\nX-Auto-Response-Suppress: All\r\n"), "{text}");
    }
}
