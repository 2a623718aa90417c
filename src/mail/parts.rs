//! The parts of a mail of our own: a text, the same as HTML, files.

use crate::encode::{push_base64, push_field, push_quoted_printable};

/// A file that goes with a mail.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its media type (RFC 2046); it must be one.
    pub media_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

/// Writes the fields that describe the body, and the body. `name` tells this mail from others; the
/// same input always gives the same bytes.
pub(crate) fn push_parts(
    name: &str,
    text: &str,
    html: Option<&str>,
    files: &[File<'_>],
    out: &mut Vec<u8>,
) {
    push_field("MIME-Version", "1.0", out);
    if files.is_empty() {
        return push_texts(name, text, html, out);
    }
    let mixed = Multipart::begin("mixed", name, out);
    mixed.part(out);
    push_texts(name, text, html, out);
    for file in files {
        mixed.part(out);
        let parameter = file_name(file.name);
        push_field("Content-Type", file.media_type, out);
        push_field("Content-Disposition", &format!("attachment; {parameter}"), out);
        push_field("Content-Transfer-Encoding", "base64", out);
        out.extend_from_slice(b"\r\n");
        push_base64(file.content, out);
    }
    mixed.end(out);
}

fn push_texts(name: &str, text: &str, html: Option<&str>, out: &mut Vec<u8>) {
    let Some(html) = html else { return push_text("plain", text, out) };
    let alternative = Multipart::begin("alternative", name, out);
    alternative.part(out);
    push_text("plain", text, out);
    alternative.part(out);
    push_text("html", html, out);
    alternative.end(out);
}

fn push_text(kind: &str, text: &str, out: &mut Vec<u8>) {
    push_field("Content-Type", &format!("text/{kind}; charset=utf-8"), out);
    push_field("Content-Transfer-Encoding", "quoted-printable", out);
    out.extend_from_slice(b"\r\n");
    push_quoted_printable(text, out);
}

/// A multipart entity (RFC 2046 section 5.1).
struct Multipart {
    boundary: String,
}

impl Multipart {
    /// No line of quoted-printable or base64 holds `=_`, so that no part can end it.
    fn begin(kind: &str, name: &str, out: &mut Vec<u8>) -> Self {
        let hash = blake3::hash(name.as_bytes()).to_hex();
        let boundary = format!("=_{kind}_{}", hash.get(..16).unwrap_or_default());
        push_field("Content-Type", &format!("multipart/{kind}; boundary=\"{boundary}\""), out);
        Self { boundary }
    }

    fn part(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("\r\n--{}\r\n", self.boundary).as_bytes());
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("\r\n--{}--\r\n", self.boundary).as_bytes());
    }
}

/// The parameter that names a file (RFC 6266 section 4.3 has the same forms): as it is where it is
/// plain, else as RFC 2231 has it.
fn file_name(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    if name.chars().all(is_plain) {
        return format!("filename=\"{name}\"");
    }
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("filename*=utf-8''{encoded}")
}
