//! Private addresses in what a reply quotes: gone from the marker lines, kept everywhere else.

use mail::{PrivateAddresses, Redacted, redact_quotes};
use proptest::prelude::*;

use crate::oracle;

const MARK: &str = "[address removed]";

fn private() -> PrivateAddresses {
    [oracle::internal(), oracle::address("a1@corp.test")].iter().collect()
}

fn redact(raw: impl AsRef<[u8]>) -> Redacted {
    redact_quotes(raw.as_ref().to_vec(), &private())
}

/// Redacts a mail; `§` in it stands for the agent's address, `$` for the same where it has to go.
#[track_caller]
fn check(mail: &str, remaining: u32) {
    let mail = mail.replace('\n', "\r\n").replace('§', "a1@corp.test");
    let raw = mail.replace('$', "a1@corp.test");
    let found = redact(&raw);
    assert_eq!(String::from_utf8_lossy(&found.bytes), mail.replace('$', MARK));
    let expected = u32::try_from(mail.matches('$').count()).unwrap();
    assert_eq!((found.redacted, found.remaining), (expected, remaining));
}

#[test]
fn case_090_an_attribution_loses_the_address_and_nothing_else_changes() {
    check(
        "Subject: x\n\nWrite to § or\nDesk <desk@corp.test>.\n\n\
         On Tue, 14 Nov 2023 at 22:13, Agnès <$> wrote:\n> from §\n\
         >> Am 13.11.2023 um 08:00 schrieb Agnès <$>:\n>> bye §\n",
        4,
    );
}

#[test]
fn a_header_block_loses_addresses_and_token() {
    let raw = b"\n\n-----Original Message-----\nFrom: Agent <a1@corp.test>\nSent: today\n\
                To: desk+c0123@corp.test; jo@example.org\nSubject: x\n\nFrom: a1@corp.test\n";
    let found = redact(raw);
    let text = String::from_utf8_lossy(&found.bytes);
    assert!(text.contains("From: Agent <[address removed]>\n"), "{text}");
    assert!(text.contains("To: [address removed]; jo@example.org\n"), "{text}");
    assert!(text.ends_with("From: a1@corp.test\n"), "{text}");
    assert_eq!((found.redacted, found.remaining), (2, 1));
}

#[test]
fn html_loses_the_address_in_text_and_link() {
    check(
        "Content-Type: text/html\n\n<p>Mail <a href=\"mailto:§\">me</a></p>\n\
         <div class=\"gmail_attr\">On Tue, 14 Nov 2023 at 22:13, A &lt;<a href=\"mailto:$\">$</a>&gt; \
         wrote:<br></div><blockquote>§</blockquote>\n\
         <hr><p><b>From:</b> A &lt;$&gt;<br><b>Sent:</b> today<br>\n<b>To:</b> J<br></p><p>§</p>",
        3,
    );
}

#[test]
fn each_alternative_keeps_its_encoding() {
    let quoted = "On Tue, 14 Nov 2023 at 22:13, Agn=C3=A8s Marie Dupont-Martin <a1=40corp=\n\
                  .test> wrote:\n> caf=C3=A9 =E2=82=AC  =\n\n";
    let base64 = "PGRpdj5PbiBUdWUsIDE0IE5vdiAyMDIzIGF0IDIyOjEzLCBBICZsdDthMUBjb3JwLnRlc3Qm\n\
                  Z3Q7IHdyb3RlOjwvZGl2PjxibG9ja3F1b3RlPng8L2Jsb2NrcXVvdGU+\n";
    let raw = format!(
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
         {quoted}--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n{base64}--b--\n"
    )
    .replace('\n', "\r\n");
    let found = redact(&raw);
    assert_eq!((found.redacted, found.remaining), (2, 0));
    let text = String::from_utf8(found.bytes).unwrap();
    let expected = "Agn=C3=A8s Marie Dupont-Martin <=\r\n[address removed]=\r\n> wrote:\r\n\
                    > caf=C3=A9 =E2=82=AC  =\r\n\r\n--b\r\n";
    assert!(text.contains(expected), "{text}");
    assert!(text.lines().all(|line| line.len() <= 76), "{text}");
    let html = "<div>On Tue, 14 Nov 2023 at 22:13, A &lt;[address removed]&gt; wrote:</div>\
                <blockquote>x</blockquote>";
    let plain = text.split("base64\r\n\r\n").nth(1).unwrap().split("\r\n--b").next().unwrap();
    let read = mail::parse(format!("Content-Transfer-Encoding: base64\r\n\r\n{plain}").as_bytes());
    assert_eq!(read.unwrap().text, html);
}

#[test]
fn charsets_are_kept() {
    let raw = b"Content-Type: text/plain; charset=iso-8859-1\n\n\
                Le 14 nov. 2023 \xe0 22:13, Agn\xe8s <a1@corp.test> a \xe9crit :\n> \xe9t\xe9\n";
    let found = redact(raw);
    assert!(found.bytes.ends_with(
        b"Le 14 nov. 2023 \xe0 22:13, Agn\xe8s <[address removed]> a \xe9crit :\n> \xe9t\xe9\n"
    ));
}

