//! The JSON Schema of application files, by which editors complete and explain.

use serde_json::{Map, Value, json};

use crate::Application;
use crate::form::{Form, Key, Takes};
use crate::forms;

impl Application {
    /// The JSON Schema (draft 2020-12) of application files. It accepts what can be published, and
    /// no more than can be said without knowing the names of other things.
    pub fn schema() -> Value {
        let kinds: Vec<Value> = forms::ALL
            .into_iter()
            .map(|form| json!({ "$ref": format!("#/$defs/{}", definition(form)) }))
            .collect();
        let mut definitions: Map<String, Value> =
            forms::ALL.into_iter().map(|form| (definition(form), action(form))).collect();
        definitions.insert("action".to_owned(), json!({ "oneOf": kinds }));
        definitions.insert("row".to_owned(), row());
        definitions.insert(
            "target".to_owned(),
            json!({
                "type": "string",
                "description": "The name of the action that comes next.",
            }),
        );
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Postbook application",
            "description": "A workflow that decides what happens to each contact: a graph of named \
                            actions, whose exits lead to other actions.",
            "type": "object",
            "required": ["start", "action"],
            "additionalProperties": false,
            "properties": {
                "start": {
                    "type": "string",
                    "description": "The name of the first action. One that waits for e-mail makes \
                                    it an application for mailboxes; another one makes it a part \
                                    that other applications run.",
                    "examples": ["arrive"],
                },
                "action": {
                    "type": "object",
                    "description": "The actions, each `[action.NAME]` with `do`, what it needs for \
                                    that, and where its exits lead.",
                    "minProperties": 1,
                    "additionalProperties": { "$ref": "#/$defs/action" },
                },
            },
            "$defs": definitions,
        })
    }
}

/// The name of what defines a kind of action; it is part of an address, which has no spaces.
fn definition(form: &Form) -> String {
    form.does.replace(' ', "-")
}

fn action(form: &Form) -> Value {
    let mut properties = Map::new();
    properties.insert("do".to_owned(), json!({ "const": form.does, "description": form.about }));
    for key in form.keys {
        properties.insert(key.name.to_owned(), property(key));
    }
    if !form.exits.is_empty() {
        properties.insert("exit".to_owned(), exits(form));
        properties.insert(
            "then".to_owned(),
            json!({
                "$ref": "#/$defs/target",
                "description": "The action to which every exit leads that `exit` does not name.",
            }),
        );
    }
    let needed = form.keys.iter().filter(|key| key.is_needed).map(|key| key.name);
    let required: Vec<&str> = ["do"].into_iter().chain(needed).collect();
    let mut schema = json!({
        "type": "object",
        "title": form.does,
        "description": form.about,
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    });
    if !form.needs_one_of.is_empty() {
        let one: Vec<Value> =
            form.needs_one_of.iter().map(|key| json!({ "required": [key] })).collect();
        put(&mut schema, "anyOf", Value::Array(one));
    }
    schema
}

fn exits(form: &Form) -> Value {
    let exits = form.exits.iter().map(|(exit, about)| {
        let target = json!({ "$ref": "#/$defs/target", "description": about });
        ((*exit).to_owned(), target)
    });
    let exits: Map<String, Value> = exits.collect();
    // The rows of a check name exits of their own.
    let others = match form.keys.iter().any(|key| matches!(key.takes, Takes::Rows)) {
        true => json!({ "$ref": "#/$defs/target" }),
        false => json!(false),
    };
    json!({
        "type": "object",
        "description": "Where each way out of the action leads.",
        "properties": exits,
        "additionalProperties": others,
    })
}

