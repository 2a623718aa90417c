//! The address of something that is asked over HTTP.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

/// An address on the web without a login in it: `https`, or `http` on the own machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebUrl {
    uri: Uri,
    host: String,
    tls: bool,
}

/// Why a text is no such address.
#[derive(Debug, thiserror::Error)]
#[error("an address like https://login.example/token is expected, without a login in it")]
pub struct WebUrlError;

impl WebUrl {
    /// The name or address in it, as the certificate must have it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port it names, or the usual one.
    pub(crate) fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.tls { 443 } else { 80 })
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.tls
    }

    /// Host and port, as the Host field has them (RFC 9112 section 3.2).
    pub(crate) fn authority(&self) -> &str {
        self.uri.authority().map_or(&self.host, |authority| authority.as_str())
    }

    pub(crate) fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }
}

impl FromStr for WebUrl {
    type Err = WebUrlError;

    fn from_str(text: &str) -> Result<Self, WebUrlError> {
        let uri: Uri = text.parse().map_err(|_| WebUrlError)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(WebUrlError),
        };
        let authority = uri.authority().ok_or(WebUrlError)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(WebUrlError);
        }
        Ok(Self { uri, host, tls })
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_without_a_login_are_taken() {
        let url: WebUrl = "https://login.example/a/token?b=1".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.is_tls()), ("login.example", 443, true));
        assert_eq!(url.path_and_query(), "/a/token?b=1");
        let url: WebUrl = "http://[::1]:81".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.is_tls()), ("::1", 81, false));
        assert_eq!((url.authority(), url.path_and_query()), ("[::1]:81", "/"));
        for wrong in ["", "/token", "login.example", "ftp://a/b", "https://jo:pw@login.example/"] {
            assert!(wrong.parse::<WebUrl>().is_err(), "{wrong}");
        }
    }
}
