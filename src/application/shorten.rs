//! Texts of which only the beginning is shown.

/// The text on one line, cut at its end where it has more characters than this.
pub(crate) fn shorten(text: &str, characters_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(characters_max) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut() {
        for (text, expected) in [
            ("short", "short"),
            ("two\n  lines", "two lines"),
            ("ééééé ééééé ééééé", "ééééé ééééé…"),
        ] {
            assert_eq!(shorten(text, 12), expected);
        }
    }
}