#[test]
fn case_086_answers_between_quoted_lines_are_not_touched() {
    check(
        "Subject: x\n\nOn Tue, 14 Nov 2023 at 22:13, A <$> wrote:\n> one?\n\
         Yes, ask § or desk+c1@corp.test.\n> two?\nFrom: 9 to 5; To: §\n> three?\n\
         Cc §, On Monday 5 he wrote:\nDone.\n",
        4,
    );
}

#[test]
fn case_087_only_addresses_leave_the_quote() {
    check(
        "Subject: x\n\nHi\n\n> > On Tue, 14 Nov 2023 at 22:13, A <$> wrote:\n> > kept\n> >\n> kept\n\n-- \nA\n",
        0,
    );
}

#[test]
fn what_is_signed_or_attached_is_not_touched() {
    let quote = "On Tue, 14 Nov 2023 at 22:13, A <§> wrote:\n> x\n";
    let part = |head: &str| format!("--b\n{head}\n{quote}--b--\n");
    for kind in
        ["multipart/signed; protocol=\"application/pkcs7-signature\"", "multipart/encrypted"]
    {
        check(&format!("Content-Type: {kind}; boundary=b\n\n{}", part("")), 1);
    }
    let attached = part("Content-Disposition: attachment\n");
    check(&format!("Content-Type: multipart/mixed; boundary=b\n\n{attached}"), 1);
    check(&format!("Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\n\n{quote}"), 1);
    check(&format!("Content-Type: message/rfc822\n\nSubject: x\n\n{quote}"), 1);
}

#[test]
fn damaged_base64_is_left_alone() {
    let damaged =
        "T24gVHVlLCAxNCBOb3YgMjAyMyBhdCAyMjoxMywgQSA8YTFAY29ycC50ZXN0PiB3cm90ZToKPiB4Cg==\n!!";
    let raw = format!("Content-Transfer-Encoding: base64\n\n{damaged}");
    let found = redact(&raw);
    assert_eq!((found.redacted, found.remaining), (0, 1));
    assert_eq!(found.bytes, raw.as_bytes());
}

/// Pieces of which quotes are made.
fn quote_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("On Tue, 14 Nov 2023 at 22:13, A <"),
        Just("a1@corp.test"),
        Just("> wrote:"),
        Just("> "),
        Just("-----Original Message-----"),
        Just("From: "),
        Just("Sent: x"),
        Just("To: "),
        Just("<div>"),
        Just("<blockquote>"),
        Just("<!--"),
        Just("desk+1@corp.test"),
        Just("=\r\n"),
        Just("=40"),
        Just("="),
        Just("\r\n"),
        Just("\n"),
        Just("é"),
        Just("x"),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_addresses_are_replaced(text in quote_like(), head in 0..3_usize) {
        let head = ["", "Content-Type: text/html", "Content-Transfer-Encoding: quoted-printable"][head];
        let raw = format!("Subject: x\r\n{head}\r\n\r\n{text}").replace("\r\n\r\n\r\n", "\r\n\r\n");
        let Redacted { bytes, redacted, remaining } = redact(&raw);
        let text = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(text.matches(MARK).count(), usize::try_from(redacted).unwrap());
        // Done again nothing more is found, and what was left is still left.
        let again = redact(&text);
        prop_assert_eq!((again.redacted, again.remaining), (0, remaining));
        // With the addresses back it is the mail as it came; folded lines cannot tell which it was.
        if !head.contains("quoted") {
            let mut back = String::new();
            for piece in text.split_inclusive(MARK) {
                let Some(kept) = piece.strip_suffix(MARK) else {
                    back += piece;
                    continue;
                };
                back += kept;
                let rest = raw.strip_prefix(&back);
                prop_assert!(rest.is_some());
                let was = ["a1@corp.test", "desk+1@corp.test"];
                let was = was.iter().find(|was| rest.unwrap_or_default().starts_with(**was));
                prop_assert!(was.is_some());
                back += was.unwrap();
            }
            prop_assert_eq!(back, raw);
        }
    }
}

/// Quadratic work would not end here.
#[test]
fn hostile_quotes_are_read_in_linear_time() {
    let size = 100_000;
    for piece in [
        "@",
        "%40",
        "a1@corp.test",
        "a1@corp.test ",
        "\n",
        ">",
        "> ",
        "On 1 2 3 4 a1@corp.test\n",
        "From: a1@corp.test,\n",
        "-----x-----\n",
        "<",
        "<!--",
        "<a ",
        "<div>",
        "<blockquote>",
        "<!-- --",
        "&#64;",
        "=",
        "=4",
        "aaaaaaaa",
        "é",
    ] {
        let body = piece.repeat(size / piece.len());
        for head in [
            "Content-Type: text/plain",
            "Content-Type: text/html",
            "Content-Transfer-Encoding: quoted-printable",
        ] {
            let raw = format!("{head}\r\n\r\n{body} a1@corp.test");
            let found = redact(&raw);
            assert!(found.redacted > 0 || found.bytes == raw.as_bytes());
        }
    }
}
