//! Conditions over what is known of a contact, in the Common Expression Language:
//! `queue["first line"].waiting > 20 && contact.language == "fr"`.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel::extractors::This;
use cel::parser::PrattParser;
use cel::{Context, ExecutionError, IdedExpr, Value};
use regex::Regex;

use crate::expression_names::{Patterns, Used, used};
use crate::known::{Name, PARAMETERS, missing, sample};
use crate::{Variables, email_words, expression_size};

/// A condition.
#[derive(Clone)]
pub struct Expression {
    text: String,
    tree: Arc<IdedExpr>,
    names: Vec<Name>,
    patterns: Arc<Patterns>,
}

/// Why there is no result, where the language's engine itself fails.
const BROKEN: &str = "the condition cannot be worked out: write it in another way";

impl Expression {
    /// Reads a condition; the error says what is wrong, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        expression_size::check(text)?;
        let source = email_words::to_names(text)?;
        let tree = contained(|| tree(&source))?;
        let Used { names, patterns } = used(&tree)?;
        let read = Self {
            text: text.to_owned(),
            tree: Arc::new(tree),
            names,
            patterns: Arc::new(patterns),
        };
        // Nobody says beforehand which types go together, so values made up here find it out.
        match read.value(&sample(&read.names)) {
            Err(error @ ExecutionError::NoSuchOverload(_)) => Err(read.sentence(&error)),
            Ok(value) => truth(&value).map(|_| read),
            // With other values it may well be something else.
            Err(_) => Ok(read),
        }
    }

    /// Whether it is true; the error says what went wrong.
    pub fn holds(&self, variables: &Variables) -> Result<bool, String> {
        match self.value(variables) {
            Ok(value) => truth(&value),
            Err(error) => {
                let missing = missing(&self.names, variables);
                Err(missing.unwrap_or_else(|| self.sentence(&error)))
            }
        }
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.text
    }

    /// The names it uses, each from the outermost: `queue`, `first line`, `waiting`.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    fn value(&self, variables: &Variables) -> Result<Value, ExecutionError> {
        let broken = |_: String| ExecutionError::function_error("condition", BROKEN);
        contained(|| Ok(self.evaluate(variables))).unwrap_or_else(|error| Err(broken(error)))
    }

    fn evaluate(&self, variables: &Variables) -> Result<Value, ExecutionError> {
        let mut context = Context::default();
        for (name, value) in &variables.0 {
            let mut value = from_json(value);
            if let (PARAMETERS, Value::Map(parameters)) = (name.as_str(), &mut value) {
                *parameters = self.with_absent(parameters);
            }
            context.add_variable_from_value(name.clone(), value);
        }
        let patterns = Arc::clone(&self.patterns);
        let matches = move |text: This<Arc<String>>, pattern: Arc<String>| {
            patterns.get(&*pattern).is_some_and(|regex: &Regex| regex.is_match(&text.0))
        };
        context
            .add_function("matches", matches)
            .map_err(|error| ExecutionError::function_error("matches", error))?;
        context.resolve(&self.tree)
    }

    /// The parameters that applications set, and nothing for those that the condition asks for and
    /// no application set.
    fn with_absent(&self, parameters: &cel::objects::Map) -> cel::objects::Map {
        let mut all = (*parameters.map).clone();
        for name in &self.names {
            if let [first, parameter] = name.as_slice()
                && first == PARAMETERS
            {
                all.entry(parameter.as_str().into()).or_insert_with(|| "".into());
            }
        }
        cel::objects::Map { map: Arc::new(all) }
    }

    fn sentence(&self, error: &ExecutionError) -> String {
        match error {
            ExecutionError::NoSuchOverload(overload) => {
                let operator = overload.function().trim_matches(['_', '@']);
                let types: Vec<&str> =
                    overload.argument_types().iter().map(|name| type_name(name)).collect();
                format!("`{operator}` does not work on {}", types.join(" and "))
            }
            other => shortened(&other.to_string()),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

fn tree(source: &str) -> Result<IdedExpr, String> {
    PrattParser::new().parse(source).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        first.map_or_else(
            || "it is no condition".to_owned(),
            |error| {
                let (line, column) = error.pos;
                format!(
                    "line {line}, character {column} of the condition: {}",
                    shortened(&error.msg)
                )
            },
        )
    })
}

/// The engine is made for conditions that its users wrote with care; should one make it panic, that
/// is an error like any other.
fn contained<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(BROKEN.to_owned()))
}

fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(yes) => Ok(*yes),
        other => {
            let kind = other.type_of().to_string();
            Err(format!("the condition must be true or false, and is {}", type_name(&kind)))
        }
    }
}

/// A type of the language in plain words.
fn type_name(name: &str) -> &str {
    match name {
        "string" => "a text",
        "int" | "uint" => "a whole number",
        "double" | "float" => "a number",
        "bool" => "true or false",
        "list" => "a list",
        "map" => "a group of names",
        "null" | "null_type" => "nothing",
        other => other,
    }
}

/// An error can quote whole values.
fn shortened(message: &str) -> String {
    const CHARS_MAX: usize = 200;
    let mut short: String = message.chars().take(CHARS_MAX).collect();
    if short.len() < message.len() {
        short.push('…');
    }
    short
}

fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(yes) => Value::Bool(*yes),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or(f64::INFINITY)),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::from(items.iter().map(from_json).collect::<Vec<Value>>())
        }
        serde_json::Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), from_json(value)));
            Value::from(fields.collect::<HashMap<String, Value>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use cel::parser::Parser;

    use super::*;

    /// The parser in use is not the one that the language's own tests are run with.
    #[test]
    fn both_parsers_read_the_same() {
        for text in [
            "1 + 2 * 3 - 4 / 2 % 3 == 5 && !false || 1 < 2 == true",
            "false ? false : true ? true : false",
            "-1 - -2 == 1 && 'a' + \"b\" == 'ab'",
            "'\\u00e9\\x41\\'' == \"éA'\" && r'\\n' == '\\\\n'",
            "1.5e1 == 15.0 && 0x10 == 16 && 7u == 7u",
            "1 in [1, 2] && 'a' in {'a': 1} && {'a': [1]}['a'][0] == 1",
            "[1, 2].map(a, a * 2).exists(a, a == 4) && [1, 2].filter(a, a > 1).size() == 1",
            "[1, 2].all(a, a > 0) && [1, 2].exists_one(a, a == 1) && 'abc'.contains('b')",
            "false && 1 / 0 == 1 || (true || 1 / 0 == 1)",
        ] {
            let read = Expression::parse(text).unwrap();
            let other = Parser::new().parse(text).unwrap();
            let other = Expression { tree: Arc::new(other), ..read.clone() };
            let results = [read, other].map(|read| read.holds(&Variables::default()));
            assert_eq!(results, [Ok(true), Ok(true)], "{text}");
        }
    }
}
