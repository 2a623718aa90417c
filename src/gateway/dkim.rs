//! Signs what goes to customers (RFC 6376, relaxed/relaxed; Ed25519 by RFC 8463).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

/// Signed where they stand, and once more, so that nobody can add another one unnoticed.
const SIGNED: [&str; 6] = ["from", "to", "cc", "reply-to", "subject", "date"];
/// Signed where they stand; a server on the way may add those that are missing.
const SIGNED_IF_PRESENT: [&str; 7] = [
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-language",
];
/// RFC 5322 section 2.1.1 wants lines below 78 characters.
const LINE_BYTES: usize = 72;

/// The keys of our domains; without any, nothing is signed.
#[derive(Clone, Default)]
pub struct Signer {
    keys: Vec<Arc<Key>>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The domain or the selector is no name of the DNS.
    #[error("`{0}` is no domain name; write it as it stands in the DNS, without a final dot")]
    Name(String),
    /// Not a PEM file with a private key, or a key of another kind or size.
    #[error("it holds no RSA key of 2048 to 4096 bits and no Ed25519 key in PEM form")]
    Key,
}

struct Key {
    domain: String,
    selector: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// Adds the key that mail from `domain` is signed with; its public half is expected in the DNS
    /// at `selector._domainkey.domain`. A domain may have several keys, each makes a signature.
    pub fn add(&mut self, domain: &str, selector: &str, pem: &[u8]) -> Result<(), SignerError> {
        for name in [domain, selector] {
            if !is_name(name) {
                return Err(SignerError::Name(name.to_owned()));
            }
        }
        let key = Key {
            domain: domain.to_ascii_lowercase(),
            selector: selector.to_ascii_lowercase(),
            pair: Pair::read(pem).ok_or(SignerError::Key)?,
        };
        self.keys.push(Arc::new(key));
        Ok(())
    }

    /// Puts the signatures of the domain it is from before a mail whose lines end in CRLF. The same
    /// mail always gets the same signatures.
    pub fn sign(&self, from_domain: &str, mail: Vec<u8>) -> Vec<u8> {
        let keys = self.keys.iter().filter(|key| key.domain.eq_ignore_ascii_case(from_domain));
        let mut out: Vec<u8> = keys.filter_map(|key| key.field(&mail)).flatten().collect();
        if out.is_empty() {
            return mail;
        }
        out.extend_from_slice(&mail);
        out
    }
}

impl Key {
    /// The whole DKIM-Signature field. No time is in it: a mail that is sent again stays the same.
    fn field(&self, mail: &[u8]) -> Option<Vec<u8>> {
        let (fields, body) = split(mail);
        let (names, mut signed) = signed_fields(&fields);
        let body_hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let Self { domain, selector, pair } = self;
        let algorithm = pair.algorithm();
        let unsigned = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={domain};\r\n \
             s={selector};\r\n h={};\r\n bh={body_hash};\r\n b=",
            names.join(":\r\n ")
        );
        signed.extend_from_slice(&relaxed_field(unsigned.as_bytes()));
        let Some(signature) = pair.sign(&signed) else {
            tracing::error!(domain, selector, "a mail goes out without a signature; check the key");
            return None;
        };
        let mut out = unsigned.into_bytes();
        for chunk in STANDARD.encode(signature).as_bytes().chunks(LINE_BYTES) {
            out.extend_from_slice(b"\r\n ");
            out.extend_from_slice(chunk);
        }
        out.extend_from_slice(b"\r\n");
        Some(out)
    }
}

impl Pair {
    fn read(pem: &[u8]) -> Option<Self> {
        match PrivateKeyDer::from_pem_slice(pem).ok()? {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                // OpenSSL writes Ed25519 keys without their public half.
                if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    return Some(Self::Ed25519(pair));
                }
                RsaKeyPair::from_pkcs8(der).ok()
            }
            _ => None,
        }
        .map(|pair| Self::Rsa(Box::new(pair)))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, signed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature).ok()?;
                Some(signature)
            }
            // RFC 8463 section 3: the hash is what is signed.
            Self::Ed25519(pair) => {
                Some(pair.sign(digest(&SHA256, signed).as_ref()).as_ref().to_vec())
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// The fields, each with its folded lines, and the body.
fn split(mail: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut fields = Vec::new();
    let mut rest = mail;
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return (fields, body);
        }
        let end = rest
            .windows(3)
            .position(|bytes| {
                bytes.starts_with(b"\r\n") && !bytes.ends_with(b" ") && !bytes.ends_with(b"\t")
            })
            .map_or(rest.len(), |at| at + 2);
        let (field, after) = rest.split_at(end);
        fields.push(field);
        rest = after;
    }
    (fields, rest)
}

