//! Signs what goes to customers (RFC 6376, relaxed/relaxed; Ed25519 by RFC 8463).

use std::sync::Arc;

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, SigningKey};
use mail_auth::common::headers::{HeaderStream, Writable, Writer};
use mail_auth::dkim::Signature;
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
    pair: DkimKey,
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
            pair: pair(pem).ok_or(SignerError::Key)?,
        };
        self.keys.push(Arc::new(key));
        Ok(())
    }

    /// Puts the signatures of the domain it is from before a mail whose lines end in CRLF. The same
    /// mail always gets the same signatures.
    pub fn sign(&self, from_domain: &str, mut mail: Vec<u8>) -> Vec<u8> {
        let keys = self.keys.iter().filter(|key| key.domain.eq_ignore_ascii_case(from_domain));
        let fields: Vec<u8> = keys.filter_map(|key| key.field(&mail)).flatten().collect();
        // In the same memory, because the mail may be large.
        mail.reserve_exact(fields.len());
        drop(mail.splice(..0, fields));
        mail
    }
}

impl Key {
    /// The whole DKIM-Signature field. No time is in it: a mail that is sent again stays the same.
    fn field(&self, mail: &[u8]) -> Option<Vec<u8>> {
        let Self { domain, selector, pair } = self;
        let message = AuthenticatedMessage::parse(mail)?;
        let stands = |name: &&str| {
            message.headers.iter().any(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
        };
        let standing = SIGNED.into_iter().chain(SIGNED_IF_PRESENT).filter(stands);
        let mut signature = Signature {
            v: 1,
            a: pair.algorithm(),
            d: domain.clone(),
            s: selector.clone(),
            h: standing.chain(SIGNED).map(str::to_owned).collect(),
            ..Signature::default()
        };
        let body = mail.get(message.body_offset()..).unwrap_or_default();
        let parts = Parts { fields: message.headers.iter(), body };
        let (_, headers, names, body) = signature.canonicalize(parts);
        signature.h = names;
        signature.bh = pair.hash(body).as_ref().to_vec();
        match pair.sign(Signed { headers, signature: &signature }) {
            Ok(bytes) => signature.b = bytes,
            Err(error) => {
                tracing::error!(%error, domain, selector, "a mail goes out without a signature; check the key");
                return None;
            }
        }
        let mut field = Vec::new();
        signature.write(&mut field, true);
        Some(field)
    }
}

/// A mail as the fields and the body that are signed.
struct Parts<'a, 'x> {
    fields: std::slice::Iter<'a, (&'x [u8], &'x [u8])>,
    body: &'x [u8],
}

impl<'x> HeaderStream<'x> for Parts<'_, 'x> {
    fn next_header(&mut self) -> Option<(&'x [u8], &'x [u8])> {
        self.fields.next().copied()
    }

    fn body(&mut self) -> &'x [u8] {
        self.body
    }
}

/// What a signature is over: the fields, and itself without its value.
struct Signed<'a, H> {
    headers: H,
    signature: &'a Signature,
}

impl<H: Writable> Writable for Signed<'_, H> {
    fn write(self, writer: &mut impl Writer) {
        self.headers.write(writer);
        self.signature.write(writer, false);
    }
}

