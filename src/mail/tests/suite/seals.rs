//! Signed and encrypted mail: what is told apart, and signatures taken off.

use mail::{Seal, parse, unsigned};

use crate::{fixtures, oracle};

fn seal(raw: &str) -> Option<Seal> {
    parse(raw.replace('\n', "\r\n").as_bytes()).unwrap().seal
}

/// Takes the signatures off; lines that begin with `§` are those that have to go, and `signed` in
/// a multipart's type becomes `mixed`.
#[track_caller]
fn check(marked: &str) {
    let raw = marked.replace('§', "").replace('\n', "\r\n");
    let kept: String = marked.split_inclusive('\n').filter(|line| !line.starts_with('§')).collect();
    let expected = kept.replace("multipart/signed", "multipart/mixed").replace('\n', "\r\n");
    let found = unsigned(raw.as_bytes()).expect("its signatures can be taken off");
    assert_eq!(String::from_utf8(found).unwrap(), expected);
}

#[test]
fn seals_are_told_apart() {
    let opaque = |kind: &str, start: &str| {
        format!(
            "Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{start}{}\n",
            "A".repeat(99)
        )
    };
    let (enveloped, signed) = ("MIIBHgYJKoZIhvcNAQcDoIIB", "MIIBHgYJKoZIhvcNAQcCoIIB");
    let smime = "application/pkcs7-mime; name=smime.p7m";
    assert_eq!(seal(&opaque(smime, enveloped)), Some(Seal::Encrypted));
    assert_eq!(seal(&opaque(smime, signed)), Some(Seal::Signed));
    assert_eq!(seal(&opaque("application/x; name=SMIME.P7M", signed)), Some(Seal::Signed));
    assert_eq!(seal(&opaque(smime, "")), Some(Seal::Encrypted), "nobody can read it");
    assert_eq!(seal("A: b\n\n\n-----BEGIN PGP SIGNED MESSAGE-----\nx\n"), Some(Seal::Signed));
    assert_eq!(seal("A: b\n\n-----BEGIN PGP MESSAGE-----\nx\n"), Some(Seal::Encrypted));
    assert_eq!(seal("Content-Type: multipart/signed\n\nx\n"), Some(Seal::Signed), "no boundary");
    let key = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\
               Content-Type: application/pgp-keys\n\nx\n--b--\n";
    assert_eq!(seal(key), Some(Seal::Signed), "a key names its owner");
    // What the customer had signed, quoted.
    assert_eq!(seal("A: b\n\nYes.\n> -----BEGIN PGP SIGNED MESSAGE-----\n> x\n"), None);
    assert_eq!(seal("A: b\n\nYes.\n\n-----BEGIN PGP SIGNED MESSAGE-----\nx\n"), None);
}

#[test]
fn case_105_the_signature_is_taken_off_and_nothing_else() {
    check(
        "From: Ann <a1@corp.test>\nContent-Type: multipart/signed; micalg=sha-256;\n boundary=\"s\"\n\n\
         --s\nContent-Type: multipart/mixed; boundary=m; protected-headers=\"v1\"\n\
         §From: Ann Agent\n§ <a1@corp.test>\n§Subject: x\n\n--m\n\nThe answer.\n\n--m\n\
         Content-Type: image/png\n\nx\n§--m\n§Content-Type: application/pgp-keys\n§\n§key\n--m--\n\n\
         §--s\n§Content-Type: application/pgp-signature; name=\"x.asc\"\n§\n§signature\n--s--\n",
    );
    // The outer part is a gateway's, and the end is missing.
    check(
        "Content-Type: multipart/mixed; boundary=o\n\n--o\n\
         Content-Type: multipart/signed; boundary=i\n\n--i\n\nThe answer.\n\
         §--i\n§Content-Type: application/octet-stream; name=smime.p7s\n§\n§x\n--i--\n--o\n\nFooter\n",
    );
}

#[test]
fn what_a_signature_encloses_cannot_be_freed() {
    for raw in [
        "A: b\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nx\r\n",
        "Content-Type: application/pkcs7-mime\r\n\r\nx\r\n",
        "Content-Type: application/pkcs7-signature\r\n\r\nx\r\n",
        "Content-Type: multipart/signed\r\n\r\nx\r\n",
        "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
    ] {
        assert_eq!(unsigned(raw.as_bytes()), None, "{raw}");
    }
    assert_eq!(unsigned(b"no header"), None);
}

#[test]
fn every_other_mail_stays_as_it_is() {
    for (name, raw) in &fixtures::mails() {
        let Ok(parsed) = parse(raw) else { continue };
        let left = unsigned(raw);
        match parsed.seal {
            None => assert_eq!(left.as_ref(), Some(raw), "{name}"),
            Some(Seal::Signed) => {
                let left = oracle::with_crlf(&left.unwrap());
                assert!(oracle::body(&left).len() < raw.len(), "{name}");
            }
            Some(Seal::Encrypted) => assert_eq!(left, None, "{name}"),
        }
    }
}