fn row() -> Value {
    let mut properties = Map::new();
    properties.insert(
        "name".to_owned(),
        json!({
            "type": "string",
            "description": "The name of the row's exit, as drawings and reports show it. `row 1`, \
                            `row 2` and so on where it is not given.",
            "examples": ["invoice"],
        }),
    );
    properties.insert(
        "to".to_owned(),
        json!({
            "$ref": "#/$defs/target",
            "description": "The action to which mail goes that fits this row.",
        }),
    );
    for key in forms::CHECK_EMAIL.keys.iter().filter(|key| !matches!(key.takes, Takes::Rows)) {
        properties.insert(key.name.to_owned(), property(key));
    }
    json!({
        "type": "object",
        "description": "Conditions that must all hold, and where mail goes for which they do.",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn property(key: &Key) -> Value {
    let mut schema = takes(&key.takes);
    put(&mut schema, "description", json!(key.about));
    let example = format!("example = {}", key.example).parse::<toml::Table>();
    let example = example.ok().and_then(|mut table| table.remove("example"));
    if let Some(example) = example.and_then(|example| serde_json::to_value(example).ok()) {
        put(&mut schema, "examples", json!([example]));
    }
    schema
}

fn takes(takes: &Takes) -> Value {
    match takes {
        Takes::Text => json!({ "type": "string" }),
        Takes::Localised => json!({
            "oneOf": [{ "type": "string" }, {
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$" },
                "additionalProperties": { "type": "string" },
            }],
        }),
        Takes::Number(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Takes::Duration => json!({
            "type": "string",
            "pattern": "^\\s*([0-9]+\\s*(ms|milliseconds?|s|seconds?|min|minutes?|h|hours?|d|days?|weeks?)\\s*)+$",
        }),
        Takes::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Takes::Skills => json!({ "type": "array", "items": { "oneOf": [{ "type": "string" }, {
            "type": "object",
            "required": ["skill"],
            "additionalProperties": false,
            "properties": {
                "skill": { "type": "string", "description": "The name of the skill." },
                "level": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 10,
                    "description": "How well an agent must be able to do it at least, from 1 to 10. \
                                    1 where it is not given.",
                },
            },
        }] } }),
        Takes::Agent => json!({ "type": ["integer", "string"], "minimum": 0 }),
        Takes::Condition(operators) => condition(operators),
        Takes::Headers(operators) => json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": condition(operators),
        }),
        Takes::Rows => {
            json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/row" } })
        }
        Takes::Parameters => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
    }
}

fn condition(operators: &[&str]) -> Value {
    let properties: Map<String, Value> =
        operators.iter().map(|operator| ((*operator).to_owned(), operand(operator))).collect();
    let table = json!({
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": properties,
    });
    match operators.contains(&"is") {
        true => json!({ "oneOf": [operand("is"), table] }),
        false => table,
    }
}

fn operand(operator: &str) -> Value {
    let texts = json!({ "type": "array", "minItems": 1, "items": { "type": "string" } });
    let (about, types) = match operator {
        "contains" => (
            "Holds where this, or one of these, is in it.",
            vec![json!({ "type": "string" }), texts],
        ),
        "equals" => (
            "Holds where it is this, or one of these, as a whole.",
            vec![json!({ "type": "string" }), texts],
        ),
        "matches" => (
            "Holds where this regular expression, or one of these, is in it.",
            vec![json!({ "type": "string" }), texts],
        ),
        "domain" => (
            "Holds where the address is of this domain, or one of these; `*.example.org` is all below it.",
            vec![json!({ "type": "string" }), texts],
        ),
        "in" => ("Holds where it is one of these.", vec![texts]),
        "above" => (
            "Holds where it is larger: bytes, or a size such as \"5 MB\".",
            vec![json!({ "type": ["integer", "string"] })],
        ),
        "below" => (
            "Holds where it is smaller: bytes, or a size such as \"5 MB\".",
            vec![json!({ "type": ["integer", "string"] })],
        ),
        _ => (
            "Holds where it is this, or one of these.",
            vec![json!({ "type": ["string", "boolean"] }), texts],
        ),
    };
    json!({ "oneOf": types, "description": about })
}

fn put(schema: &mut Value, key: &str, value: Value) {
    if let Some(object) = schema.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}