fn pair(pem: &[u8]) -> Option<DkimKey> {
    let der = PrivateKeyDer::from_pem_slice(pem).ok()?;
    if let PrivateKeyDer::Pkcs8(pkcs8) = &der {
        // OpenSSL writes Ed25519 keys without their public half.
        let key = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der());
        if let Ok(key) = key {
            return Some(key.into());
        }
    }
    RsaKey::from_key_der(der).ok().map(DkimKey::Rsa)
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use std::borrow::Borrow;
    use std::hash::Hash;
    use std::time::Instant;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use mail_auth::common::parse::TxtRecordParser;
    use mail_auth::common::verify::DomainKey;
    use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
    use mail_auth::{DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};

    use super::*;

    const RSA: &[u8] = include_bytes!("fixtures/dkim-rsa.pem");
    const ED25519: &[u8] = include_bytes!("fixtures/dkim-ed25519.pem");
    const MAIL: &str = "From: Info <info@desk.test>\r\nTo: jo@example.org\r\n\
         Subject: Re:  your\r\n \t question\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\
         Message-ID: <a@desk.test>\r\n\r\nHello  Jo, \t\r\n\r\nbye\t now\r\n\r\n\r\n";

    /// A DNS that has one key under every name.
    struct Published(Txt);

    impl ResolverCache<Box<str>, Txt> for Published {
        fn get<Q>(&self, _: &Q) -> Option<Txt>
        where
            Box<str>: Borrow<Q>,
            Q: Hash + Eq + ?Sized,
        {
            Some(self.0.clone())
        }

        fn remove<Q>(&self, _: &Q) -> Option<Txt>
        where
            Box<str>: Borrow<Q>,
            Q: Hash + Eq + ?Sized,
        {
            None
        }

        fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
    }

    fn signer(pem: &[u8]) -> Signer {
        let mut signer = Signer::default();
        signer.add("Desk.test", "s1", pem).unwrap();
        signer
    }

    fn signed(pem: &[u8]) -> String {
        String::from_utf8(signer(pem).sign("desk.test", MAIL.into())).unwrap()
    }

    /// Whether the topmost signature of a mail is good by the public half of a key.
    async fn verifies(mail: &str, pem: &[u8]) -> bool {
        let (kind, public) = match pair(pem).unwrap() {
            DkimKey::Rsa(key) => ("rsa", key.public_key()),
            DkimKey::Ed25519(key) => ("ed25519", key.public_key()),
        };
        let record = format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(public));
        let key = Txt::DomainKey(Arc::new(DomainKey::parse(record.as_bytes()).unwrap()));
        let nobody = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
        let dns = MessageAuthenticator::new(nobody, ResolverOpts::default()).unwrap();
        let message = AuthenticatedMessage::parse(mail.as_bytes()).unwrap();
        let published = Published(key);
        let asked = Parameters::new(&message).with_txt_cache(&published);
        *dns.verify_dkim(asked).await[0].result() == DkimResult::Pass
    }

    #[tokio::test]
    async fn our_signatures_verify_and_changes_break_them() {
        for pem in [RSA, ED25519] {
            let mail = signed(pem);
            assert!(mail.ends_with(MAIL));
            assert!(verifies(&mail, pem).await, "{mail}");
            // What servers on the way may do: fold anew, change white space, add a trace.
            let relayed = mail.replace("Re:  your\r\n \t question", "Re: your\r\n question");
            let relayed = relayed.replace("Hello  Jo, \t\r\n", "Hello Jo,\r\n");
            let relayed =
                relayed.replace("\r\nFrom:", "\r\nReceived: by x\r\nContent-Language: en\r\nFrom:");
            assert!(relayed != mail && verifies(&relayed, pem).await, "{relayed}");
            for (from, to) in [
                ("bye", "buy"),
                ("question", "answer"),
                ("info@desk", "ceo@desk"),
                ("\r\nFrom:", "\r\nFrom: ceo@desk.test\r\nFrom:"),
                ("\r\nFrom:", "\r\nReply-To: jo@evil.test\r\nFrom:"),
            ] {
                assert!(!verifies(&mail.replace(from, to), pem).await, "{from:?} {to:?}");
            }
        }
    }

    #[tokio::test]
    async fn only_mail_of_the_domain_is_signed_and_by_each_of_its_keys() {
        let mut signer = signer(RSA);
        assert_eq!(signer.sign("other.test", MAIL.into()), MAIL.as_bytes());
        assert_eq!(Signer::default().sign("desk.test", MAIL.into()), MAIL.as_bytes());
        signer.add("desk.test", "s2", ED25519).unwrap();
        let twice = String::from_utf8(signer.sign("DESK.test", MAIL.into())).unwrap();
        assert!(verifies(&twice, RSA).await);
        let second = twice.rfind("DKIM-Signature").unwrap();
        assert!(second > 0 && verifies(&twice[second..], ED25519).await);
        assert!(twice.lines().all(|line| line.len() < 78), "{twice}");
    }

    #[test]
    fn the_same_mail_gets_the_same_signature() {
        let mail = signed(RSA);
        assert_eq!(signed(RSA), mail);
        assert!(mail.contains("c=relaxed/relaxed") && !mail.contains("; t="), "{mail}");
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
