//! A mail without its attachments, for a mail server that does not take the whole.

use event::ContactId;

use crate::encode;
use crate::header;
use crate::structure;
use crate::text;

/// Whether a status code (RFC 3463) says that a mail is too large for a server or for a mailbox.
pub fn is_too_large(status: &str) -> bool {
    matches!(status, "5.3.4" | "5.2.3")
}

/// The header of a mail and, as its body, a note with the names of its attachments, and its text as
/// far as that is read: at most 256 KiB.
pub fn reduced(raw: &[u8], contact: ContactId) -> Vec<u8> {
    let (header, body) = header::split(raw);
    let leaves = structure::leaves(&header, body);
    let attachments = match text::attachments(&leaves) {
        names if names.is_empty() => String::new(),
        names => format!("Attachments: {}\n", names.join(", ")),
    };
    let note = format!(
        "[Postbook: this mail has {} bytes, more than your mail servers take. Below is its text \
         without the rest. All of it: postbook journal mail {contact}]\n{attachments}\n{}",
        raw.len(),
        text::body_text(&leaves)
    );
    let mut out = Vec::new();
    for field in header.iter().filter(|field| !field.describes_content()) {
        encode::push_received(field, &mut out);
    }
    out.extend_from_slice(
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
          Content-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    encode::push_quoted_printable(&note, &mut out);
    out
}
