//! The code in a template, between `{{` and `}}` or `{%` and `%}`.

use crate::email_words::{self, is_word, quoted_length};

/// No piece of code is longer than this, in bytes; a text has no need of that, and the template
/// engine goes as deep as code is long.
const CODE_BYTES_MAX: usize = 1_000;
/// A template has no more pieces of code than this.
const PIECES_MAX: usize = 500;

/// What begins a piece and what ends it.
const BRACKETS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

/// The name for which a template stands that is nothing but one of the words for the variables of
/// a thread.
pub(crate) fn whole_word(text: &str) -> Result<Option<String>, String> {
    if is_word(text) { email_words::to_names(text.trim()).map(Some) } else { Ok(None) }
}

/// A template with names in place of such words in its code.
pub(crate) fn to_names(text: &str) -> Result<String, String> {
    let (mut names, mut rest, mut pieces) = (String::with_capacity(text.len()), text, 0);
    let wrong = |names: &str, what: String| {
        let line = names.matches('\n').count() + 1;
        format!("line {line} of the text: {what}")
    };
    while let Some((before, open, close)) = next_piece(rest) {
        names.push_str(before);
        let piece = rest.get(before.len()..).unwrap_or_default();
        let inside = piece.get(open.len()..).unwrap_or_default();
        let length = if open == "{#" { inside.find(close) } else { code_length(inside, close) };
        let Some(length) = length else {
            return Err(wrong(&names, format!("`{open}` is not closed by `{close}`")));
        };
        pieces += 1;
        if pieces > PIECES_MAX {
            return Err(wrong(&names, format!("it has more than {PIECES_MAX} pieces of code")));
        }
        let (code, after) = inside.split_at(length);
        if open == "{#" {
            names.push_str(piece.get(..open.len() + length).unwrap_or_default());
        } else if length > CODE_BYTES_MAX {
            let what =
                format!("code between `{open}` and `{close}` has more than {CODE_BYTES_MAX} bytes");
            return Err(wrong(&names, what));
        } else {
            let code = email_words::to_names(code).map_err(|what| wrong(&names, what))?;
            names.extend([open, code.as_str()]);
        }
        // What is raw is no code, up to the statement that ends it.
        let is_raw = open == "{%" && code.trim_matches([' ', '-', '+']) == "raw";
        let raw = if is_raw { after.find("endraw").unwrap_or(after.len()) } else { 0 };
        let (raw, after) = after.split_at(raw);
        names.push_str(raw);
        rest = after;
    }
    names.push_str(rest);
    Ok(names)
}

/// What is before the next piece, and the brackets of that.
fn next_piece(text: &str) -> Option<(&str, &'static str, &'static str)> {
    let first = BRACKETS.iter().filter_map(|(open, close)| Some((text.find(open)?, open, close)));
    let (at, open, close) = first.min()?;
    Some((text.get(..at)?, open, close))
}

/// How long code is until what closes it, which does not count in quotes.
fn code_length(text: &str, close: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let next = rest.find(['"', '\'', '}', '%'])?;
        let from = rest.get(next..)?;
        at += next;
        if from.starts_with(close) {
            return Some(at);
        }
        at += if from.starts_with(['"', '\'']) { quoted_length(from) } else { 1 };
    }
}