/// RFC 6376 section 5.4.2: fields of one name are taken from the bottom up; a name beyond the last
/// of them stands for nothing.
fn signed_fields(fields: &[&[u8]]) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut signed) = (Vec::new(), Vec::new());
    for name in SIGNED.into_iter().chain(SIGNED_IF_PRESENT) {
        for field in fields.iter().rev().filter(|field| is_named(field, name)) {
            names.push(name);
            signed.extend_from_slice(&relaxed_field(field));
            signed.extend_from_slice(b"\r\n");
        }
    }
    names.extend(SIGNED);
    (names, signed)
}

fn is_named(field: &[u8], name: &str) -> bool {
    let end = field.iter().position(|&byte| byte == b':').unwrap_or(0);
    field.get(..end).is_some_and(|found| found.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}

/// RFC 6376 section 3.4.2, without the line ending.
fn relaxed_field(field: &[u8]) -> Vec<u8> {
    let colon = field.iter().position(|&byte| byte == b':').unwrap_or(field.len());
    let (name, value) = field.split_at(colon);
    let mut out = name.trim_ascii().to_ascii_lowercase();
    out.push(b':');
    let value: Vec<u8> =
        value.iter().skip(1).copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    out.extend_from_slice(single_spaces(&value).trim_ascii());
    out
}

/// RFC 6376 section 3.4.4.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    // Blank lines count only if a line with text follows.
    let mut blank = 0;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|pair| pair == b"\r\n");
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(2..).unwrap_or_default();
        let line = single_spaces(line);
        let line = line.strip_suffix(b" ").unwrap_or(&line);
        if line.is_empty() {
            blank += 1;
            continue;
        }
        out.extend(b"\r\n".repeat(std::mem::take(&mut blank)));
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Every run of spaces and tabs as one space.
fn single_spaces(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        let is_space = byte == b' ' || byte == b'\t';
        if !(is_space && out.last() == Some(&b' ')) {
            out.push(if is_space { b' ' } else { byte });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    const RSA: &[u8] = include_bytes!("fixtures/dkim-rsa.pem");
    const ED25519_PEM: &[u8] = include_bytes!("fixtures/dkim-ed25519.pem");
    const MAIL: &str = "From: Info <info@desk.test>\r\nTo: jo@example.org\r\n\
         Subject: Re:  your\r\n \t question\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\
         Message-ID: <a@desk.test>\r\n\r\nHello  Jo, \t\r\n\r\nbye\t now\r\n\r\n\r\n";

    /// RFC 8463 appendix A.3, whose signature of another program shows that the verifier below, and
    /// what it shares with the signer, follow the RFC.
    const OF_THE_RFC: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n \
         d=football.example.com; i=@football.example.com;\r\n \
         q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n \
         subject : date : message-id : from : subject : date;\r\n \
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
         b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n \
         Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n\
         From: Joe SixPack <joe@football.example.com>\r\n\
         To: Suzie Q <suzie@shopping.example.net>\r\n\
         Subject: Is dinner ready?\r\n\
         Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n\
         Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n\
         Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";

    fn signer(pem: &[u8]) -> Signer {
        let mut signer = Signer::default();
        signer.add("Desk.test", "s1", pem).unwrap();
        signer
    }

    fn signed(pem: &[u8]) -> String {
        String::from_utf8(signer(pem).sign("desk.test", MAIL.into())).unwrap()
    }

    fn public(pem: &[u8]) -> Vec<u8> {
        match Pair::read(pem).unwrap() {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// Whether the topmost signature of a mail is good.
    fn verifies(mail: &str, public: &[u8]) -> bool {
        let (fields, body) = split(mail.as_bytes());
        let own = std::str::from_utf8(fields[0]).unwrap();
        let tag = |name: &str| {
            let value: String = own.split_once(':').unwrap().1.split_whitespace().collect();
            let found = value.split(';').find_map(|tag| tag.strip_prefix(&format!("{name}=")[..]));
            found.unwrap().to_owned()
        };
        let mut left: Vec<&[u8]> = fields[1..].to_vec();
        let mut data = Vec::new();
        for name in tag("h").split(':') {
            if let Some(at) = left.iter().rposition(|field| is_named(field, name)) {
                data.extend_from_slice(&relaxed_field(left.remove(at)));
                data.extend_from_slice(b"\r\n");
            }
        }
        let without_value = &own[..own.rfind(" b=").unwrap() + 3];
        data.extend_from_slice(&relaxed_field(without_value.as_bytes()));
        let signature = STANDARD.decode(tag("b")).unwrap();
        let is_good = if tag("a") == "rsa-sha256" {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(&data, &signature)
        } else {
            let hash = digest(&SHA256, &data);
            UnparsedPublicKey::new(&ED25519, public).verify(hash.as_ref(), &signature)
        };
        is_good.is_ok() && tag("bh") == STANDARD.encode(digest(&SHA256, &relaxed_body(body)))
    }

    #[test]
    fn the_signature_of_the_rfc_verifies() {
        let public = STANDARD.decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=").unwrap();
        assert!(verifies(OF_THE_RFC, &public));
        assert!(!verifies(&OF_THE_RFC.replace("hungry", "angry"), &public));
    }

    #[test]
    fn our_signatures_verify_and_changes_break_them() {
        for pem in [RSA, ED25519_PEM] {
            let (mail, public) = (signed(pem), public(pem));
            assert!(mail.ends_with(MAIL));
            assert!(verifies(&mail, &public), "{mail}");
            // What servers on the way may do: fold anew, change white space, add a trace.
            let relayed = mail.replace("Re:  your\r\n \t question", "Re: your\r\n question");
            let relayed = relayed.replace("Hello  Jo, \t\r\n", "Hello Jo,\r\n");
            let relayed = relayed.replace("\r\nFrom:", "\r\nReceived: by x\r\nFrom:");
            assert!(relayed != mail && verifies(&relayed, &public), "{relayed}");
            for (from, to) in [
                ("bye", "buy"),
                ("question", "answer"),
                ("info@desk", "ceo@desk"),
                ("\r\nFrom:", "\r\nFrom: ceo@desk.test\r\nFrom:"),
                ("\r\nFrom:", "\r\nReply-To: jo@evil.test\r\nFrom:"),
            ] {
                assert!(!verifies(&mail.replace(from, to), &public), "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn only_mail_of_the_domain_is_signed_and_by_each_of_its_keys() {
        let mut signer = signer(RSA);
        assert_eq!(signer.sign("other.test", MAIL.into()), MAIL.as_bytes());
        assert_eq!(Signer::default().sign("desk.test", MAIL.into()), MAIL.as_bytes());
        signer.add("desk.test", "s2", ED25519_PEM).unwrap();
        let twice = String::from_utf8(signer.sign("DESK.test", MAIL.into())).unwrap();
        assert!(verifies(&twice, &public(RSA)));
        let second = twice.rfind("DKIM-Signature").unwrap();
        assert!(second > 0 && verifies(&twice[second..], &public(ED25519_PEM)));
        assert!(twice.lines().all(|line| line.len() < 78), "{twice}");
    }

    #[test]
    fn bodies_without_text_hash_as_the_rfc_says() {
        for (body, expected) in [
            ("", ""),
            ("\r\n \r\n", ""),
            ("a", "a\r\n"),
            (" a\t\r\n\r\n", " a\r\n"),
            ("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"),
        ] {
            assert_eq!(relaxed_body(body.as_bytes()), expected.as_bytes(), "{body:?}");
        }
    }

    #[test]
    fn unusable_keys_and_names_are_refused() {
        let mut signer = Signer::default();
        for pem in ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
        {
            assert!(matches!(signer.add("a.test", "s", pem.as_bytes()), Err(SignerError::Key)));
        }
        for name in ["", "a.test.", "a;b", "a\r\nb", "ä.test"] {
            assert!(matches!(signer.add(name, "s", RSA), Err(SignerError::Name(_))));
            assert!(matches!(signer.add("a.test", name, RSA), Err(SignerError::Name(_))));
        }
    }
}
