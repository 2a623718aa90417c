//! Tables: which conditions hold, what is refused, and what the reasons say.

use event::{Address, AutomaticKind, Check, CheckedBy, MailDetails, Person, Verification};
use proptest::prelude::*;

use crate::{CheckedMail, Condition, Found, Row, Table};

/// A condition as a file has it: `subject contains ["a", "b"]`.
fn condition(text: &str) -> Result<Condition, String> {
    let (field, rest) = text.split_once(' ').unwrap();
    let (operator, operand) = rest.split_once(' ').unwrap();
    let operand: toml::Table = format!("operand = {operand}").parse().unwrap();
    Condition::parse(field, operator, &operand["operand"])
}

/// A table of rows, each a name and conditions.
fn table(rows: &[(&str, &[&str])]) -> Table {
    let rows = rows.iter().map(|(exit, conditions)| Row {
        exit: exit.parse().unwrap(),
        conditions: conditions.iter().map(|text| condition(text).unwrap()).collect(),
    });
    Table { rows: rows.collect() }
}

fn mail() -> CheckedMail {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    CheckedMail {
        header: vec![
            field("X-Customer", "Gold"),
            field("Received", "from a.example.org"),
            field("x-customer", "second"),
        ],
        subject: "Cafe\u{301} invoice no. 77".to_owned(),
        text: "Dear desk,\r\nthe yearly\nREPORT is due in Straßburg.\r\n".to_owned(),
        attachments: vec!["Scan.PDF".to_owned(), "photo.jpg".to_owned()],
        sender: "Jo.Doe@mail.example.org".to_owned(),
        recipients: vec!["support@desk.example".to_owned(), "boss@example.com".to_owned()],
        size: 2_000_000,
        language: "fr-CA".to_owned(),
        automatic: None,
        verification: Verification {
            dmarc: Check::Pass,
            dkim: Check::NotChecked,
            spf: Check::SoftFail,
            by: CheckedBy::Server,
        },
    }
}

#[test]
fn conditions_hold_or_do_not() {
    for (text, expected) in [
        ("subject contains 'INVOICE'", true),
        ("subject contains 'CAF\u{c9}'", true),
        ("subject contains ['facture', 'invoice']", true),
        ("subject contains 'facture'", false),
        ("subject equals 'café  Invoice no. 77'", true),
        ("subject equals 'invoice'", false),
        ("subject in ['x', 'Café invoice no. 77']", true),
        ("subject matches 'INVOICE no\\. \\d+$'", true),
        ("subject matches '^caf\u{e9}'", true),
        ("subject matches '(?-i)^caf\u{e9}'", false),
        ("subject matches ['^x', '^y']", false),
        ("body contains 'yearly report'", true),
        ("body contains 'STRASSBURG'", true),
        ("body matches '(?m)^report is'", true),
        ("header:X-Customer equals 'gold'", true),
        ("header:x-customer in ['Second']", true),
        ("header:X-Absent contains 'a'", false),
        ("attachment matches '\\.pdf$'", true),
        ("attachment contains '.exe'", false),
        ("attachment equals ['PHOTO.jpg']", true),
        ("sender equals 'jo.doe@MAIL.example.org'", true),
        ("sender in ['a@b.example', 'jo.doe@mail.example.org']", true),
        ("sender contains 'doe@'", true),
        ("sender domain 'mail.example.org'", true),
        ("sender domain 'example.org'", false),
        ("sender domain ['b.example', '*.example.org']", true),
        ("sender matches '^jo\\.'", true),
        ("recipient domain 'example.com'", true),
        ("recipient equals 'boss@example.org'", false),
        ("size above '1 MB'", true),
        ("size above 2000000", false),
        ("size below '2 MiB'", true),
        ("size below 2000000", false),
        ("language is 'FR'", true),
        ("language is 'fr-ca'", true),
        ("language is 'fr-FR'", false),
        ("language in ['de', 'en']", false),
        ("automatic is false", true),
        ("automatic is true", false),
        ("automatic in ['answer', 'bounce']", false),
        ("dmarc is 'pass'", true),
        ("dkim in ['pass', 'not checked']", true),
        ("spf is 'pass'", false),
    ] {
        let row = [("x", &[text][..])];
        let found = table(&row).look(&mail());
        assert_eq!(found.row.is_some(), expected, "{text}: {:?}", found.reasons);
    }
}

#[test]
fn mail_of_which_little_is_known_is_looked_at_as_well() {
    let robot = CheckedMail { automatic: Some(AutomaticKind::List), ..CheckedMail::default() };
    for (text, mail, expected) in [
        ("automatic is true", &robot, "yes: automatic `list` is `true`"),
        ("automatic in ['list', false]", &robot, "yes: automatic `list` is `list`"),
        ("automatic is false", &robot, "no: automatic `list` is not `false`"),
        ("sender contains 'a'", &robot, "no: the mail has no sender that can be read"),
        ("language is 'fr'", &robot, "no: the mail has no language that was recognised"),
        ("recipient contains 'a'", &robot, "no: the mail has no recipient"),
        ("header:A contains 'a'", &robot, "no: the mail has no header `A`"),
        ("subject equals ''", &robot, "yes: subject `` is ``"),
        ("dmarc is 'not checked'", &robot, "yes: dmarc `not checked` is `not checked`"),
    ] {
        let found = table(&[("x", &[text][..])]).look(mail);
        assert_eq!(found.reasons, [format!("row 1 (x): {expected}")], "{text}");
    }
}

