//! E-mail addresses as they are compared and shown.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::Serialize;

/// An address `local@domain`, the domain in lower case.
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
    /// 254 bytes (RFC 5321 section 4.5.3.1.3 less the brackets).
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.chars().take(LENGTH_MAX).collect());
        let trimmed = text.trim();
        let (local, domain) = trimmed.rsplit_once('@').ok_or_else(wrong)?;
        let bad =
            |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
        if local.is_empty()
            || domain.is_empty()
            || trimmed.len() > LENGTH_MAX
            || local.contains(bad)
            || local.contains('@')
            || domain.contains(|c: char| bad(c) || matches!(c, '(' | ')' | '"' | '\\' | '@'))
            || domain.starts_with('.')
            || domain.ends_with('.')
        {
            return Err(wrong());
        }
        Ok(Self(format!("{local}@{}", domain.to_lowercase())))
    }

    /// The address as written, domain in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the last `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form under which two addresses are the same.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
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
}
