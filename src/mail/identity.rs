//! Recognises the same mail however often and by whichever protocol it is fetched.

use event::{ContactId, MailboxName};

use crate::header::{self, Field};
use crate::lines::Lines;

/// Fields in which servers and clients keep their own notes on a stored mail; they change from
/// one fetch to the next.
const NOTE_FIELDS: [&str; 10] = [
    "Content-Length",
    "Lines",
    "Status",
    "X-IMAP",
    "X-IMAPbase",
    "X-Keywords",
    "X-Status",
    "X-UID",
    "X-UIDL",
    "X-Evolution",
];

/// The BLAKE3 digest of a mail, of all that servers leave alone.
///
/// Left out are line endings, line endings at the end of the mail, the line an mbox puts before
/// it, servers' notes in the header, and NUL bytes together with the byte 0x80, which servers
/// send in their place.
pub fn fingerprint(raw: &[u8]) -> [u8; 32] {
    let (header, body) = header::split(raw);
    let mut digest = Digest::default();
    for field in header.iter().filter(|field| !is_note(field)) {
        digest.hasher.update(field.name.as_bytes());
        digest.hasher.update(b":");
        digest.lines(field.value);
        digest.line_end();
    }
    digest.line_end();
    digest.lines(body);
    *digest.hasher.finalize().as_bytes()
}

/// The id of the contact a mail makes in a mailbox; `salt` is 0, and counts up only where the id
/// is taken by another mail.
pub fn contact_id(mailbox: &MailboxName, fingerprint: &[u8; 32], salt: u32) -> ContactId {
    let mut hasher = blake3::Hasher::new_derive_key("postbook contact id, version 1");
    hasher.update(fingerprint);
    hasher.update(&salt.to_be_bytes());
    hasher.update(mailbox.as_str().as_bytes());
    ContactId::from_digest(hasher.finalize().as_bytes())
}

fn is_note(field: &Field<'_>) -> bool {
    let name = field.name;
    NOTE_FIELDS.iter().any(|note| note.eq_ignore_ascii_case(name))
        || name.to_ascii_lowercase().starts_with("x-mozilla-")
}

/// Line endings are held back until something follows, so that those at the end do not count.
#[derive(Default)]
struct Digest {
    hasher: blake3::Hasher,
    endings_due: u64,
}

impl Digest {
    fn lines(&mut self, bytes: &[u8]) {
        for line in Lines::new(bytes) {
            for piece in line.content.split(|&byte| byte == 0 || byte == 0x80) {
                self.piece(piece);
            }
            if line.ended {
                self.line_end();
            }
        }
    }

    fn piece(&mut self, piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        for _ in 0..std::mem::take(&mut self.endings_due) {
            self.hasher.update(b"\n");
        }
        self.hasher.update(piece);
    }

    fn line_end(&mut self) {
        self.endings_due += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: a@b.test\nSubject: x\n y\n\nOne\n\nTwo \u{c0}\n";

    #[test]
    fn what_servers_alter_does_not_matter() {
        let expected = fingerprint(MAIL.as_bytes());
        let crlf = MAIL.replace('\n', "\r\n");
        let same = [
            crlf.clone(),
            format!("{MAIL}\n\n"),
            MAIL.trim_end().to_owned(),
            format!("From jo Mon Jan 1\n{MAIL}"),
            format!("X-UIDL: 7\r\nStatus: RO\r\n{crlf}"),
            MAIL.replace("Two", "T\0wo"),
        ];
        for (number, mail) in same.iter().enumerate() {
            assert_eq!(fingerprint(mail.as_bytes()), expected, "{number}");
        }
    }

    #[test]
    fn what_senders_write_matters() {
        let expected = fingerprint(MAIL.as_bytes());
        let other = [
            MAIL.replace("Two", "two"),
            MAIL.replace("One\n\n", "One\n"),
            MAIL.replace("Two", " Two"),
            MAIL.replace("a@b", "a@c"),
            MAIL.replace("\n y", " y"),
            MAIL.replace("x\n y\n\nOne", "x\n\n y\nOne"),
        ];
        for (number, mail) in other.iter().enumerate() {
            assert_ne!(fingerprint(mail.as_bytes()), expected, "{number}");
        }
    }

    #[test]
    fn a_contact_belongs_to_its_mailbox() {
        let name = |text: &str| MailboxName::new(text).unwrap();
        let print = fingerprint(MAIL.as_bytes());
        let id = contact_id(&name("support"), &print, 0);
        assert_eq!(id, contact_id(&name("support"), &print, 0));
        assert_ne!(id, contact_id(&name("sales"), &print, 0));
        assert_ne!(id, contact_id(&name("support"), &print, 1));
    }
}
