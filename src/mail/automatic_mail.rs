//! Mail that no person wrote (RFC 3834): it says so, so that no other program answers it.

use event::{Person, Timestamp, Written};

use crate::agent_copy::push_id;
use crate::decode;
use crate::encode::{self, push_field};
use crate::parse::LOOP_MARKER;
use crate::parts::{File, push_parts};
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
    /// The text as HTML, where there is that.
    pub html: Option<&'a str>,
    /// Files that go with it.
    pub files: &'a [File<'a>],
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
        push_parts(self.message_id, &self.written.text, self.html, self.files, &mut out);
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
            html: None,
            files: &[],
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

    #[test]
    fn an_answer_with_html_and_files_is_read_as_such() {
        let written = Written {
            to: "jo@example.org".parse().unwrap(),
            subject: "Received".to_owned(),
            text: "Thank you.\n--=_mixed\n".to_owned(),
        };
        let from = Person { name: None, address: "support@corp.test".parse().unwrap() };
        let name = "Conditions générales (1).pdf";
        let file = File { name, media_type: "application/pdf", content: b"%PDF-1.7 \x00\xff" };
        let plain = File { name: "terms of use.txt", media_type: "text/plain", content: b"none" };
        let compose = |html, files: &[File<'_>]| {
            let mail = AutomaticMail {
                submitted: Submitted::Replied,
                written: &written,
                html,
                files,
                from: &from,
                message_id: "postbook.r1@corp.test",
                answers: None,
                references: &[],
                date: Timestamp(1_767_225_600_000),
            };
            mail.compose()
        };
        for html in [None, Some("<p>Thank <b>you</b>.</p>")] {
            for files in [&[][..], &[file, plain][..]] {
                let raw = compose(html, files);
                assert!(raw.is_ascii(), "every server takes it");
                let parsed = crate::parse::parse(&raw).unwrap();
                assert_eq!(parsed.text.trim(), written.text.trim());
                let names: Vec<&str> = files.iter().map(|file| file.name).collect();
                assert_eq!(parsed.attachments, names);
                let shown = String::from_utf8(raw).unwrap();
                assert_eq!(shown.contains("text/html"), html.is_some(), "{shown}");
                let outside = mail_parser::MessageParser::default().parse(&shown).unwrap();
                let contents: Vec<&[u8]> =
                    outside.attachments().map(|part| part.contents()).collect();
                let expected: Vec<&[u8]> = files.iter().map(|file| file.content).collect();
                assert_eq!(contents, expected, "{shown}");
                assert_eq!(
                    outside.body_html(0).is_some_and(|body| body.contains("<b>")),
                    html.is_some()
                );
            }
        }
    }
}
