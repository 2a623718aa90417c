//! E-mail addresses as they are compared and shown.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::Serialize;

/// An address `local@domain`, the domain as the DNS has it: in lower case, and a label with other
/// letters than those of ASCII as an A-label (RFC 5890).
///
/// The local part keeps its case for sending (RFC 5321 section 2.4), while equality and order
/// ignore it, as every mail system in use does.
#[derive(Clone, Encode, Decode, Serialize)]
#[serde(transparent)]
pub struct Address(String);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an e-mail address: local@domain is expected")]
pub struct AddressError(pub String);

const LENGTH_MAX: usize = 254;

impl Address {
    /// Takes `local@domain`: no white space, no control characters, no angle brackets, at most
    /// 254 bytes as it is [written](Self::written) (RFC 5321 section 4.5.3.1.3 less the brackets).
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.chars().take(LENGTH_MAX).collect());
        let trimmed = text.trim();
        let (local, domain) = trimmed.rsplit_once('@').ok_or_else(wrong)?;
        if trimmed.len() > LENGTH_MAX {
            return Err(wrong());
        }
        let domain = in_dns(domain);
        let bad =
            |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
        if local.is_empty()
            || domain.is_empty()
            || quoted(local).len() + 1 + domain.len() > LENGTH_MAX
            || local.contains(bad)
            || local.contains('@')
            || domain.contains(|c: char| bad(c) || matches!(c, '(' | ')' | '"' | '\\' | '@'))
            || domain.starts_with('.')
            || domain.ends_with('.')
        {
            return Err(wrong());
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The address as written, but for the domain, which is as the DNS has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as servers and header fields have it: a local part with special characters is
    /// quoted (RFC 5321 section 4.1.2).
    pub fn written(&self) -> String {
        format!("{}@{}", quoted(self.local()), self.domain())
    }

    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the last `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The domain as people read it: A-labels as the letters they stand for.
    pub fn readable_domain(&self) -> String {
        idna::domain_to_unicode(self.domain()).0
    }

    /// `local@domain` of `local+detail@domain` (RFC 5233).
    pub fn without_detail(&self) -> Option<Self> {
        let (local, _) = self.local().split_once('+')?;
        Self::new(&format!("{local}@{}", self.domain())).ok()
    }

    /// The form under which two addresses are the same.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

/// A local part as it is written.
fn quoted(local: &str) -> Cow<'_, str> {
    let is_quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let is_special =
        |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && !"!#$%&'*+-/=?^_`{|}~.".contains(c);
    if is_quoted || !local.contains(is_special) {
        return Cow::Borrowed(local);
    }
    Cow::Owned(format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// What cannot be a name in the DNS stays as it is: an address may be shown and compared, even where
/// nobody can write to it.
fn in_dns(domain: &str) -> String {
    let ascii = if domain.is_ascii() { None } else { idna::domain_to_ascii_strict(domain).ok() };
    ascii.unwrap_or_else(|| domain.to_lowercase())
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_compared() {
        let address = Address::new(" Jo.Doe@Example.ORG ").unwrap();
        assert_eq!(address.as_str(), "Jo.Doe@example.org");
        assert_eq!(address, Address::new("jo.doe@example.org").unwrap());
        assert_eq!((address.local(), address.domain()), ("Jo.Doe", "example.org"));
        for wrong in
            ["", "a", "@b", "a@", "a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>", "a@b,c@d", "a@.b"]
        {
            assert!(Address::new(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_is_no_longer_than_it_may_be_written() {
        let written = |text| Address::new(text).unwrap().written();
        assert_eq!(written("a.b+c@d.e"), "a.b+c@d.e");
        assert_eq!(written("a:b@d.e"), "\"a:b\"@d.e");
        assert_eq!(written("a\\b@d.e"), "\"a\\\\b\"@d.e");
        assert_eq!(written("\"a:b\"@d.e"), "\"a:b\"@d.e");
        for (letter, count_max) in [("x", 249), (":", 247), ("\\", 123)] {
            let long = |count| Address::new(&format!("{}@d.ee", letter.repeat(count)));
            assert!(long(count_max).is_ok() && long(count_max + 1).is_err(), "{letter}");
        }
    }

    #[test]
    fn domains_of_any_letters_are_written_as_the_dns_has_them() {
        let address = Address::new("jo@BÜCHER.example").unwrap();
        assert_eq!(address.as_str(), "jo@xn--bcher-kva.example");
        assert_eq!(address, Address::new("Jo@xn--BCHER-kva.example").unwrap());
        assert_eq!(address.readable_domain(), "bücher.example");
        // Letters that stand for those of ASCII name the same domain; signs must not come of them.
        assert_eq!(Address::new("jo@ｅxample。org").unwrap().domain(), "example.org");
        for (text, domain) in [("a@b\u{fe64}c.d", "b\u{fe64}c.d"), ("a@-ü.d", "-ü.d")] {
            assert_eq!(Address::new(text).unwrap().domain(), domain);
        }
        assert!(Address::new(&format!("a@{}.d", "ü".repeat(300))).is_err());
        assert!(Address::new(&format!("{}@ü{}.d", "a".repeat(200), "b".repeat(49))).is_err());
    }
}
