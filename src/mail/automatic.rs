//! Tells mail that no person wrote, and of which kind it is.

use event::{AutomaticKind, Person};

use crate::decode::Parameterised;
use crate::header::Header;

/// Fields that only programs which answer by themselves set; their values do not matter.
const ANSWER_FIELDS: [&str; 9] = [
    "X-Apple-Action",
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponse",
    "X-AutoReply-From",
    "X-Auto-Reply-From",
    "X-Mail-Autoreply",
    "X-MS-Exchange-Generated-Message-Source",
    "X-MS-Exchange-Inbox-Rules-Loop",
];
/// RFC 2369, RFC 2919, and what lists wrote before them.
const LIST_FIELDS: [&str; 9] = [
    "List-Archive",
    "List-Help",
    "List-Id",
    "List-Owner",
    "List-Post",
    "List-Subscribe",
    "List-Unsubscribe",
    "Mailing-List",
    "X-Mailing-List",
];
/// Local parts under which mail systems write.
const SYSTEM_SENDERS: [&str; 5] =
    ["mail-daemon", "maildaemon", "mailer-daemon", "post_master", "postmaster"];
/// Display names under which they write, in lower case.
const SYSTEM_NAMES: [&str; 2] = ["mail delivery subsystem", "mail delivery system"];

/// Classifies a mail by its header alone; `None` is mail from a person.
///
/// A bounce is told before a receipt, a receipt before an answer, an answer before a list.
pub(crate) fn classify(
    header: &Header<'_>,
    content_type: &Parameterised,
    from: Option<&Person>,
) -> Option<AutomaticKind> {
    let answers = answers_by_itself(header);
    if is_bounce(header, content_type, from, answers) {
        Some(AutomaticKind::Bounce)
    } else if is_receipt(content_type) {
        Some(AutomaticKind::Receipt)
    } else if answers || content_type.value == "multipart/report" {
        Some(AutomaticKind::Answer)
    } else if is_list(header) {
        Some(AutomaticKind::List)
    } else {
        None
    }
}

/// RFC 3464, and what mail systems do that do not follow it.
fn is_bounce(
    header: &Header<'_>,
    content_type: &Parameterised,
    from: Option<&Person>,
    answers: bool,
) -> bool {
    let report_type = report_type(content_type);
    if content_type.value == "multipart/report" && report_type.is_some() {
        return matches!(
            report_type.as_deref(),
            Some("delivery-status" | "global-delivery-status")
        );
    }
    // Exim, the address it gave up on.
    content_type.value == "message/delivery-status"
        || header.has("X-Failed-Recipients")
        || match from {
            Some(person) => is_system(person),
            None => is_system_without_address(header),
        }
        // RFC 5321 section 4.5.5; automatic answers use the null sender, too (RFC 3834 section 3.3).
        || (has_null_sender(header) && !answers && !is_receipt(content_type))
}

/// RFC 3798, now RFC 8098.
fn is_receipt(content_type: &Parameterised) -> bool {
    content_type.value == "message/disposition-notification"
        || (content_type.value == "multipart/report"
            && matches!(
                report_type(content_type).as_deref(),
                Some("disposition-notification" | "global-disposition-notification")
            ))
}

/// RFC 3834 section 5, and vendors' fields of the same meaning.
fn answers_by_itself(header: &Header<'_>) -> bool {
    let submitted = header.keyword("Auto-Submitted").unwrap_or_default();
    let submitted = submitted.split([';', ' ', '(']).next().unwrap_or_default();
    (!submitted.is_empty() && submitted != "no")
        || ANSWER_FIELDS.iter().any(|name| header.has(name))
        || precedence(header)
            .is_some_and(|value| matches!(value.as_str(), "auto_reply" | "auto-reply"))
}

