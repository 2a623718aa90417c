//! The words for the variables of a thread in application files: `$Email:LastHandlingAgent`.

/// Each word and the name it stands for.
const WORDS: [(&str, &str); 4] = [
    ("$Email:LastHandlingAgent", "thread.last_handling_agent"),
    ("$Email:OtherHandlingAgents", "thread.other_handling_agents"),
    ("$Email:InternalCCAddresses", "thread.internal_cc_addresses"),
    ("$Email:ExternalCCAddresses", "thread.external_cc_addresses"),
];

/// What every such word begins with.
const PREFIX: &str = "$Email:";

/// Code with the names in place of the words; what stands in quotes stays. The error says which
/// word there is not.
pub(crate) fn to_names(code: &str) -> Result<String, String> {
    let (mut names, mut rest) = (String::with_capacity(code.len()), code);
    while let Some(at) = rest.find(['$', '"', '\'']) {
        let (before, from) = rest.split_at(at);
        names.push_str(before);
        rest = if from.starts_with('$') {
            let (word, name) = word(from)?;
            names.push_str(name);
            from.get(word.len()..).unwrap_or_default()
        } else {
            let (quoted, after) = from.split_at(quoted_length(from));
            names.push_str(quoted);
            after
        };
    }
    names.push_str(rest);
    Ok(names)
}

/// The word a text begins with, and its name.
fn word(text: &str) -> Result<(&'static str, &'static str), String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let length = text.char_indices().skip(1).find(|(_, c)| !is_part(*c)).map(|(at, _)| at);
    let found = text.get(..length.unwrap_or(text.len())).unwrap_or_default();
    let known = WORDS.iter().find(|(word, _)| *word == found);
    known.copied().ok_or_else(|| {
        let allowed = WORDS.map(|(word, _)| format!("`{word}`")).join(", ");
        format!("there is no `{found}`; after `$` is allowed: {allowed}")
    })
}

/// How long the quoted text is that a text begins with.
pub(crate) fn quoted_length(text: &str) -> usize {
    let mut characters = text.char_indices();
    let quote = characters.next().map(|(_, c)| c);
    let mut is_escaped = false;
    for (at, c) in characters {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if Some(c) == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

/// Whether a text is one of the words and nothing else.
pub(crate) fn is_word(text: &str) -> bool {
    text.trim().starts_with(PREFIX) && !text.trim().contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_names() {
        for (code, expected) in [
            ("", ""),
            (
                "$Email:LastHandlingAgent == '$Email:x \\' $' || $Email:OtherHandlingAgents",
                "thread.last_handling_agent == '$Email:x \\' $' || thread.other_handling_agents",
            ),
            ("\"$", "\"$"),
            ("é$Email:InternalCCAddresses", "éthread.internal_cc_addresses"),
        ] {
            assert_eq!(to_names(code).as_deref(), Ok(expected));
        }
        for wrong in ["$Email:LastHandlingAgents", "$", "$x"] {
            let error = to_names(wrong).unwrap_err();
            assert!(error.starts_with(&format!("there is no `{wrong}`; after `$`")), "{error}");
        }
    }
}
