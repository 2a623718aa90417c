//! Private addresses taken out of what a reply quotes.

use mail::{PrivateAddresses, Redacted, redact_quotes};

use crate::oracle;

const MARK: &[u8] = b"[address removed]";

/// Nothing but private addresses is taken out, and once it is done nothing more is.
pub fn quotes(raw: &[u8]) {
    let private: PrivateAddresses =
        [oracle::internal(), oracle::address("a1@corp.test")].iter().collect();
    let Redacted { bytes, redacted, remaining } = redact_quotes(raw.to_vec(), &private);
    if redacted == 0 {
        assert_eq!(bytes, raw);
    } else {
        assert_ne!(bytes, raw);
    }
    let again = redact_quotes(bytes.clone(), &private);
    assert_eq!((again.redacted, again.remaining), (0, remaining));
    assert_eq!(again.bytes, bytes);
    let nobody = redact_quotes(raw.to_vec(), &PrivateAddresses::default());
    assert_eq!((nobody.redacted, nobody.remaining), (0, 0));
    unencoded(raw, &bytes, redacted);
}

/// Where nothing is encoded, the pieces between the marks are the mail as it came.
fn unencoded(raw: &[u8], bytes: &[u8], redacted: u32) {
    let has_mark = raw.windows(MARK.len()).any(|window| window == MARK);
    if has_mark || String::from_utf8_lossy(raw).to_ascii_lowercase().contains("encoding") {
        return;
    }
    let mut rest = raw;
    let mut count = 0;
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(text.matches("[address removed]").count(), usize::try_from(redacted).unwrap());
    let mut kept = bytes;
    while let Some(at) = kept.windows(MARK.len()).position(|window| window == MARK) {
        rest = rest.strip_prefix(&kept[..at]).unwrap();
        kept = &kept[at + MARK.len()..];
        // An address is no longer than its two sides with a suffix may be.
        let end = (1..=rest.len().min(1_000)).find(|&end| rest[end..].starts_with(next(kept)));
        rest = &rest[end.unwrap()..];
        count += 1;
    }
    assert_eq!(count, redacted);
    assert!(rest.ends_with(kept));
}

/// What follows up to the next mark.
fn next(kept: &[u8]) -> &[u8] {
    let end = kept.windows(MARK.len()).position(|window| window == MARK);
    &kept[..end.unwrap_or(kept.len())]
}
