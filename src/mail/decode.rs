//! The only place that calls mail-parser: charsets, base64, parameters, dates, entities.
//!
//! Its tables and small parsers are used piece by piece on bounded input, and not its reader of
//! whole messages: that one drops deeply nested messages recursively (a stack overflow cannot be
//! caught), counts the parts of bounces as attachments, and loses characters that are split over
//! two encoded words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use event::Timestamp;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::add_html_token;
use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, HeaderValue};

/// The value of a Content-Type or Content-Disposition field (RFC 2045, 2183, 2231).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameterised {
    /// `type/subtype`, or the disposition; in lower case.
    pub(crate) value: String,
    /// The parameters, names in lower case; encoded words in the values are left to the caller.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Parameterised {
    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Decodes bytes of a named charset; an unknown, missing or merely promised one (`us-ascii`) is
/// guessed.
pub(crate) fn charset(bytes: &[u8], label: Option<&str>) -> String {
    let label = label.unwrap_or_default().trim();
    // RFC 2231 section 5 allows a language after the charset of an encoded word.
    let label = label.split('*').next().unwrap_or_default();
    if label.is_empty() || label.eq_ignore_ascii_case("us-ascii") {
        return guessed(bytes);
    }
    if label.eq_ignore_ascii_case("utf-8") || label.eq_ignore_ascii_case("utf8") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    guarded(|| charset_decoder(label.as_bytes()).map(|decoder| decoder(bytes)))
        // Some label UTF-8 as what it was before they converted it.
        .filter(|text| {
            let is_utf8 = !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok();
            !is_utf8 || !text.contains(char::REPLACEMENT_CHARACTER)
        })
        .unwrap_or_else(|| guessed(bytes))
}

/// Text whose charset nobody told: UTF-8 where it is valid, else windows-1252, in which every
/// byte means something.
pub(crate) fn guessed(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => guarded(|| charset_decoder(b"windows-1252").map(|decoder| decoder(bytes)))
            .unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// RFC 2045 section 6.8; characters outside the alphabet are skipped. `None` where nothing can
/// be decoded.
pub(crate) fn base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let filtered: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        .collect();
    guarded(|| base64_decode(&filtered))
        .filter(|decoded| !decoded.is_empty() || filtered.is_empty())
}

/// Appends what an HTML entity such as `&eacute;` stands for; an unknown one as it is.
pub(crate) fn push_entity(entity: &str, out: &mut String) {
    let decoded = guarded(|| {
        let mut text = String::new();
        add_html_token(&mut text, entity.as_bytes(), false);
        Some(text)
    });
    out.push_str(decoded.as_deref().unwrap_or(entity));
}

/// Reads the value of a Content-Type or Content-Disposition field, as unfolded text.
pub(crate) fn parameterised(text: &str) -> Parameterised {
    // The parser would decode encoded words one by one; they are kept from it, and ours decode
    // neighbours together.
    const HIDDEN: &str = "=\u{e000}?";
    let line = format!("{}\n", text.trim().replace("=?", HIDDEN));
    let read = guarded(|| match MessageStream::new(line.as_bytes()).parse_content_type() {
        HeaderValue::ContentType(read) => Some(Parameterised {
            value: match read.subtype() {
                Some(subtype) => format!("{}/{subtype}", read.ctype()),
                None => read.ctype().to_owned(),
            }
            .to_lowercase(),
            parameters: read
                .attributes()
                .unwrap_or_default()
                .iter()
                .map(|attribute| {
                    (attribute.name.to_lowercase(), attribute.value.replace(HIDDEN, "=?"))
                })
                .collect(),
        }),
        _ => None,
    });
    read.unwrap_or_default()
}

/// Reads a Date field (RFC 5322 section 3.3); without a zone it is taken for UTC. `None` where
/// it is no date, or lies before 1970.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    let read = |text: String| {
        guarded(|| DateTime::parse_rfc822(&text).filter(DateTime::is_valid))
            .and_then(|date| u64::try_from(date.to_timestamp()).ok())
    };
    let text = text.trim();
    let seconds = read(format!("{text}\n")).or_else(|| read(format!("{text} +0000\n")))?;
    Some(Timestamp(seconds.saturating_mul(1_000)))
}

/// Writes an instant as RFC 5322 section 3.3 has it, in UTC; years after 9999 as the last
/// instant of that year.
pub(crate) fn write_date(time: Timestamp) -> String {
    const LAST_SECOND: u64 = 253_402_300_799;
    let seconds = (time.0 / 1_000).min(LAST_SECOND);
    DateTime::from_timestamp(i64::try_from(seconds).unwrap_or_default()).to_rfc822()
}

/// Mail is written by strangers: a panic in the parser is an answer like any other.
fn guarded<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_known_unknown_and_missing() {
        assert_eq!(charset(b"Xin ch\xe0o", Some("windows-1258")), "Xin chào");
        assert_eq!(charset(b"caf\xe9", Some("x-unknown")), "café");
        assert_eq!(charset("café".as_bytes(), Some("x-unknown")), "café");
        assert_eq!(charset("café".as_bytes(), Some("us-ascii")), "café");
        assert_eq!(charset(b"caf\xe9", None), "café");
        assert_eq!(charset(b"\x1b$B%O\x1b(B", Some("iso-2022-jp")), "ハ");
        assert_eq!(charset("ハ".as_bytes(), Some("iso-2022-jp")), "ハ");
        assert_eq!(charset(b"a\xffb", Some("utf-8")), "a\u{fffd}b");
    }

    #[test]
    fn dates_are_read_with_and_without_a_zone() {
        let expected = Some(Timestamp(1_700_000_000_000));
        assert_eq!(date("Tue, 14 Nov 2023 22:13:20 +0000"), expected);
        assert_eq!(date("Tue, 14 Nov 2023 23:13:20 +0100"), expected);
        assert_eq!(date("Tue, 14 Nov 2023 22:13:20"), expected);
        for wrong in
            ["", "yesterday", "Tue, 99 Nov 2023 22:13:20 +0000", "1 Jan 1969 00:00:00 +0000"]
        {
            assert_eq!(date(wrong), None, "{wrong}");
        }
        assert_eq!(write_date(Timestamp(1_700_000_000_000)), "Tue, 14 Nov 2023 22:13:20 +0000");
        assert_eq!(write_date(Timestamp(u64::MAX)), "Fri, 31 Dec 9999 23:59:59 +0000");
    }

    #[test]
    fn parameters_are_read() {
        let read = parameterised("Multipart/Mixed; BOUNDARY=\"a b\"; x=y");
        assert_eq!(read.value, "multipart/mixed");
        assert_eq!((read.get("boundary"), read.get("x")), (Some("a b"), Some("y")));
        let read = parameterised("attachment; filename=\"=?utf-8?Q?a?= =?utf-8?Q?b?=\"");
        assert_eq!(read.get("filename"), Some("=?utf-8?Q?a?= =?utf-8?Q?b?="));
        let read = parameterised("attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9.txt");
        assert_eq!(read.value, "attachment");
        assert_eq!(parameterised("").value, "");
    }

    #[test]
    fn base64_skips_what_is_foreign() {
        assert_eq!(base64(b"aGVs\r\nbG8=").unwrap(), b"hello");
        assert_eq!(base64(b"aGVs bG8").unwrap(), b"hello");
        assert_eq!(base64(b"").unwrap(), b"");
    }
}
