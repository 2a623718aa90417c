//! What is known of a contact, under the names that templates and expressions use.

use serde_json::{Map, Value};

/// What is known, as nested values: `contact.subject` is `Subject`'s text.
#[derive(Clone, Debug, Default)]
pub struct Variables(pub Map<String, Value>);
