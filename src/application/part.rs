//! A table of the file that is being read: its keys as what they should be, with an explanation where
//! they are something else.

use std::fmt::Display;
use std::str::FromStr;

use event::NameError;
use toml::de::{DeTable, DeValue};

use crate::form::Form;
use crate::reading::{Entry, Place, Reading};
use crate::surroundings::Mention;
use crate::{Name, Template, duration};

/// One action.
pub(crate) struct Part<'r, 't> {
    pub(crate) reading: &'r mut Reading,
    pub(crate) form: &'static Form,
    pub(crate) table: &'t DeTable<'t>,
    /// Where what is missing is missed.
    pub(crate) place: Place,
}

impl<'t> Part<'_, 't> {
    /// The value of a key, where there is one.
    pub(crate) fn get(&self, key: &str) -> Option<&'t Entry<'t>> {
        self.table.get(key)
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&mut self, key: &str) -> Option<&'t Entry<'t>> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("\"{}\" needs `{key}`", self.form.does);
            let hint = self.form.key(key).map(|key| {
                let about = key.about.split_inclusive(". ").next().unwrap_or_default().trim();
                format!("add `{} = {}`: {about}", key.name, key.example)
            });
            self.reading.refuse(&self.place, message, hint);
        }
        found
    }

    /// The text of a value.
    pub(crate) fn text(&mut self, key: &str, entry: &'t Entry<'t>) -> Option<&'t str> {
        let text = entry.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, entry, "text in quotes");
        }
        text
    }

    /// A whole number that must lie between two.
    pub(crate) fn number(&mut self, key: &str, entry: &Entry<'_>, range: [i64; 2]) -> Option<i64> {
        let [least, most] = range;
        match integer(entry.get_ref()) {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(_) | None => {
                self.wrong_type(key, entry, &format!("a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// The entries of a list.
    pub(crate) fn list(&mut self, key: &str, entry: &'t Entry<'t>) -> Option<&'t [Entry<'t>]> {
        let list = entry.get_ref().as_array();
        if list.is_none() {
            self.wrong_type(key, entry, "a list in square brackets");
        }
        list.map(|list| &**list)
    }

    /// The entries of a table.
    pub(crate) fn table(&mut self, key: &str, entry: &'t Entry<'t>) -> Option<&'t DeTable<'t>> {
        let table = entry.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, entry, "a table");
        }
        table
    }

    /// The texts of a list.
    pub(crate) fn texts(
        &mut self,
        key: &str,
        entry: &'t Entry<'t>,
    ) -> Option<Vec<(&'t str, Place)>> {
        let list = self.list(key, entry)?;
        let texts = list.iter().map(|entry| Some((self.text(key, entry)?, entry.span())));
        texts.collect()
    }

    /// The name a key gives, which must be there.
    pub(crate) fn name<T: FromStr<Err = NameError>>(&mut self, key: &str) -> Option<(T, Place)> {
        let entry = self.need(key)?;
        let text = self.text(key, entry)?;
        let name = self.ok(key, &entry.span(), text.parse())?;
        Some((name, entry.span()))
    }

    /// The template a key gives, which must be there.
    pub(crate) fn template(
        &mut self,
        key: &str,
        read: fn(&str) -> Result<Template, String>,
    ) -> Option<Template> {
        let entry = self.need(key)?;
        let text = self.text(key, entry)?;
        self.read_template(key, entry, read(text))
    }

    /// A template that was read under a key.
    pub(crate) fn read_template(
        &mut self,
        key: &str,
        entry: &Entry<'_>,
        template: Result<Template, String>,
    ) -> Option<Template> {
        let template = self.ok(key, &entry.span(), template)?;
        self.mention_names(&entry.span(), template.names());
        Some(template)
    }

    /// Remembers the queues and schedules of which a text or a condition asks something.
    pub(crate) fn mention_names(&mut self, at: &Place, names: &[Name]) {
        for name in names {
            let [kind, name, ..] = name.as_slice() else { continue };
            let mention = match kind.as_str() {
                "queue" => name.parse().map(Mention::Queue),
                "schedule" => name.parse().map(Mention::Schedule),
                _ => continue,
            };
            if let Some(mention) = self.ok(kind, at, mention) {
                self.reading.mention(at, mention);
            }
        }
    }

    /// The milliseconds of a duration.
    pub(crate) fn duration(&mut self, key: &str, entry: &'t Entry<'t>) -> Option<u64> {
        let Some(text) = entry.get_ref().as_str() else {
            self.wrong_type(key, entry, "a duration in quotes, with a unit");
            return None;
        };
        self.ok(key, &entry.span(), duration::parse(text))
    }

    /// What came out well; else it says what is wrong with the key.
    pub(crate) fn ok<T>(
        &mut self,
        key: &str,
        at: &Place,
        result: Result<T, impl Display>,
    ) -> Option<T> {
        let refuse = |error| self.reading.refuse(at, format!("`{key}`: {error}"), None);
        result.map_err(refuse).ok()
    }

    fn wrong_type(&mut self, key: &str, entry: &Entry<'_>, wanted: &str) {
        let found = match entry.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = match integer(entry.get_ref()) {
            Some(number) => format!("`{key}` must be {wanted}, not {number}"),
            None => format!("`{key}` must be {wanted}, not {found}"),
        };
        let hint = self
            .form
            .key(key)
            .map(|key| format!("such as `{key} = {}`", key.example, key = key.name));
        self.reading.refuse(&entry.span(), message, hint);
    }
}

/// The whole number a value is.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
