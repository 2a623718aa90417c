//! Mail that is signed or encrypted, and a signed mail without its signatures.

use std::ops::Range;

use crate::header::{self, Field, offset};
use crate::lines::Lines;
use crate::parse::parse;
use crate::redact::edited;
use crate::structure::{self, Leaf, Sealed};
use crate::text;

/// The object identifiers of S/MIME contents begin with it (RFC 5652, pkcs-7): what follows is 2
/// for signed data, 3 for enveloped data.
const PKCS7: [u8; 10] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
const SIGNED_DATA: u8 = 2;
/// The identifier stands within so many bytes of the encoded content.
const BEGINNING_BYTES: usize = 64;
const SIGNED_TYPE: &[u8] = b"multipart/signed";
const MIXED_TYPE: &[u8] = b"multipart/mixed";
/// Parts that show who signed, beside what is signed (RFC 8551, RFC 3156).
const SIGNATURES: [&str; 4] = [
    "application/pgp-keys",
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
];

/// How a mail is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Its signature tells who wrote it.
    Signed,
    /// Only its recipients can read it.
    Encrypted,
}

/// How a mail is sealed, by S/MIME or PGP; `text` is what a reader sees of it.
pub(crate) fn seal(leaves: &[Leaf<'_>], text: &str) -> Option<Seal> {
    let text = text.trim_start();
    if text.starts_with("-----BEGIN PGP MESSAGE-----") {
        return Some(Seal::Encrypted);
    }
    let of_text = text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----").then_some(Seal::Signed);
    let of_parts = leaves.iter().filter_map(of_part);
    of_parts.chain(of_text).max_by_key(|seal| *seal == Seal::Encrypted)
}

fn of_part(leaf: &Leaf<'_>) -> Option<Seal> {
    let is_opaque =
        matches!(leaf.kind.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime");
    if is_opaque || has_ending(leaf, ".p7m") {
        let start = text::bytes(leaf, BEGINNING_BYTES);
        let mut windows = start.windows(PKCS7.len() + 1);
        let is_signed =
            windows.any(|found| found.starts_with(&PKCS7) && found.ends_with(&[SIGNED_DATA]));
        return Some(if is_signed { Seal::Signed } else { Seal::Encrypted });
    }
    match leaf.sealed {
        Some(Sealed::Encrypted) => Some(Seal::Encrypted),
        Some(Sealed::Signed) => Some(Seal::Signed),
        None => is_signature(leaf).then_some(Seal::Signed),
    }
}

fn is_signature(leaf: &Leaf<'_>) -> bool {
    SIGNATURES.contains(&leaf.kind.as_str()) || has_ending(leaf, ".p7s")
}

fn has_ending(leaf: &Leaf<'_>, ending: &str) -> bool {
    leaf.file_name.as_ref().is_some_and(|name| name.to_lowercase().ends_with(ending))
}

/// A signed mail without its signatures, the signer's keys, and what the signed parts repeat of
/// the header; every other byte as it was. `None` where the signature encloses the text, so that
/// it cannot be taken off, and where the mail is encrypted.
pub fn unsigned(raw: &[u8]) -> Option<Vec<u8>> {
    let (header, body) = header::split(raw);
    let structure = structure::structure(&header, body);
    let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    for field in &structure.signed_types {
        let mut windows = field.value.windows(SIGNED_TYPE.len());
        let at = windows.position(|found| found.eq_ignore_ascii_case(SIGNED_TYPE))?;
        let start = offset(raw, field.value) + at;
        edits.push((start..start + SIGNED_TYPE.len(), MIXED_TYPE.to_vec()));
    }
    let signatures: Vec<Range<usize>> = structure
        .leaves
        .iter()
        .filter(|leaf| is_signature(leaf))
        .map(|leaf| leaf.part.map(|part| with_delimiter(raw, part)))
        .collect::<Option<_>>()?;
    let fields = structure.signed_fields.iter().map(|field| whole(raw, field));
    let is_outside =
        |range: &Range<usize>| !signatures.iter().any(|part| part.contains(&range.start));
    let fields: Vec<Range<usize>> = fields.filter(is_outside).collect();
    edits.extend(signatures.into_iter().chain(fields).map(|range| (range, Vec::new())));
    edits.sort_by_key(|(range, _)| range.start);
    let bytes = edited(raw, &edits);
    parse(&bytes).ok()?.seal.is_none().then_some(bytes)
}

/// A part with the delimiter line before it and the line ending behind it.
fn with_delimiter(raw: &[u8], part: &[u8]) -> Range<usize> {
    let start = offset(raw, part);
    let end = start + part.len();
    let before = raw.get(..start).unwrap_or_default();
    let before = before.strip_suffix(b"\n").unwrap_or(before);
    let before = before.strip_suffix(b"\r").unwrap_or(before);
    let line = before.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    line..end + ending(raw, end)
}

/// A field with its name and its line ending.
fn whole(raw: &[u8], field: &Field<'_>) -> Range<usize> {
    let end = offset(raw, field.value) + field.value.len();
    offset(raw, field.name.as_bytes())..end + ending(raw, end)
}

/// The length of the line ending at a place.
fn ending(raw: &[u8], at: usize) -> usize {
    let rest = raw.get(at..).unwrap_or_default();
    let mut lines = Lines::new(rest);
    let is_ending = lines.next().is_some_and(|line| line.content.is_empty());
    if is_ending { rest.len() - lines.rest().len() } else { 0 }
}
