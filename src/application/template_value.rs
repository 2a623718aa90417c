//! What templates make of what is known: values, filters, JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value, filters};
use serde_json::Map;

/// The filters there are.
pub(crate) const FILTERS: [&str; 10] =
    ["capitalize", "default", "first", "join", "last", "length", "lower", "title", "trim", "upper"];

/// What [`join`] makes is no longer than this, in bytes.
const JOINED_BYTES_MAX: usize = 65_536;

pub(crate) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("join", join);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("title", filters::title);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
}

/// The texts of a list with something between them.
fn join(list: &Value, between: Option<String>) -> Result<String, Error> {
    let (mut joined, between) = (String::new(), between.unwrap_or_default());
    if list.kind() != ValueKind::Seq {
        return Err(Error::new(ErrorKind::InvalidOperation, "`join` takes a list"));
    }
    for (item, number) in list.try_iter()?.zip(0..) {
        if number > 0 {
            joined.push_str(&between);
        }
        joined.push_str(&item.to_string());
        if joined.len() > JOINED_BYTES_MAX {
            return Err(Error::new(ErrorKind::InvalidOperation, "what `join` makes is too long"));
        }
    }
    Ok(joined)
}

/// A value as JSON.
pub(crate) fn json(value: &Value) -> String {
    match value.kind() {
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number => value.to_string(),
        ValueKind::Seq => {
            let items: Vec<String> =
                value.try_iter().into_iter().flatten().map(|item| json(&item)).collect();
            format!("[{}]", items.join(","))
        }
        _ => serde_json::Value::String(value.to_string()).to_string(),
    }
}

/// All that is known.
pub(crate) fn from_map(map: &Map<String, serde_json::Value>) -> Value {
    group("", map)
}

fn from_json(name: &str, value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(yes) => Value::from(*yes),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64()),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(|item| from_json("", item)).collect(),
        serde_json::Value::Object(fields) => group(name, fields),
    }
}

fn group(name: &str, fields: &Map<String, serde_json::Value>) -> Value {
    let alone = match name {
        "contact" => field(fields, "id"),
        "mailbox" => field(fields, "display_name"),
        _ => "",
    };
    Value::from_object(Group {
        alone: alone.to_owned(),
        fields: fields.iter().map(|(name, value)| (name.clone(), from_json(name, value))).collect(),
        absent: (name == "wf").then(|| Value::from("")),
    })
}

fn field<'a>(fields: &'a Map<String, serde_json::Value>, name: &str) -> &'a str {
    fields.get(name).and_then(serde_json::Value::as_str).unwrap_or_default()
}

/// Values with names.
#[derive(Debug)]
struct Group {
    /// What it is when it stands alone.
    alone: String,
    fields: BTreeMap<String, Value>,
    /// What an absent field is.
    absent: Option<Value>,
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let field = self.fields.get(key.as_str()?).cloned();
        field.or_else(|| self.absent.clone())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alone)
    }
}
