//! Bounces as servers of different makes write them.

use event::DeliveryOutcome;
use mail::{Bounce, bounce};

fn report(status: &str, returned: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.test\r\nContent-Type: multipart/report; \
         report-type=delivery-status; boundary=r\r\n\r\n--r\r\n\r\nSorry.\r\n--r\r\n\
         Content-Type: message/delivery-status\r\n\r\n{status}\r\n--r\r\n{returned}\r\n--r--\r\n"
    )
}

#[track_caller]
fn read(raw: &str) -> Bounce {
    bounce(raw.as_bytes()).unwrap()
}

#[track_caller]
fn check_status(status: &str, expected: &[(&str, DeliveryOutcome, Option<&str>)]) {
    let bounce =
        read(&report(status, "Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@a.test>"));
    let found: Vec<_> = bounce
        .recipients
        .iter()
        .map(|one| {
            let address = one.address.as_ref().map_or("", event::Address::as_str);
            (address, one.outcome, one.status.as_deref())
        })
        .collect();
    assert_eq!(found, expected, "{status}");
}

const MAIL_GROUP: &str = "Reporting-MTA: dns; mx.test\r\n\r\n";

#[test]
fn case_061_every_recipient_has_an_outcome() {
    let status = format!(
        "{MAIL_GROUP}Final-Recipient: rfc822; jo@example.org\r\nAction: delivered\r\nStatus: \
         2.0.0\r\n\r\nFinal-Recipient: RFC822;<Jane@Example.org>\r\nAction: Failed (gone)\r\n\
         Status: 5.1.1 (no such user)\r\nDiagnostic-Code: smtp;\r\n 550 5.1.1\r\n  No such user"
    );
    check_status(
        &status,
        &[
            ("jo@example.org", DeliveryOutcome::Delivered, Some("2.0.0")),
            ("Jane@example.org", DeliveryOutcome::Failed, Some("5.1.1")),
        ],
    );
    let bounce = read(&report(
        &status,
        "Content-Type: text/rfc822-headers\r\n\r\nMessage-Id:\r\n <1@a.test>",
    ));
    assert_eq!(
        (bounce.outcome, bounce.status.as_deref()),
        (DeliveryOutcome::Failed, Some("5.1.1"))
    );
    assert_eq!(bounce.original_message_id.as_deref(), Some("1@a.test"));
    assert_eq!(bounce.recipients[1].diagnostic.as_deref(), Some("550 5.1.1 No such user"));
}

#[test]
fn case_062_a_delay_is_no_failure() {
    let group = "Final-Recipient: rfc822; jo@example.org\r\nAction: delayed\r\nStatus: 4.4.1";
    check_status(group, &[("jo@example.org", DeliveryOutcome::Delayed, Some("4.4.1"))]);
    // Given up after many tries: the action decides, not the class of the status.
    let group = "Final-Recipient: rfc822; jo@example.org\r\nAction: failed\r\nStatus: 4.4.7";
    check_status(group, &[("jo@example.org", DeliveryOutcome::Failed, Some("4.4.7"))]);
    let old = "From: MAILER-DAEMON@mx.test\nSubject: Warning: could not send message for past 4 \
               hours\n\nMessage-ID: <1@a.test>\n";
    assert_eq!(read(old).outcome, DeliveryOutcome::Delayed);
}

#[test]
fn careless_reports_are_read() {
    check_status(
        "Original-Recipient: rfc822;jo@example.org\nFinal-Recipient: x400; /s=jo/\nStatus: 5.0.0",
        &[("jo@example.org", DeliveryOutcome::Failed, Some("5.0.0"))],
    );
    check_status(
        "Final-Recipient: jo@example.org\nAction: failed\nStatus: 550",
        &[("jo@example.org", DeliveryOutcome::Failed, None)],
    );
    check_status(
        "Final-Recipient: rfc822;nobody\nAction: relayed\nStatus: 2.1234.0",
        &[("", DeliveryOutcome::Relayed, None)],
    );
    check_status("Final-Recipient: rfc822;jo@example.org\nAction: sung", &[]);
    let encoded = report("", "").replace(
        "message/delivery-status\r\n\r\n",
        "message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGpvQGV4YW1wbGUub3JnCkFjdGlvbjogZXhwYW5kZWQK",
    );
    assert_eq!(read(&encoded).outcome, DeliveryOutcome::Expanded);
}

#[test]
fn qmail_tells_it_in_words() {
    let bounce = read(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\nTo: support@corp.test\nSubject: failure \
         notice\n\nHi. This is the qmail-send program at mx.test.\nI give up.\n\n\
         <jo@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line \
         is a copy of the message.\n\nReturn-Path: <support@corp.test>\nMessage-ID: \
         <1@a.test>\n\n<jane@example.org>:\nnot a recipient\n",
    );
    assert_eq!(
        (bounce.outcome, bounce.status.as_deref()),
        (DeliveryOutcome::Failed, Some("5.1.1"))
    );
    assert_eq!(bounce.recipients.len(), 1);
    assert_eq!(bounce.recipients[0].address.as_ref().unwrap().as_str(), "jo@example.org");
    assert_eq!(bounce.original_message_id.as_deref(), Some("1@a.test"));
}

#[test]
fn others_return_the_mail_only() {
    let bounce = read(
        "From: postmaster@mx.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nNo.\n--b\n\
         Content-Type: message/rfc822\n\nSubject: x\nMessage-ID: <1@a.test>\n\nHello\n--b--\n",
    );
    assert_eq!((bounce.outcome, bounce.status), (DeliveryOutcome::Failed, None));
    assert_eq!(bounce.original_message_id.as_deref(), Some("1@a.test"));
    let bounce = read("From: postmaster@mx.test\nX-Failed-Recipients: jo@example.org, x\n\nNo.\n");
    assert_eq!(bounce.recipients.len(), 1);
    assert_eq!(bounce.original_message_id, None);
}

#[test]
fn what_is_no_bounce_or_says_nothing_is_none() {
    assert_eq!(bounce(b"From: postmaster@mx.test\n\nHello.\n"), None);
    // A person passes a bounce on.
    let passed_on = report("Final-Recipient: rfc822;jo@example.org\nAction: failed", "")
        .replace("MAILER-DAEMON@mx.test", "jane@example.org")
        .replace("multipart/report; report-type=delivery-status", "multipart/mixed");
    assert_eq!(bounce(passed_on.as_bytes()), None);
    assert_eq!(bounce(b""), None);
}

#[test]
fn sizes_are_bounded() {
    let group = format!(
        "Final-Recipient: rfc822;jo@example.org\nAction: failed\nDiagnostic-Code: smtp; {}\n\n",
        "é".repeat(1_000)
    );
    let bounce = read(&report(&group.repeat(1_000), ""));
    assert_eq!(bounce.recipients.len(), 100);
    let diagnostic = bounce.recipients[0].diagnostic.as_ref().unwrap();
    assert_eq!(diagnostic.chars().count(), 500);
    let id = format!("Content-Type: message/rfc822\r\n\r\nMessage-ID: <{}@a>", "x".repeat(100_000));
    let with_id = report("Final-Recipient: rfc822;jo@example.org\nAction: failed", &id);
    assert_eq!(read(&with_id).original_message_id, None);
}
