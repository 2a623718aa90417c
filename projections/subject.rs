//! Whether two subjects belong to one conversation.

/// What programs put before a subject when they answer or forward, in lower case; a colon follows.
const PREFIXES: [&str; 50] = [
    "aw",
    "antw",
    "atb",
    "bls",
    "doorst",
    "enc",
    "fs",
    "fw",
    "fwd",
    "i",
    "odp",
    "pd",
    "r",
    "re",
    "ref",
    "res",
    "rif",
    "rv",
    "râs",
    "réf",
    "sv",
    "tr",
    "trs",
    "ts",
    "vb",
    "vl",
    "vs",
    "vá",
    "wg",
    "yml",
    "ynt",
    "i̇lt",
    "ilt",
    "απ",
    "πρθ",
    "σχετ",
    "на",
    "ответ",
    "השב",
    "הועבר",
    "إعادة",
    "رد",
    "回复",
    "回覆",
    "答复",
    "返信",
    "转发",
    "轉寄",
    "転送",
    "답장",
];

/// A subject without what programs and lists put around it when they answer or forward (RFC 5256
/// section 2.1), in lower case and with single spaces; equal for all mails of a conversation.
pub(crate) fn base(subject: &str) -> String {
    let lower = subject.to_lowercase();
    let mut rest = lower.trim();
    loop {
        let shorter = rest.strip_suffix("(fwd)").unwrap_or(rest);
        let shorter = without_prefix(without_blob(shorter)).trim();
        if shorter == rest {
            break;
        }
        rest = shorter;
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without a leading `[...]`, such as the name of a list, unless nothing would be left.
fn without_blob(text: &str) -> &str {
    let rest = text.strip_prefix('[').and_then(|inner| inner.split_once(']'));
    rest.map(|(_, rest)| rest.trim_start()).filter(|rest| !rest.is_empty()).unwrap_or(text)
}

/// Without a leading `Re:`, `Re[2]:` or the like.
fn without_prefix(text: &str) -> &str {
    let Some((prefix, rest)) = text.split_once([':', '：']) else { return text };
    let is_counter = |c: char| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | ' ' | '^');
    if PREFIXES.contains(&prefix.trim_end_matches(is_counter)) { rest } else { text }
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn answers_have_the_subject_of_what_they_answer() {
        for subject in [
            "Printer on fire",
            "Re: Printer on fire",
            "RE: FW: re:Printer  on fire ",
            "Re[2]: Printer on fire",
            "AW: [EXTERN] Re: Printer on fire",
            "[desk] Printer on fire (fwd)",
            "回复：Printer on fire",
        ] {
            assert_eq!(base(subject), "printer on fire", "{subject}");
        }
        assert_eq!(base("[urgent]"), "[urgent]");
        assert_eq!(base("Re: [urgent]"), "[urgent]");
        assert_eq!(base("Re:"), "");
        for other in ["Printer: on fire", "Refund: on fire", "a : b"] {
            assert_eq!(base(other), other.to_lowercase(), "{other}");
        }
    }
}
