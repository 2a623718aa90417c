//! A mail without attachments of some kinds, and a note in the place of each.

use std::borrow::Cow;
use std::ops::Range;

use crate::encode;
use crate::header::{self, Header, offset};
use crate::redact::edited;
use crate::structure::{self, Leaf};
use crate::text;
use crate::words::decode_words;

/// Puts a note in the place of every part whose file name has one of the endings (such as `exe`),
/// and gives the names. Nothing is opened: what is inside an archive or an attached mail stays.
pub fn withhold<'a>(raw: &'a [u8], endings: &[String]) -> (Cow<'a, [u8]>, Vec<String>) {
    if endings.is_empty() {
        return (Cow::Borrowed(raw), Vec::new());
    }
    let (header, body) = header::split(raw);
    let leaves = structure::leaves(&header, body);
    let withheld: Vec<&Leaf<'_>> = leaves.iter().filter(|leaf| is_meant(leaf, endings)).collect();
    let names: Vec<String> = withheld.iter().map(|leaf| text::attachment(leaf)).collect();
    let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    for (leaf, name) in withheld.iter().zip(&names) {
        match leaf.part {
            Some(part) => {
                let start = offset(raw, part);
                edits.push((start..start + part.len(), note(name)));
            }
            // The mail itself is the attachment.
            None => return (Cow::Owned(whole(&header, name)), names),
        }
    }
    let bytes = if edits.is_empty() { Cow::Borrowed(raw) } else { Cow::Owned(edited(raw, &edits)) };
    (bytes, names)
}

/// Whether any name that a program may take for the part's has one of the endings.
fn is_meant(leaf: &Leaf<'_>, endings: &[String]) -> bool {
    let names = [&leaf.file_name, &leaf.type_name].into_iter().flatten();
    let mut found = names.filter_map(|name| {
        let name = decode_words(name).to_lowercase();
        // Windows leaves dots and spaces at the end out.
        let is_left_out = |c: char| c == '.' || c.is_whitespace() || c.is_control();
        let (_, ending) = name.trim_end_matches(is_left_out).rsplit_once('.')?;
        Some(ending.to_owned())
    });
    found.any(|ending| endings.contains(&ending))
}

fn note(name: &str) -> Vec<u8> {
    let mut out = b"Content-Type: text/plain; charset=utf-8\r\n\
                    Content-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    encode::push_base64(format!("[attachment withheld: {name}]\r\n").as_bytes(), &mut out);
    out
}

fn whole(header: &Header<'_>, name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for field in header.iter().filter(|field| !field.describes_content()) {
        encode::push_received(field, &mut out);
    }
    out.extend_from_slice(&note(name));
    out
}
