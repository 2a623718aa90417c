//! The schema, against the files it is for.

use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::form::Takes;
use crate::{Application, Condition, forms};

use super::OFFICE;

/// `docs/application.schema.json` is what the program says; with `POSTBOOK_SCHEMA=write` in the
/// environment it is written.
#[test]
fn the_published_schema_is_the_one_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/application.schema.json");
    let schema = format!("{:#}\n", Application::schema());
    if std::env::var("POSTBOOK_SCHEMA").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap();
    assert!(
        published == schema,
        "run `POSTBOOK_SCHEMA=write cargo test -p postbook-application schema`"
    );
}

#[test]
fn everything_in_it_is_explained() {
    fn look(at: &str, value: &Value, unexplained: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let about = property.get("description").and_then(Value::as_str).unwrap_or_default();
                if !about.ends_with('.') {
                    unexplained.push(format!("{at}/{name}"));
                }
            }
        }
        let children: Vec<(String, &Value)> = match value {
            Value::Object(object) => {
                object.iter().map(|(key, value)| (key.clone(), value)).collect()
            }
            Value::Array(list) => list.iter().map(|value| (String::new(), value)).collect(),
            _ => Vec::new(),
        };
        for (key, child) in children {
            look(&format!("{at}/{key}"), child, unexplained);
        }
    }
    let mut unexplained = Vec::new();
    look("", &Application::schema(), &mut unexplained);
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}

/// What a file may look like by the schema: as far as that uses the words of JSON Schema.
fn is_valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(schema) = schema.as_object() else { return schema.as_bool().unwrap() };
    schema.iter().all(|(keyword, wanted)| match keyword.as_str() {
        "$ref" => {
            let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
            is_valid(root, root.pointer(pointer).unwrap(), value)
        }
        "type" => {
            let is = |wanted: &Value| match wanted.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64(),
                other => panic!("{other}"),
            };
            wanted.as_array().map_or_else(|| is(wanted), |list| list.iter().any(is))
        }
        "const" => value == wanted,
        "oneOf" => {
            let fitting = wanted.as_array().unwrap().iter();
            fitting.filter(|schema| is_valid(root, schema, value)).count() == 1
        }
        "anyOf" => wanted.as_array().unwrap().iter().any(|schema| is_valid(root, schema, value)),
        "required" => {
            wanted.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
        }
        "properties" => {
            wanted.as_object().unwrap().iter().all(|(key, schema)| {
                value.get(key).is_none_or(|value| is_valid(root, schema, value))
            })
        }
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let known = schema.get("properties").and_then(Value::as_object);
            object.iter().all(|(key, value)| {
                known.is_some_and(|known| known.contains_key(key)) || is_valid(root, wanted, value)
            })
        }),
        "propertyNames" => value.as_object().is_none_or(|object| {
            object.keys().all(|key| is_valid(root, wanted, &Value::String(key.clone())))
        }),
        "minProperties" => value.as_object().is_none_or(|object| !object.is_empty()),
        "items" => value
            .as_array()
            .is_none_or(|list| list.iter().all(|value| is_valid(root, wanted, value))),
        "minItems" => value.as_array().is_none_or(|list| !list.is_empty()),
        "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
        "maximum" => value.as_i64().is_none_or(|number| number <= wanted.as_i64().unwrap()),
        "pattern" => {
            let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
            value.as_str().is_none_or(|text| pattern.is_match(text))
        }
        "$schema" | "$defs" | "title" | "description" | "examples" => true,
        other => panic!("{other} is not known to the test"),
    })
}

fn fits(text: &str) -> bool {
    let file: toml::Table = text.parse().unwrap();
    let schema = Application::schema();
    is_valid(&schema, &schema, &serde_json::to_value(file).unwrap())
}

#[test]
fn good_files_fit_it() {
    assert!(fits(OFFICE));
    assert!(fits("start = \"a\"\n[action.a]\ndo = \"wait\"\nseconds = 1\nthen = \"a\"\n"));
    assert!(fits(
        "start = \"a\"\n[action.a]\ndo = \"check e-mail\"\ndmarc = [\"pass\"]\nexit.match = \"a\"\n"
    ));
}

#[test]
fn mistakes_do_not_fit_it() {
    for (from, to) in [
        ("start = \"arrive\"", ""),
        ("start = \"arrive\"", "start = \"arrive\"\nstop = \"arrive\""),
        ("do = \"branch\"", "do = \"brunch\""),
        ("do = \"end\"", "do = \"end\"\nthen = \"x\""),
        ("queue = \"security\"", ""),
        ("queue = \"security\"", "queue = 7"),
        ("priority = 200", "priority = 300"),
        ("priority = 200", "prority = 200"),
        ("wait = \"8 h\"", "wait = \"8\""),
        ("wait = \"8 h\"", ""),
        ("exit.over", "exit.ofer"),
        ("level = 3", "level = 11"),
        ("subject = { contains", "subject = { contain"),
        ("subject = { contains = [\"invoice\", \"facture\"] }", "subject = \"invoice\""),
        ("dmarc = [\"fail\"]", "dmarc = { contains = \"fail\" }"),
        ("text.fr", "text.french"),
    ] {
        let text = OFFICE.replacen(from, to, 1);
        assert_ne!(text, OFFICE, "{from}");
        assert!(!fits(&text), "{to}");
    }
}

/// Every example can be written as it stands.
#[test]
fn examples_work() {
    for form in forms::ALL {
        for key in form.keys {
            let needed =
                form.keys.iter().filter(|needed| needed.is_needed && needed.name != key.name);
            let mut lines: Vec<String> = [key]
                .into_iter()
                .chain(needed)
                .map(|key| format!("{} = {}", key.name, key.example))
                .collect();
            if key.name == "default_language" {
                lines = vec![format!("default_language = {}\ntext.en = \"x\"", key.example)];
            }
            if !form.needs_one_of.is_empty() && !form.needs_one_of.contains(&key.name) {
                panic!("{} has more to say than one of its keys", form.does);
            }
            let text = format!(
                "start = \"a\"\n[action.a]\ndo = \"{}\"\n{}\n",
                form.does,
                lines.join("\n")
            );
            if let Err(error) = Application::parse(&text) {
                panic!("{text}\n{error}");
            }
            assert!(fits(&text), "{text}");
        }
    }
}

#[test]
fn conditions_know_the_operators_it_lists() {
    let operands: [toml::Value; 4] =
        [toml::Value::from("true"), vec!["pass"].into(), vec!["fr"].into(), toml::Value::from(7)];
    for key in forms::CHECK_EMAIL.keys {
        let (field, listed) = match key.takes {
            Takes::Condition(operators) => (key.name.to_owned(), operators),
            Takes::Headers(operators) => ("header:X".to_owned(), operators),
            _ => continue,
        };
        for operator in ["contains", "equals", "matches", "domain", "in", "above", "below", "is"] {
            let is_known = operands
                .iter()
                .filter_map(|operand| Condition::parse(&field, operator, operand).err())
                .all(|error| !error.contains("knows no"));
            assert_eq!(is_known, listed.contains(&operator), "{field} {operator}");
        }
    }
}
