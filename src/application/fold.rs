//! Text as conditions compare it: without regard to case, to how an accent is written, or to the
//! width of letters and spaces.

use unicode_normalization::UnicodeNormalization;

/// The form under which two texts are the same.
///
/// Compatible characters are one (NFKC: `ﬁ` is `fi`, a no-break space is a space), signs that are
/// not seen are left out, every run of white space is one space, and case is folded by full case
/// mapping to capitals and back, so that `ß` is `ss` and `ς` is `σ`. It does as the caseless match
/// of the Unicode standard (section 3.13, D146) for all that people write; of Turkish it knows
/// nothing.
pub(crate) fn folded(text: &str) -> String {
    let cased = text
        .nfkd()
        .filter(|c| !is_unseen(*c))
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc();
    let mut folded = String::with_capacity(text.len());
    let mut is_after_space = true;
    for c in cased {
        if !c.is_whitespace() {
            folded.push(c);
        } else if !is_after_space {
            folded.push(' ');
        }
        is_after_space = c.is_whitespace();
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Text as patterns see it, in which accents are written in one way.
pub(crate) fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Soft hyphens, joiners and the like.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        for (one, other) in [
            ("Invoice", "iNVOICE"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ﬁle", "FILE"),
            ("ｉｎｖｏｉｃｅ", "invoice"),
            ("no\u{a0}break  \r\n space ", "no break space"),
            ("Rech\u{ad}nung\u{200b}", "rechnung"),
            ("ПРИВЕТ", "привет"),
            ("\u{1e9e}", "ß"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("resume", "résumé"), ("a b", "ab"), ("ı", "l")] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn capitals_and_composition_make_no_difference_to_any_letter() {
        let has_case = |c: char| !c.to_uppercase().eq([c]) || !c.to_lowercase().eq([c]);
        for c in ('\0'..='\u{1ffff}').filter(|c| has_case(*c) || !c.nfkd().eq([*c])) {
            let (one, same) = (c.to_string(), folded(&c.to_string()));
            for other in [
                one.nfd().collect(),
                one.nfc().collect(),
                one.to_uppercase(),
                one.to_lowercase(),
                same.clone(),
            ] {
                assert_eq!(folded(&other), same, "{c:?} {other:?}");
            }
        }
    }
}