/// Lists, bulk mail, and mail whose sender asks for no automatic answer.
fn is_list(header: &Header<'_>) -> bool {
    LIST_FIELDS.iter().any(|name| header.has(name))
        || precedence(header)
            .is_some_and(|value| matches!(value.as_str(), "bulk" | "list" | "junk"))
        || header.keyword("X-Auto-Response-Suppress").is_some_and(|value| {
            value.split([',', ' ']).any(|word| matches!(word, "all" | "oof" | "autoreply"))
        })
}

fn precedence(header: &Header<'_>) -> Option<String> {
    header.keyword("Precedence").or_else(|| header.keyword("X-Precedence"))
}

fn report_type(content_type: &Parameterised) -> Option<String> {
    content_type.get("report-type").map(str::to_lowercase)
}

fn has_null_sender(header: &Header<'_>) -> bool {
    header.keyword("Return-Path").is_some_and(|value| value == "<>")
}

fn is_system(person: &Person) -> bool {
    let local = person.address.local().to_lowercase();
    let name = person.name.as_deref().unwrap_or_default().to_lowercase();
    SYSTEM_SENDERS.contains(&local.as_str()) || SYSTEM_NAMES.contains(&name.as_str())
}

/// Some mail systems write as `MAILER-DAEMON`, without a domain, or as `<>`.
fn is_system_without_address(header: &Header<'_>) -> bool {
    header.keyword("From").is_some_and(|text| {
        text == "<>"
            || SYSTEM_SENDERS.iter().any(|name| text.contains(name))
            || SYSTEM_NAMES.iter().any(|name| text.contains(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    #[track_caller]
    fn check(header: &str, expected: Option<AutomaticKind>) {
        let raw = format!("Subject: x\r\n{header}\r\n\r\nbody\r\n");
        assert_eq!(parse(raw.as_bytes()).unwrap().automatic, expected, "{header}");
    }

    #[test]
    fn people_write_normal_mail() {
        check("From: jo@example.org", None);
        check("Auto-Submitted: no", None);
        check("Auto-Submitted: No (a person)", None);
        check("Auto-Submitted:", None);
        check("Return-Path: <jo@example.org>", None);
        check("Precedence: first-class", None);
        check("X-Auto-Response-Suppress: DR, RN", None);
        check("Content-Type: multipart/mixed; boundary=x", None);
    }

    #[test]
    fn answers_are_told() {
        let kind = Some(AutomaticKind::Answer);
        check("Auto-Submitted: auto-replied", kind);
        check("Auto-Submitted: auto-generated; owner=x", kind);
        check("Return-Path: <>\r\nAuto-Submitted: auto-replied", kind);
        check("X-Auto-Response-Suppress: All\r\nX-MS-Exchange-Inbox-Rules-Loop: a@b.test", kind);
        check("Precedence: auto_reply", kind);
        check("Precedence: bulk\r\nX-Autoreply: yes", kind);
        check("Content-Type: multipart/report; report-type=feedback-report; boundary=x", kind);
    }

    #[test]
    fn bounces_are_told() {
        let kind = Some(AutomaticKind::Bounce);
        check("Content-Type: multipart/report; report-type=Delivery-Status; boundary=x", kind);
        check(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\
             Auto-Submitted: auto-replied",
            kind,
        );
        check("Return-Path: <>", kind);
        check("From: Mail <MAILER-DAEMON@example.org>", kind);
        check("From: postmaster@example.org", kind);
        check("From: Mail Delivery Subsystem <MAILER-DAEMON>", kind);
        check("From: <>", kind);
        check("From: Mail Delivery System <x@example.org>\r\nAuto-Submitted: auto-replied", kind);
        check("X-Failed-Recipients: jo@example.org", kind);
    }

    #[test]
    fn receipts_and_lists_are_told() {
        check(
            "Return-Path: <>\r\nContent-Type: multipart/report; \
             report-type=disposition-notification; boundary=x",
            Some(AutomaticKind::Receipt),
        );
        for header in [
            "List-Id: <a.b.test>",
            "Precedence: Bulk",
            "Precedence: list",
            "X-Auto-Response-Suppress: OOF",
        ] {
            check(header, Some(AutomaticKind::List));
        }
    }
}
