//! The text of a mail's body, for display and conditions, and the names of its attachments.

use std::collections::BTreeSet;

use crate::address_list::display_name;
use crate::decode;
use crate::header::without_high_end;
use crate::html;
use crate::structure::{Encoding, Leaf};
use crate::words::unquote;

/// The text is cut after this many bytes.
const TEXT_BYTES_MAX: usize = 262_144;
/// No more bytes of one part are decoded than this.
const PART_BYTES_MAX: usize = 4 * 1_048_576;
/// No more attachments are named than this.
const ATTACHMENTS_MAX: usize = 200;

/// The text a reader sees: of alternatives the plain one, else text derived from HTML; text that
/// is only attached where there is no other; empty where there is none.
pub(crate) fn body_text(leaves: &[Leaf<'_>]) -> String {
    let shown: Vec<&Leaf<'_>> = leaves.iter().filter(|leaf| is_body(leaf, leaves)).collect();
    let plain_groups: BTreeSet<usize> = shown
        .iter()
        .filter(|leaf| leaf.kind == "text/plain" && !leaf.body.trim_ascii().is_empty())
        .filter_map(|leaf| leaf.alternative)
        .collect();
    let is_chosen = |leaf: &Leaf<'_>| {
        leaf.kind == "text/plain"
            || leaf.alternative.is_none_or(|group| !plain_groups.contains(&group))
    };
    let mut text = String::new();
    for leaf in shown.iter().filter(|leaf| is_chosen(leaf)) {
        push_text(leaf, &mut text);
    }
    if text.is_empty()
        && let Some(leaf) = leaves.iter().find(|leaf| is_readable(leaf) && !leaf.reported)
    {
        push_text(leaf, &mut text);
    }
    text
}

/// The names of what is attached; a part without a name is described by its type. Parts of
/// reports on mail, such as bounces, are no attachments.
pub(crate) fn attachments(leaves: &[Leaf<'_>]) -> Vec<String> {
    leaves
        .iter()
        .filter(|leaf| !leaf.reported && !is_body(leaf, leaves))
        .take(ATTACHMENTS_MAX)
        .map(attachment)
        .collect()
}

/// What an attachment is called.
pub(crate) fn attachment(leaf: &Leaf<'_>) -> String {
    leaf.file_name.as_deref().and_then(file_name).unwrap_or_else(|| {
        let kind: String = leaf.kind.chars().take(100).collect();
        format!("unnamed ({kind})")
    })
}

/// A file name, decoded; never a path: it may be used to save the file one day.
fn file_name(sent: &str) -> Option<String> {
    let name = display_name(sent)?;
    let name = name.rsplit(['/', '\\']).next()?;
    (!name.trim_matches(['.', ' ']).is_empty()).then(|| name.to_owned())
}

/// The first `bytes_max` bytes of a part, decoded.
pub(crate) fn bytes(leaf: &Leaf<'_>, bytes_max: usize) -> Vec<u8> {
    let body = match leaf.body.get(..bytes_max) {
        Some(cut) => without_high_end(cut),
        None => leaf.body,
    };
    match leaf.encoding {
        Encoding::Identity => body.to_vec(),
        Encoding::Base64 => {
            decode::base64(body).filter(|_| is_base64(body)).unwrap_or_else(|| body.to_vec())
        }
        Encoding::QuotedPrintable => quoted_printable(body),
    }
}

fn is_readable(leaf: &Leaf<'_>) -> bool {
    matches!(leaf.kind.as_str(), "text/plain" | "text/html")
}

/// Whether a part is shown as text: not attached, and without a file name unless it is the whole
/// mail.
fn is_body(leaf: &Leaf<'_>, leaves: &[Leaf<'_>]) -> bool {
    is_readable(leaf) && !leaf.attached && (leaf.file_name.is_none() || leaves.len() == 1)
}

fn push_text(leaf: &Leaf<'_>, text: &mut String) {
    let bytes = bytes(leaf, PART_BYTES_MAX);
    let decoded = decode::charset(&bytes, leaf.charset.as_deref());
    let part = if leaf.kind == "text/html" { html::to_text(&decoded) } else { clean(&decoded) };
    let part = part.trim_end().trim_start_matches('\n');
    if part.trim().is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let mut end = part.len().min(TEXT_BYTES_MAX.saturating_sub(text.len()));
    while !part.is_char_boundary(end) {
        end -= 1;
    }
    text.push_str(part.get(..end).unwrap_or_default());
}

/// Whether text that is said to be base64 is: some is labelled so and is plain. One character in
/// twenty may be foreign.
fn is_base64(body: &[u8]) -> bool {
    let is_foreign = |byte: &&u8| {
        !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n')
    };
    body.trim_ascii().iter().filter(is_foreign).count() <= body.len() / 20
}

/// Line endings as LF, and no other control characters but the tab.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|&c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// RFC 2045 section 6.7: white space before a line ending was added in transport, and a `=`
/// there joins two lines.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(body.len());
    for line in crate::lines::Lines::new(body) {
        let content = line.content.trim_ascii_end();
        match content.strip_suffix(b"=") {
            Some(soft) => joined.extend_from_slice(soft),
            None => {
                joined.extend_from_slice(content);
                if line.ended {
                    joined.push(b'\n');
                }
            }
        }
    }
    unquote(&joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;
    use crate::structure;

    #[track_caller]
    fn check(raw: &[u8], text: &str, names: &[&str]) {
        let (header, body) = header::split(raw);
        let leaves = structure::leaves(&header, body);
        assert_eq!(body_text(&leaves), text);
        assert_eq!(attachments(&leaves), names);
    }

    #[test]
    fn text_is_decoded() {
        check(b"A: 1\n\nHello\r\n", "Hello", &[]);
        check(b"Content-Transfer-Encoding: base64\n\nSGVsbG8=\n", "Hello", &[]);
        check(
            b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: \
              quoted-printable\n\ncaf=E9 =\nau lait  \n50 =% =G\n",
            "café au lait\n50 =% =G",
            &[],
        );
        check(
            b"Content-Transfer-Encoding: base64\n\nThis is no base64, is it?\n",
            "This is no base64, is it?",
            &[],
        );
        check(b"Content-Transfer-Encoding: x-what\n\nraw=20source\n", "raw=20source", &[]);
    }

    #[test]
    fn soft_breaks_join_encoded_characters() {
        check(b"Content-Transfer-Encoding: quoted-printable\n\ncaf=C3=\n=A9\n", "café", &[]);
    }

    #[test]
    fn plain_is_preferred_and_html_derived() {
        let alternative = |plain: &str| {
            format!(
                "Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{plain}\n--b\n\
                 Content-Type: text/html\n\n<p>Rich</p>\n--b--\n"
            )
        };
        check(alternative("Plain").as_bytes(), "Plain", &[]);
        check(alternative("  ").as_bytes(), "Rich", &[]);
        check(b"Content-Type: text/html\n\n<p>Rich</p>", "Rich", &[]);
    }

    #[test]
    fn attached_text_is_read_where_there_is_no_other() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; \
                    name=a.html\nContent-Disposition: attachment\n\n<b>Hi</b>\n--b--\n";
        check(raw, "Hi", &["a.html"]);
    }

    #[test]
    fn much_is_cut() {
        let raw = format!("A: 1\n\n{}", "é".repeat(TEXT_BYTES_MAX));
        let (header, body) = header::split(raw.as_bytes());
        let text = body_text(&structure::leaves(&header, body));
        assert!(text.len() <= TEXT_BYTES_MAX && text.len() > TEXT_BYTES_MAX - 4);
    }
}
