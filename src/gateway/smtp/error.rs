//! Why no mail can be sent.

use crate::{ConnectError, Step, TokenError};

/// Why no mail can be sent at all; none of it is the message's fault.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the server offers no STARTTLS: set `security` to \"tls\" and the port to match")]
    StartTlsMissing,
    #[error(
        "plain text came after STARTTLS: someone may be tampering with the connection; nothing \
         was sent"
    )]
    Injected,
    #[error("the connection failed: {0}")]
    Cut(String),
    #[error("the server broke the protocol while {step}")]
    Garbage { step: Step },
    #[error("the server refused while {step}: {code} {text}")]
    Refused { step: Step, code: u16, text: String },
    #[error("the server refused the login of {user}: {text}; check `user` and the password")]
    Login { user: String, text: String },
    #[error(
        "the server refused the access token of {user}: {text}; check that consent was given by \
         `user`, and for mail"
    )]
    TokenRefused { user: String, text: String, is_old: bool },
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl OpenError {
    /// The reply code, where it says more than that we cannot send.
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Refused { code, .. } => *code,
            _ => 0,
        }
    }
}
