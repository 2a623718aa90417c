//! Why an IMAP mailbox is not fetched, and what the operator can do.

use std::time::Duration;

use super::codec::CodecError;
use super::trouble::ATTEMPTS_MAX;
use crate::wire::ReadError;
use crate::{ConnectError, InboxError, Step, TokenError};

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// There is no connection, or no TLS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server does not offer STARTTLS.
    #[error("the server offers no STARTTLS: set `security` to \"tls\" and the port to match")]
    StartTlsMissing,
    /// Bytes came between the plain text and the TLS handshake.
    #[error(
        "plain text came after STARTTLS: someone may be tampering with the connection; nothing \
         was sent. Set `security` to \"tls\" if the server can do it"
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
         `user`, and for mail"
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
        /// The user, the password or the folder.
        what: &'static str,
    },
    /// The folder is not there any more, or never was.
    #[error("the folder {folder} cannot be opened: {text}; create it or correct `folder`")]
    FolderGone {
        /// The folder.
        folder: String,
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
    /// The server said good-bye.
    #[error("the server ended the session while {step}: {text}")]
    Bye {
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
    /// The server does not speak IMAP as we know it.
    #[error("the server broke the protocol while {step}: {what}")]
    Protocol {
        /// What we were doing.
        step: Step,
        /// What it did.
        what: String,
    },
    /// The server lists a message but does not send it.
    #[error(
        "the server lists the message with UID {uid} but does not send it; mail behind it waits until \
         it was asked for {ATTEMPTS_MAX} times, then it goes into quarantine"
    )]
    Withheld {
        /// That message.
        uid: u32,
    },
    /// The server sends none of its messages.
    #[error(
        "the server lists messages and sends none of them, however often it is asked: mend the \
         server; `postbook quarantine replay --all` brings in what went into quarantine"
    )]
    NothingSent,
    /// The server says that there are messages, and lists none.
    #[error(
        "the server says that the folder holds {count} messages and lists none of them: mend the \
         folder on the server, for example by a new index"
    )]
    Hidden {
        /// How many.
        count: u32,
    },
    /// A message that was there is not there any more.
    #[error("the message is no longer in the folder, or the folder is numbered anew")]
    Gone,
    /// The server can remove single messages in no safe way.
    #[error(
        "the server has no {needed}, so recorded mail stays in the folder; set `after` to \"seen\" or \
         \"nothing\""
    )]
    AfterUnsupported {
        /// The extensions one of which is needed.
        needed: &'static str,
    },
    /// The server does not move recorded messages.
    #[error(
        "recorded mail cannot be moved to the folder {folder} and stays: {text}; create it or \
         correct `move_to`"
    )]
    NotMoved {
        /// The folder.
        folder: String,
        /// What the server said.
        text: String,
    },
    /// The mail could not be recorded; it stays on the server.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

impl ImapError {
    /// The pause that is due at least: wrong passwords, repeated quickly, lock accounts.
    pub(super) fn pause_min(&self) -> Duration {
        match self {
            Self::LoginRefused { .. } | Self::TokenRefused { .. } => Duration::from_secs(60),
            _ => Duration::ZERO,
        }
    }

    /// Whether only what happens to recorded messages was refused; new mail can be fetched on.
    pub(super) fn spares_fetching(&self) -> bool {
        matches!(
            self,
            Self::AfterUnsupported { .. }
                | Self::NotMoved { .. }
                | Self::Refused { step: Step::After, .. }
        )
    }

    pub(super) fn from_codec(step: Step, error: CodecError) -> Self {
        match error {
            CodecError::Wire(ReadError::Silent(after)) => Self::Hang { step, after },
            CodecError::Wire(error) => Self::Cut { step, reason: error.to_string() },
            CodecError::LineTooLong | CodecError::LiteralTooLarge { .. } => {
                Self::Protocol { step, what: error.to_string() }
            }
        }
    }
}
