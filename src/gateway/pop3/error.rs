//! Why a POP3 mailbox is not fetched, and what the operator can do.

use std::time::Duration;

use super::codec::CodecError;
use crate::wire::ReadError;
use crate::{ConnectError, InboxError, Step, TokenError};

/// Why a session failed.
#[derive(Debug, thiserror::Error)]
pub enum Pop3Error {
    /// There is no connection, or no TLS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server does not change to TLS.
    #[error(
        "the server refused STLS: {text}; nothing was sent. Set `security` to \"tls\" and the port \
         to match"
    )]
    StlsRefused {
        /// What the server said.
        text: String,
    },
    /// Bytes came between the plain text and the TLS handshake.
    #[error(
        "plain text came after STLS: someone may be tampering with the connection; nothing was \
         sent. Set `security` to \"tls\" if the server can do it"
    )]
    Injected,
    /// The server does not accept the login.
    #[error("the server refused the login of {user}: {text}; check `user` and the password")]
    LoginRefused {
        /// The login name.
        user: String,
        /// What the server said.
        text: String,
    },
    /// The server does not accept the access token.
    #[error(
        "the server refused the access token of {user}: {text}; check that consent was given by \
         `user`, and for POP"
    )]
    TokenRefused {
        /// The login name.
        user: String,
        /// What the server said.
        text: String,
    },
    /// There is no access token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There is no way of logging in that both sides know.
    #[error("the server offers no login with {wanted} (it offers: {offered})")]
    LoginUnsupported {
        /// What is configured.
        wanted: &'static str,
        /// What the server offers.
        offered: String,
    },
    /// The login cannot be written in the protocol.
    #[error("the {what} holds a line end or another control character")]
    Unsendable {
        /// The user or the password.
        what: &'static str,
    },
    /// Another session holds the mailbox (RFC 2449 section 8.1.1).
    #[error("the mailbox is in use: {text}; end other programs that fetch it")]
    InUse {
        /// What the server said.
        text: String,
    },
    /// The server refused a command.
    #[error("the server refused while {step}: {text}")]
    Refused {
        /// What we were doing.
        step: Step,
        /// What the server said.
        text: String,
    },
    /// The connection was cut.
    #[error("the connection was cut while {step}: {reason}")]
    Cut {
        /// What we were doing.
        step: Step,
        /// What the network says.
        reason: String,
    },
    /// No answer in time.
    #[error("the server hangs: nothing came within {after:?} while {step}")]
    Hang {
        /// What we were doing.
        step: Step,
        /// The time limit.
        after: Duration,
    },
    /// The server does not speak POP3 as we know it.
    #[error("the server broke the protocol while {step}: {what}")]
    Protocol {
        /// What we were doing.
        step: Step,
        /// What it did.
        what: String,
    },
    /// The server counts more messages than it lists; those that it lists are recorded.
    #[error(
        "the server counts {counted} messages and lists {listed}: mail is missing. What is listed \
         is fetched; look for the rest with another program, and tell whoever runs the server"
    )]
    Unlisted {
        /// How many it says there are.
        counted: usize,
        /// How many it names.
        listed: usize,
    },
    /// The server lists a message but does not send it; the others are recorded.
    #[error(
        "the server lists the message {name} but does not send it: {text}. Other mail is not held \
         up; remove that message by another program"
    )]
    Withheld {
        /// Its unique id.
        name: String,
        /// What the server said.
        text: String,
    },
    /// A message is shorter than the server lists it; it is fetched once more.
    #[error(
        "of the message {name} came {came} of {listed} bytes: the server may be unable to read it. \
         It is fetched once more, then recorded as it comes, and not deleted"
    )]
    Short {
        /// Its unique id.
        name: String,
        /// How many bytes came.
        came: u64,
        /// How many the server says it has.
        listed: u64,
    },
    /// The server does not delete recorded messages.
    #[error("recorded mail cannot be deleted and stays: {text}; set `after` to \"leave\"")]
    NotDeleted {
        /// What the server said.
        text: String,
    },
    /// The mail could not be recorded; it stays on the server.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

impl Pop3Error {
    /// The pause that is due at least: wrong passwords, repeated quickly, lock accounts.
    pub(super) fn pause_min(&self) -> Duration {
        match self {
            Self::LoginRefused { .. } | Self::TokenRefused { .. } => Duration::from_secs(60),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn from_codec(step: Step, error: CodecError) -> Self {
        match error {
            CodecError::Wire(ReadError::Silent(after)) => Self::Hang { step, after },
            CodecError::Wire(error) => Self::Cut { step, reason: error.to_string() },
            CodecError::LineTooLong | CodecError::Endless => {
                Self::Protocol { step, what: error.to_string() }
            }
        }
    }
}
