//! What a section of the configuration says, as keys and values.

use http::picture::{Keys, Value};
use serde::Serialize;

/// Every key of a section with its value, the section's name in front of it; what is not given, and
/// what is not to be shown, is left out.
pub(super) fn said(name: &str, section: &impl Serialize) -> Keys {
    let mut keys = Keys::new();
    // It consists of strings, numbers, truth values, lists and tables, so that it can be written.
    let value = serde_json::to_value(section).unwrap_or_default();
    flatten(name, &value, &mut keys);
    keys
}

fn flatten(key: &str, value: &serde_json::Value, keys: &mut Keys) {
    let below = |part: &str| if key.is_empty() { part.to_owned() } else { format!("{key}.{part}") };
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Bool(value) => say(key, value.to_string(), keys),
        serde_json::Value::Number(value) => say(key, value.to_string(), keys),
        serde_json::Value::String(value) => say(key, value.clone(), keys),
        serde_json::Value::Array(values) => {
            for (number, value) in values.iter().enumerate() {
                flatten(&format!("{key}[{number}]"), value, keys);
            }
        }
        serde_json::Value::Object(values) => {
            values.iter().for_each(|(part, value)| flatten(&below(part), value, keys));
        }
    }
}

fn say(key: &str, value: String, keys: &mut Keys) {
    keys.insert(key.to_owned(), Value::Shown(value));
}
