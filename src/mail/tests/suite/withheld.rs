//! Attachments that are kept from agents.

use std::collections::BTreeSet;

use mail::{parse, withhold};

use crate::{fixtures, oracle};

fn endings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&ending| ending.to_owned()).collect()
}

fn part(head: &str) -> Vec<u8> {
    format!(
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n\
         --b\r\n{head}\r\n\r\nMZ\r\n--b--\r\n"
    )
    .into_bytes()
}

#[test]
fn case_085_a_dangerous_attachment_is_replaced_by_a_note() {
    let mails = fixtures::mails();
    let raw = &mails["085-dangerous-attachment"];
    let (all, none) = withhold(raw, &[]);
    assert_eq!((&*all, none.len()), (raw.as_slice(), 0));
    let (left, names) = withhold(raw, &endings(&["exe"]));
    assert_eq!(names, ["café.exe"]);
    let read = parse(&left).unwrap();
    assert_eq!(read.attachments, ["Bücher.zip"]);
    assert_eq!(read.text.trim_end(), "See attached.\n[attachment withheld: café.exe]");
    let start = oracle::header(&oracle::with_crlf(raw)).len();
    assert_eq!(left[..start], raw[..start], "the header stays");
    let (left, names) = withhold(raw, &endings(&["zip", "exe"]));
    assert_eq!(names, ["Bücher.zip", "café.exe"]);
    assert!(parse(&left).unwrap().attachments.is_empty());
}

#[test]
fn a_name_is_known_however_it_is_written() {
    let long = format!("Content-Disposition: attachment; filename=\"{}.exe\"", "x".repeat(400));
    for head in [
        "Content-Disposition: attachment; filename=\"A.EXE\"",
        "Content-Disposition: attachment; filename=\"a.txt.exe. \"",
        "Content-Disposition: inline; filename*=utf-8''%61.e%78e",
        "Content-Type: application/x; name=\"=?utf-8?Q?a=2Eexe?=\"",
        "Content-Type: image/png; name=a.exe\r\nContent-Disposition: attachment; filename=a.png",
        &long,
    ] {
        assert_eq!(withhold(&part(head), &endings(&["exe"])).1.len(), 1, "{head}");
    }
    for head in
        ["Content-Disposition: attachment; filename=exe", "Content-Type: text/x; name=a.exes"]
    {
        assert_eq!(withhold(&part(head), &endings(&["exe"])).1.len(), 0, "{head}");
    }
}

#[test]
fn a_mail_that_is_the_attachment_itself_keeps_its_header() {
    let raw = b"Subject: x\r\nContent-Type: application/x; name=a.exe\r\n\
                Content-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n\r\nTVo=\r\n";
    let (left, names) = withhold(raw, &endings(&["exe"]));
    assert_eq!(names, ["a.exe"]);
    let read = parse(&left).unwrap();
    assert_eq!(
        (read.subject.as_str(), read.text.trim_end()),
        ("x", "[attachment withheld: a.exe]")
    );
    assert!(!left.windows(4).any(|bytes| bytes == b"TVo="));
}

#[test]
fn nothing_that_was_withheld_is_left() {
    let mails = fixtures::mails();
    let parsed = mails.values().filter_map(|raw| parse(raw).ok());
    let endings: BTreeSet<String> = parsed
        .flat_map(|read| read.attachments)
        .filter_map(|name| Some(name.rsplit_once('.')?.1.to_lowercase()))
        .collect();
    let endings: Vec<String> = endings.into_iter().collect();
    let mut count = 0;
    for (name, raw) in &mails {
        let (left, names) = withhold(raw, &endings);
        count += names.len();
        assert_eq!(withhold(&left, &endings).1, [] as [&str; 0], "{name}");
    }
    assert!(count > 5, "{count}");
}
