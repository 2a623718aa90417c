//! Durations as people write them: `30 s`, `15 min`, `1 h 30 min`, `2 days`.

struct Unit {
    /// As it is shown, for one and for several.
    shown: [&'static str; 2],
    /// As it may also be written.
    also: &'static [&'static str],
    ms: u64,
}

/// The longest first.
const UNITS: [Unit; 6] = [
    Unit { shown: ["week", "weeks"], also: &[], ms: 604_800_000 },
    Unit { shown: ["day", "days"], also: &["d"], ms: 86_400_000 },
    Unit { shown: ["h", "h"], also: &["hour", "hours"], ms: 3_600_000 },
    Unit { shown: ["min", "min"], also: &["minute", "minutes"], ms: 60_000 },
    Unit { shown: ["s", "s"], also: &["second", "seconds"], ms: 1_000 },
    Unit { shown: ["ms", "ms"], also: &["millisecond", "milliseconds"], ms: 1 },
];

/// What is allowed, for those who wrote something else.
const ALLOWED: &str =
    "write whole numbers with units, such as \"30 s\", \"15 min\", \"1 h 30 min\" or \"2 days\"";

/// Reads a duration and gives its milliseconds; the error says what is wrong and what is allowed.
pub fn parse(text: &str) -> Result<u64, String> {
    let (mut total, mut rest) = (0_u64, text.trim());
    if rest.is_empty() {
        return Err(format!("a duration is missing; {ALLOWED}"));
    }
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        if number.is_empty() || (unit.is_empty() && !after.is_empty()) {
            return Err(format!("`{text}` is no duration; {ALLOWED}"));
        }
        let part = milliseconds(number, unit, text)?;
        total = total.checked_add(part).ok_or_else(|| too_long(text))?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// The duration in few words: `1 h 30 min`.
pub fn show(ms: u64) -> String {
    let (mut words, mut rest) = (Vec::new(), ms);
    for Unit { shown: [one, many], ms, .. } in &UNITS {
        let count = rest / ms;
        rest %= ms;
        if count > 0 {
            words.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn milliseconds(number: &str, unit: &str, text: &str) -> Result<u64, String> {
    if unit.is_empty() {
        return Err(format!("`{text}` has a number without a unit; {ALLOWED}"));
    }
    if unit == "m" {
        return Err(format!("the `m` in `{text}` could be minutes or months; write `min`"));
    }
    let known =
        UNITS.iter().find(|known| known.shown.contains(&unit) || known.also.contains(&unit));
    let known = known.ok_or_else(|| {
        format!("`{unit}` in `{text}` is no unit; allowed: ms, s, min, h, day, week")
    })?;
    let number: Option<u64> = number.parse().ok();
    number.and_then(|number| number.checked_mul(known.ms)).ok_or_else(|| too_long(text))
}

fn too_long(text: &str) -> String {
    format!("`{text}` is too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, ms, shown) in [
            ("0 s", 0, "0 s"),
            ("250 ms", 250, "250 ms"),
            ("90 s", 90_000, "1 min 30 s"),
            ("15min", 900_000, "15 min"),
            (" 1 hour 30 minutes ", 5_400_000, "1 h 30 min"),
            ("24 h", 86_400_000, "1 day"),
            ("2 days", 172_800_000, "2 days"),
            ("1 week 1 d", 691_200_000, "1 week 1 day"),
        ] {
            assert_eq!(parse(text), Ok(ms), "{text}");
            assert_eq!(show(ms), shown);
            assert_eq!(parse(shown), Ok(ms), "{shown}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for (text, expected) in [
            ("", "a duration is missing; write whole numbers with units"),
            ("15", "`15` has a number without a unit; write"),
            ("min", "`min` is no duration; write"),
            ("1.5 h", "`1.5 h` is no duration; write"),
            ("-1 s", "`-1 s` is no duration; write"),
            ("5 m", "the `m` in `5 m` could be minutes or months; write `min`"),
            ("5 moons", "`moons` in `5 moons` is no unit; allowed: ms, s, min, h, day, week"),
            ("1 h, 5 min", "`1 h, 5 min` is no duration"),
            ("99999999999999999999 s", "`99999999999999999999 s` is too long"),
            ("99999999999999999 weeks", "`99999999999999999 weeks` is too long"),
            ("18446744073709551615 ms 1 ms", "`18446744073709551615 ms 1 ms` is too long"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
