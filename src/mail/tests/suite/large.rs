//! Mails of many parts, and threads that quote everything again and again.

use crate::oracle;

const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk\r\n";

/// Seventy attachments and 43 times the image of a signature, about 25 MB.
#[test]
fn case_080_seventy_attachments_and_the_images_of_signatures_are_read_and_passed_on_whole() {
    let mut raw = "From: jo@example.org\r\nSubject: many\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/mixed; boundary=b\r\n\r\n\
                   --b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
        .to_owned();
    let mut part = |name: &str, disposition: &str, lines: usize| {
        raw += &format!(
            "--b\r\nContent-Type: image/png; name={name}\r\n\
             Content-Disposition: {disposition}; filename={name}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}",
            LOGO.repeat(lines)
        );
    };
    for _ in 0..43 {
        part("logo.png", "inline", 500);
    }
    for number in 0..70 {
        part(&format!("scan{number}.png"), "attachment", 6_000);
    }
    raw += "--b--\r\n";
    assert!(raw.len() > 24_000_000, "{}", raw.len());
    let parsed = mail::parse(raw.as_bytes()).unwrap();
    assert_eq!(parsed.text.trim(), "Hello.");
    assert!(parsed.attachments.contains(&"scan69.png".to_owned()));
    let body = oracle::body(raw.as_bytes());
    for mail in [oracle::agent_copy(raw.as_bytes(), false), oracle::relay(raw.as_bytes())] {
        assert!(oracle::body(&mail) == body, "it is passed on byte for byte");
    }
    let contact = event::ContactId::from_digest(&[1; 32]);
    let reduced = mail::reduced(raw.as_bytes(), contact);
    assert!(reduced.len() < 10_000, "{}", reduced.len());
}

#[test]
fn case_089_what_is_passed_on_grows_by_a_header_and_not_with_what_it_quotes() {
    let mut text = "Where is my parcel?\r\n".to_owned();
    let mut grown = Vec::new();
    while text.len() < 4_000_000 {
        text = format!("And now?\r\n> {text}> {text}");
        let raw = format!("From: jo@example.org\r\nSubject: parcel\r\n\r\n{text}");
        let parsed = mail::parse(raw.as_bytes()).unwrap();
        assert!(parsed.text.len() <= 256 << 10, "{}", parsed.text.len());
        for mail in [oracle::agent_copy(raw.as_bytes(), false), oracle::relay(raw.as_bytes())] {
            grown.push(mail.len() - raw.len());
        }
    }
    let (first, last) = (&grown[..2], &grown[grown.len() - 2..]);
    assert_eq!(first, last);
    assert!(first.iter().all(|bytes| *bytes < 2_000), "{first:?}");
}
