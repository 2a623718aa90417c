//! INTERNALDATE as a point in time.

use event::Timestamp;
use jiff::fmt::strtime;

/// Reads `17-Jul-1996 02:44:25 -0700` (RFC 3501 section 9, date-time); `None` where it is no date
/// or lies before 1970.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let parsed = strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?;
    let ms = parsed.to_timestamp().ok()?.as_millisecond();
    u64::try_from(ms).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_their_zone() {
        let cases = [
            ("17-Jul-1996 02:44:25 -0700", Some(837_596_665_000)),
            (" 1-Jan-1970 01:00:01 +0100", Some(1_000)),
            ("01-Jan-1970 00:00:00 +0000", Some(0)),
            ("31-Dec-1969 23:59:59 +0000", None),
            ("32-Jul-1996 02:44:25 -0700", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected.map(Timestamp), "{text}");
        }
    }
}