#[test]
fn the_first_row_that_holds_decides_and_the_reasons_say_why() {
    let rows: [(&str, &[&str]); 6] = [
        ("big", &["size above '10 MB'", "subject contains 'x'"]),
        ("spanish", &["language is ['es', 'pt']"]),
        ("scan", &["subject contains 'invoice'", "attachment contains ['.exe', '.zip']"]),
        ("many", &["body contains ['a1', 'b1', 'c1', 'd1', 'e1', 'f1', 'g1']"]),
        ("gold", &["header:X-Customer equals 'gold'", "sender domain '*.example.org'"]),
        ("rest", &[]),
    ];
    let expected = [
        "row 1 (big): no: size 2000000 is not above 10000000 bytes",
        "row 2 (spanish): no: language `fr-CA` is neither `es` nor `pt`",
        "row 3 (scan): no: none of 2 attachments contains any of `.exe`, `.zip`",
        "row 4 (many): no: the body contains none of `a1`, `b1`, `c1`, `d1`, `e1` and 2 more",
        "row 5 (gold): yes: header `X-Customer` `Gold` is `gold`; sender `Jo.Doe@mail.example.org` is at `*.example.org`",
    ];
    let found = table(&rows).look(&mail());
    assert_eq!(found, Found { row: Some(5), reasons: expected.map(str::to_owned).to_vec() });

    let long = CheckedMail { subject: format!("a\n{}", "é".repeat(50)), ..CheckedMail::default() };
    let found = table(&[("x", &["subject is 'b'".replace("is", "equals").as_str()])]).look(&long);
    let shown = format!("row 1 (x): no: subject `a {}…` is not `b`", "é".repeat(37));
    assert_eq!(found, Found { row: None, reasons: vec![shown] });
    assert_eq!(table(&[]).look(&long), Found { row: None, reasons: Vec::new() });
    assert_eq!(
        table(&[("all", &[])]).look(&long).reasons,
        ["row 1 (all): yes: it has no conditions"]
    );
}

#[test]
fn what_is_wrong_is_told() {
    for (text, expected) in [
        ("colour is 'red'", "a mail has no `colour`; allowed: `subject`, `body`, "),
        ("header: is 'a'", "`` is no name of a header field"),
        ("header:X:Y is 'a'", "`X:Y` is no name of a header field"),
        (
            "subject is 'a'",
            "`subject` knows no `is`; allowed: `contains`, `equals`, `matches`, `in`",
        ),
        ("size equals 5", "`size` knows no `equals`; allowed: `above`, `below`"),
        ("language contains 'f'", "`language` knows no `contains`; allowed: `is`, `in`"),
        ("subject in 'a'", "`in` takes a list"),
        ("subject contains []", "the list is empty"),
        ("subject contains 5", "a text is expected, or a list of texts, and not `5`"),
        ("subject contains [['a']]", "a text is expected"),
        ("subject contains ''", "every text contains an empty one"),
        ("subject contains ' '", "every text contains an empty one"),
        ("subject matches '('", "`(` is no pattern: unclosed group"),
        ("subject matches '(\\w{90}){90}'", "the pattern `(\\w{90}){90}` is too large"),
        ("size above 'large'", "a size is expected"),
        ("language is 'french'", "`french` is no language tag"),
        ("automatic is 'robot'", "`automatic` is true, false, `answer`"),
        ("dmarc is 'good'", "`good` is no result of a check; allowed: `pass`"),
        ("sender equals 'jo'", "`jo` is not an e-mail address"),
        ("sender domain '@a'", "`@a` is no domain"),
    ] {
        let error = condition(text).unwrap_err();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn only_some_tables_need_the_mail_itself() {
    for (text, needs_mail) in [
        ("subject contains 'a'", false),
        ("sender domain 'a.example'", false),
        ("attachment contains 'a'", false),
        ("size above 1", false),
        ("language is 'fr'", false),
        ("automatic is true", false),
        ("spf is 'pass'", false),
        ("header:X contains 'a'", true),
        ("body contains 'a'", true),
        ("recipient contains 'a'", true),
    ] {
        let rows: [(&str, &[&str]); 2] = [("first", &["size above 1"]), ("x", &[text])];
        assert_eq!(table(&rows).needs_mail(), needs_mail, "{text}");
    }
}

#[test]
fn the_log_alone_tells_much() {
    let address = Address::new("jo@example.org").unwrap();
    let details = MailDetails {
        from: Some(Person { name: None, address }),
        subject: "Hi".to_owned(),
        attachments: vec!["a.pdf".to_owned()],
        ..MailDetails::default()
    };
    let conditions =
        &["subject equals 'hi'", "sender domain 'example.org'", "attachment equals 'a.pdf'"];
    assert_eq!(table(&[("x", conditions)]).look(&CheckedMail::from(&details)).row, Some(1));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_mail_gets_an_answer(
        subject in ".*", text in ".*", name in ".*", sender in ".*", size: u64, language in ".*",
    ) {
        let mail = CheckedMail {
            header: vec![(name.clone(), text.clone())],
            subject,
            text,
            attachments: vec![name],
            recipients: vec![sender.clone()],
            sender,
            size,
            language,
            ..CheckedMail::default()
        };
        let rows: [(&str, &[&str]); 7] = [
            ("a", &["subject contains 'ab'", "body matches 'a.*b'"]),
            ("b", &["header:A contains ['b', 'c', 'd']", "attachment equals 'b'"]),
            ("c", &["sender domain '*.a'", "recipient in ['a@b', 'c@d']"]),
            ("d", &["size above '1 GB'", "language is 'fr'", "automatic is true"]),
            ("e", &["attachment contains 'abc'"]),
            ("f", &["size above '1 kB'"]),
            ("g", &[]),
        ];
        let found = table(&rows).look(&mail);
        prop_assert_eq!(found.row.map(usize::from), Some(found.reasons.len()));
    }
}
