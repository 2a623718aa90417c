//! How large a condition may be: the language's engine goes as deep as a condition is nested or
//! long, and a stack that is used up ends the program.

use crate::email_words::quoted_length;

/// No condition is longer than this, in bytes.
const BYTES_MAX: usize = 4_096;
/// No condition has more brackets within brackets.
const DEPTH_MAX: usize = 12;
/// No condition has more names, values and signs.
const TOKENS_MAX: usize = 400;

/// Refuses a condition that is empty or too large.
pub(crate) fn check(text: &str) -> Result<(), String> {
    if text.len() > BYTES_MAX {
        return Err(format!("the condition is longer than {BYTES_MAX} bytes"));
    }
    let (mut depth, mut tokens, mut rest) = (0_usize, 0_usize, text.trim());
    if rest.is_empty() {
        return Err("the condition is empty".to_owned());
    }
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => quoted_length(rest),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        match first {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens += usize::from(!first.is_whitespace());
        if depth > DEPTH_MAX {
            return Err(format!("the condition has more than {DEPTH_MAX} brackets in brackets"));
        }
        if tokens > TOKENS_MAX {
            return Err(format!(
                "the condition has more than {TOKENS_MAX} names, values and signs"
            ));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
