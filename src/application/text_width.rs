//! How wide a text is about to be in a drawing, without knowing the font: rather too wide than too
//! narrow.

/// The width in pixels of a text in a sans-serif font of this size.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(width).sum::<f64>() * size
}

/// The text, cut at its end where it would be wider than this.
pub(crate) fn cut(text: &str, size: f64, width_max: f64) -> String {
    if text_width(text, size) <= width_max {
        return text.to_owned();
    }
    let mut left = width_max - text_width("…", size);
    let fits = |sign: &char| {
        left -= width(*sign) * size;
        left >= 0.0
    };
    let start: String = text.chars().take_while(fits).collect();
    format!("{}…", start.trim_end())
}

/// The width of one sign, for a size of 1.
fn width(sign: char) -> f64 {
    match sign {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '-' | '/' => 0.46,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.0,
        'A'..='Z' => 0.74,
        '\u{0}'..='\u{2fff}' => 0.64,
        // Chinese, Japanese and Korean signs, and pictures.
        _ => 1.1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits() {
        for (text, expected) in [
            ("short", "short"),
            ("a text that is longer than that", "a text that i…"),
            ("注意事項の長い名前です", "注意事項の長…"),
        ] {
            let cut = cut(text, 10.0, 80.0);
            assert_eq!(cut, expected);
            assert!(text_width(&cut, 10.0) <= 80.0);
        }
    }
}
