//! What a benchmark found: a table for people, JSON for machines.

use std::io::{Write, stdout};

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value};

/// Rows of figures under named columns.
pub(crate) struct Report {
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Report {
    /// An empty report.
    pub(crate) fn new(title: &'static str, columns: &'static [&'static str]) -> Self {
        Self { title, columns, rows: Vec::new() }
    }

    /// Adds a row, one value a column.
    pub(crate) fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        self.rows.push(values.into_iter().collect());
    }

    /// The rows as objects, keyed by column.
    fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let names = self.columns.iter().map(|&name| name.to_owned());
            Value::Object(names.zip(row.iter().cloned()).collect::<Map<_, _>>())
        });
        serde_json::json!({ "title": self.title, "rows": rows.collect::<Vec<_>>() })
    }

    /// Prints to the standard output; a closed pipe is no failure.
    pub(crate) fn print(&self, json: bool) -> Result<()> {
        let text = if json {
            serde_json::to_string_pretty(&self.to_json())?
        } else {
            format!("{}\n{}", self.title, self.to_table())
        };
        match writeln!(stdout(), "{text}") {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    fn to_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN).set_header(self.columns);
        for row in &self.rows {
            table.add_row(row.iter().map(shown));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

/// A rate or a size, rounded to what can be told apart.
pub(crate) fn rounded(figure: f64) -> Value {
    let digits = if figure.abs() >= 100.0 { 1.0 } else { 100.0 };
    Value::from((figure * digits).round() / digits)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(figure) if figure.abs() >= 100.0 => grouped(figure),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// Digits in groups of three.
fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
