//! Whether a mail may be answered by itself, without a person (RFC 3834).

use event::{Address, AutomaticKind, WithheldReason};

/// Where an automatic answer to a mail goes, such as the receipt of a question: `answer_to`, which
/// is Reply-To, else From. A mail that no person wrote (`automatic`) gets none; `own` knows our own
/// addresses, from which an answer would come back and be answered again.
pub fn may_answer(
    automatic: Option<AutomaticKind>,
    answer_to: Option<&Address>,
    own: impl Fn(&Address) -> bool,
) -> Result<&Address, WithheldReason> {
    if let Some(kind) = automatic {
        return Err(WithheldReason::Automatic(kind));
    }
    let address = answer_to.ok_or(WithheldReason::NoAddress)?;
    if own(address) { Err(WithheldReason::OwnAddress) } else { Ok(address) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[track_caller]
    fn check(header: &str, expected: Result<&str, WithheldReason>) {
        let raw = format!("Subject: A question\r\n{header}\r\n\r\nHello.\r\n");
        let parsed = parse(raw.as_bytes()).unwrap();
        let own = |address: &Address| address.as_str() == "support@corp.test";
        let answered = may_answer(parsed.automatic, parsed.answer_to(), own);
        assert_eq!(answered.map(Address::as_str), expected, "{header}");
    }

    #[track_caller]
    fn check_automatic(header: &str, kind: AutomaticKind) {
        check(&format!("From: jo@example.org\r\n{header}"), Err(WithheldReason::Automatic(kind)));
    }

    #[test]
    fn people_are_answered_where_they_want_it() {
        check("From: jo@example.org", Ok("jo@example.org"));
        check("From: jo@example.org\r\nReply-To: jane@example.org", Ok("jane@example.org"));
        // A form on our own web site.
        check("From: support@corp.test\r\nReply-To: jo@example.org", Ok("jo@example.org"));
        check("To: support@corp.test", Err(WithheldReason::NoAddress));
    }

    #[test]
    fn case_050_automatic_replies_are_not_answered() {
        check_automatic("Auto-Submitted: auto-replied", AutomaticKind::Answer);
        check_automatic("Auto-Submitted: auto-generated", AutomaticKind::Answer);
    }

    #[test]
    fn case_051_auto_submitted_no_is_a_person() {
        check("From: jo@example.org\r\nAuto-Submitted: no", Ok("jo@example.org"));
    }

    #[test]
    fn case_052_lists_and_bulk_mail_are_not_answered() {
        for header in
            ["Precedence: bulk", "Precedence: list", "Precedence: junk", "List-Id: <news.b.test>"]
        {
            check_automatic(header, AutomaticKind::List);
        }
    }

    #[test]
    fn case_053_out_of_office_notices_are_not_answered() {
        check_automatic(
            "X-Auto-Response-Suppress: All\r\nX-MS-Exchange-Inbox-Rules-Loop: jo@example.org",
            AutomaticKind::Answer,
        );
        check_automatic("X-Auto-Response-Suppress: All", AutomaticKind::List);
    }

    #[test]
    fn case_054_mail_systems_are_not_answered() {
        let bounce = Err(WithheldReason::Automatic(AutomaticKind::Bounce));
        check("From: MAILER-DAEMON@example.org", bounce);
        check("From: postmaster@example.org\r\nReply-To: jo@example.org", bounce);
        check("From: no-reply@example.org\r\nReturn-Path: <>", bounce);
        check("From: no-reply@example.org\r\nReturn-Path: <MAILER-DAEMON>", bounce);
    }

    #[test]
    fn case_057_a_bounced_receipt_and_a_receipt_to_ourselves_end_there() {
        check_automatic(
            "Return-Path: <>\r\nContent-Type: multipart/report; report-type=delivery-status; \
             boundary=x",
            AutomaticKind::Bounce,
        );
        check("From: support@corp.test", Err(WithheldReason::OwnAddress));
        check(
            "From: jo@example.org\r\nReply-To: support@corp.test",
            Err(WithheldReason::OwnAddress),
        );
    }
}
