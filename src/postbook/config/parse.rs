//! One file of a configuration, with everything that is wrong in it.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Deserializer};

/// Reads a text. `report` is told of each mistake: its place, the key, and what is wrong.
///
/// A mistake ends the reading, so that the entry it is in is taken out and the rest is read again:
/// one run tells all of them.
pub(super) fn parse<T: DeserializeOwned>(
    text: &str,
    mut report: impl FnMut(Range<usize>, &str, &str),
) -> Option<T> {
    let (mut root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        report(error.span().unwrap_or_else(|| root.span()), "", error.message());
    }
    if !errors.is_empty() {
        return None;
    }
    let mut taken_out = BTreeSet::<String>::new();
    loop {
        let error = match serde_path_to_error::deserialize(Deserializer::from(root.clone())) {
            Ok(value) => return taken_out.is_empty().then_some(value),
            Err(error) => error,
        };
        let key = error.path().to_string().replace(SPANNED, "");
        let error = error.into_inner();
        let place = error.span().unwrap_or_else(|| root.span());
        if !taken_out.iter().any(|key| is_missing(key, error.message())) {
            let key = if key == "." { "" } else { &key };
            report(place.clone(), key, &plain(error.message()));
        }
        taken_out.insert(take_out(root.get_mut(), &place)?);
    }
}

/// What a path says of a value that knows its place.
const SPANNED: &str = ".$__serde_spanned_private_value";

/// What serde says, in the words of users and not of programmers.
fn plain(message: &str) -> String {
    let types = [("u8", u64::from(u8::MAX)), ("u16", u16::MAX.into()), ("u32", u32::MAX.into())];
    for (name, max) in types.into_iter().chain([("u64", i64::MAX.unsigned_abs())]) {
        if let Some(said) = message.strip_suffix(&format!("expected {name}")) {
            return format!("{said}expected a whole number from 0 to {max}");
        }
    }
    let lists = "expected a list; a section that may come several times is written `[[name]]`";
    message.replace("expected a sequence", lists)
}

/// Whether it is said that there is no entry of this key.
fn is_missing(key: &str, message: &str) -> bool {
    message.starts_with(&format!("missing field `{key}`"))
}

/// Takes out the innermost entry that a place is in, and gives its key.
fn take_out(table: &mut DeTable<'_>, place: &Range<usize>) -> Option<String> {
    // A table's span may be that of its header alone, so all of them are looked through.
    let within = table.iter_mut().find_map(|(_, value)| take_out_of(value.get_mut(), place));
    if within.is_some() {
        return within;
    }
    let covers = |span: Range<usize>| span.start <= place.start && place.end <= span.end;
    let found = table.iter().find(|(key, value)| covers(key.span()) || covers(value.span()));
    let key = found.map(|(key, _)| key.clone())?;
    table.remove(&key);
    Some(key.into_inner().into_owned())
}

fn take_out_of(value: &mut DeValue<'_>, place: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => take_out(table, place),
        DeValue::Array(array) => {
            array.iter_mut().find_map(|value| take_out_of(value.get_mut(), place))
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}
