//! Texts of an application with places for what is known of a contact: `{{ contact.subject }}`.

use std::fmt;
use std::io;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};

use crate::known::{Name, missing, sample};
use crate::template_code::{to_names, whole_word};
use crate::template_names::names;
use crate::{Variables, template_value};

/// A text with variables in it. What a variable holds is never read as a template.
#[derive(Clone)]
pub struct Template {
    /// As it was written.
    text: String,
    /// As the template engine reads it.
    source: String,
    form: Form,
    names: Vec<Name>,
}

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Html,
    Json,
}

/// No template is longer than this, and none makes more, in bytes.
const BYTES_MAX: usize = 65_536;
/// How many steps making a text may take.
const STEPS_MAX: u64 = 50_000;

impl Template {
    /// Reads a template of a text; the error says where in it what is wrong, and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text, Form::Text)
    }

    /// Reads a template of HTML: in what variables hold, signs that mean something in HTML are
    /// escaped.
    pub fn parse_html(text: &str) -> Result<Self, String> {
        Self::read(text, Form::Html)
    }

    /// Reads a template of JSON, in which `{{ contact.subject }}` stands for a whole value: a text
    /// with the quotes it needs.
    pub fn parse_json(text: &str) -> Result<Self, String> {
        let template = Self::read(text, Form::Json)?;
        // What fails with values made up here may work with others.
        let sample = template.render(&sample(&template.names));
        let wrong =
            sample.ok().and_then(|json| serde_json::from_str::<serde::de::IgnoredAny>(&json).err());
        match wrong {
            None => Ok(template),
            Some(error) => Err(format!(
                "what it makes is no JSON: {error}; a variable stands for a whole value and brings \
                 its own quotes: {{\"subject\": {{{{ contact.subject }}}}}}"
            )),
        }
    }

    fn read(text: &str, form: Form) -> Result<Self, String> {
        if text.len() > BYTES_MAX {
            return Err(format!("it is longer than {BYTES_MAX} bytes"));
        }
        let source = match whole_word(text)? {
            Some(name) => format!("{{{{ {name} }}}}"),
            None => to_names(text)?,
        };
        let names = names(&source)?;
        let template = Self { text: text.to_owned(), source, form, names };
        template.compiled().map_err(|error| sentence(&error))?;
        Ok(template)
    }

    /// The text with what is known in its places, at most 64 KiB; the error says what went wrong.
    pub fn render(&self, variables: &Variables) -> Result<String, String> {
        let mut bounded = Bounded(Vec::new());
        let values = template_value::from_map(&variables.0);
        let rendered = self
            .compiled()
            .and_then(|compiled| compiled.render_captured_to(values, &mut bounded).map(drop));
        rendered.map_err(|error| {
            let is_absent = error.kind() == ErrorKind::UndefinedError;
            let missing = is_absent.then(|| missing(&self.names, variables)).flatten();
            missing.unwrap_or_else(|| sentence(&error))
        })?;
        String::from_utf8(bounded.0).map_err(|error| error.to_string())
    }

    /// The same on one line: a line break of a customer's must not begin a new header field.
    pub fn render_line(&self, variables: &Variables) -> Result<String, String> {
        let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let text = self.render(variables)?;
        let spaced: String = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
        Ok(spaced.trim().to_owned())
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.text
    }

    /// The names it uses, each from the outermost: `queue`, `first line`, `waiting`.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    fn compiled(&self) -> Result<minijinja::Template<'_, '_>, Error> {
        let environment: &Environment<'_> = &ENVIRONMENT;
        environment.template_from_named_str(self.form.name(), &self.source)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.form, self.text)
    }
}

impl Form {
    /// The name by which the environment knows it.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Json => "json",
        }
    }
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax());
    environment.set_fuel(Some(STEPS_MAX));
    environment.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        "json" => AutoEscape::Custom("json".into()),
        _ => AutoEscape::None,
    });
    environment.set_formatter(write_value);
    template_value::add_filters(&mut environment);
    environment
});

/// As it is used everywhere, but that no line break is taken away.
pub(crate) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default()
}

fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if matches!(state.auto_escape(), AutoEscape::Custom(_)) || value.kind() == ValueKind::Bool {
        out.write_str(&template_value::json(value)).map_err(Error::from)
    } else {
        minijinja::escape_formatter(out, state, value)
    }
}

/// An error of the template engine as a sentence.
pub(crate) fn sentence(error: &Error) -> String {
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::WriteFailure, _) => format!("what it makes is longer than {BYTES_MAX} bytes"),
        (ErrorKind::OutOfFuel, _) => format!("it takes more than {STEPS_MAX} steps"),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    };
    match error.line() {
        Some(line) => format!("line {line} of the text: {what}"),
        None => what,
    }
}

/// What was rendered so far.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > BYTES_MAX {
            return Err(io::Error::other(format!(
                "what it makes is longer than {BYTES_MAX} bytes"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
