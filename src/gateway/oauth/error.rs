//! Why there is no access token, and what the operator can do.

use std::io;
use std::path::PathBuf;

use crate::ConnectError;

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token endpoint cannot be reached.
    #[error("there is no access token: {0}")]
    Connect(#[from] ConnectError),
    /// An endpoint on another machine without TLS.
    #[error(
        "there is no access token: {host} is another machine; give `token_url` as https, nothing \
         was sent"
    )]
    PlainNotLoopback {
        /// The endpoint.
        host: String,
    },
    /// The grant was revoked, has expired, or never was good (RFC 6749 section 5.2).
    #[error(
        "the grant was revoked or has expired: the token endpoint {host} no longer accepts the \
         refresh token ({reason}). Give consent again and put the new refresh token into \
         {}; it is used without a restart", file.display()
    )]
    Revoked {
        /// The endpoint.
        host: String,
        /// What the endpoint said.
        reason: String,
        /// The file of the refresh token.
        file: PathBuf,
    },
    /// The endpoint does not accept the client, for example because its secret has expired.
    #[error(
        "the token endpoint {host} does not accept the client ({reason}): check `client_id`, put a \
         new client secret into the configuration, and start again"
    )]
    ClientRefused {
        /// The endpoint.
        host: String,
        /// What the endpoint said.
        reason: String,
    },
    /// The endpoint refused for another reason.
    #[error("the token endpoint {host} answered {status} ({reason})")]
    Refused {
        /// The endpoint.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What the endpoint said.
        reason: String,
    },
    /// The endpoint does not answer as RFC 6749 demands.
    #[error("the token endpoint {host} broke the protocol: {what}; check `token_url`")]
    Protocol {
        /// The endpoint.
        host: String,
        /// What it did.
        what: String,
    },
    /// The refresh token cannot be read.
    #[error("the refresh token in {} cannot be read: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The refresh token that the endpoint gave instead of the last one cannot be kept.
    #[error(
        "the new refresh token cannot be stored in {}: {reason}. Make its folder writable before \
         the next restart, or consent is needed again", file.display()
    )]
    Unstorable {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The program is ending.
    #[error("there is no access token: the program is ending")]
    Ending,
}
