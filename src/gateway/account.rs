//! The accounts of mailboxes and outgoing servers, as the configuration gives them.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::{TokenSource, Trust};

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Plain text first, TLS before any credential or mail (RFC 2595, RFC 3207); a server that
    /// does not offer it is refused.
    StartTls,
    /// No TLS; only addresses of the own machine are connected to.
    PlainLoopback,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a password or token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the server only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What proves who we are.
#[derive(Clone, Debug)]
pub enum Login {
    /// A password.
    Password(Secret),
    /// An access token, sent by XOAUTH2.
    OAuth2(TokenSource),
}

/// Which mail of a folder becomes contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// Only what arrives after the first connection.
    #[default]
    FromNow,
    /// Everything that lies there, too.
    All,
}

/// What happens on the server to a message once what became of it is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Nothing; the folder is opened for reading only.
    #[default]
    Nothing,
    /// It is marked as read.
    Seen,
    /// It goes to another folder.
    Move {
        /// That folder, as people write it; it must be there.
        folder: String,
    },
    /// It is deleted.
    Delete,
}

/// A mailbox, however it is reached.
#[derive(Clone, Debug)]
pub enum Account {
    /// On an IMAP server.
    Imap(ImapAccount),
    /// On a POP3 server.
    Pop3(Pop3Account),
    /// On this machine.
    Maildir(MaildirAccount),
}

/// An IMAP mailbox.
#[derive(Clone, Debug)]
pub struct ImapAccount {
    /// The server's name or address; the certificate must name it.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The login name.
    pub user: String,
    /// What proves it.
    pub login: Login,
    /// The folder, as people write it; usually `INBOX`.
    pub folder: String,
    /// The time between two looks at the folder where IDLE is not used.
    pub poll: Duration,
    /// Whether to use IDLE (RFC 2177) where the server offers it.
    pub idle: bool,
    /// Larger messages are not fetched.
    pub message_bytes_max: u64,
    /// Which mail becomes contacts at the first connection.
    pub history: History,
    /// What happens to recorded messages.
    pub after: After,
    /// How long each step may take.
    pub timeouts: ImapTimeouts,
    /// Which certificates are trusted.
    pub trust: Trust,
}

/// How long the steps of an IMAP session may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImapTimeouts {
    /// To connect, and again for the TLS handshake.
    pub connect: Duration,
    /// Until the next answer of the server in any command.
    pub step: Duration,
    /// After this time IDLE is ended and begun again, which also notices a dead connection.
    /// RFC 2177 demands less than 29 minutes.
    pub idle_renew: Duration,
}

impl Default for ImapTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            step: Duration::from_secs(45),
            idle_renew: Duration::from_secs(5 * 60),
        }
    }
}

/// What happens to recorded messages on a POP3 server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pop3After {
    /// They stay.
    #[default]
    Leave,
    /// They are deleted.
    Delete,
}

/// A POP3 mailbox.
#[derive(Clone, Debug)]
pub struct Pop3Account {
    /// The server's name or address; the certificate must name it.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The login name.
    pub user: String,
    /// What proves it.
    pub login: Login,
    /// The time between two looks at the mailbox.
    pub poll: Duration,
    /// Larger messages are not fetched.
    pub message_bytes_max: u64,
    /// Which mail becomes contacts at the first connection.
    pub history: History,
    /// What happens to recorded messages.
    pub after: Pop3After,
    /// How long each step may take.
    pub timeouts: Pop3Timeouts,
    /// Which certificates are trusted.
    pub trust: Trust,
}

/// How long the steps of a POP3 session may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pop3Timeouts {
    /// To connect, and again for the TLS handshake.
    pub connect: Duration,
    /// Until the next line of the server in any command.
    pub step: Duration,
}

impl Default for Pop3Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(20), step: Duration::from_secs(45) }
    }
}

/// A Maildir that is polled as a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaildirAccount {
    /// The folder that holds `new`, `cur` and `tmp`.
    pub path: PathBuf,
    /// The time between two looks.
    pub poll: Duration,
    /// Larger messages are not read.
    pub message_bytes_max: u64,
}

/// A login name with what proves it.
pub type Credentials = (String, Login);

/// A server that takes outgoing mail.
#[derive(Clone, Debug)]
pub struct SmtpAccount {
    /// The server's name or address; the certificate must name it.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// The login, where the server wants one.
    pub credentials: Option<Credentials>,
    /// The name given in EHLO, a domain name.
    pub hello_name: String,
    /// How long each step may take.
    pub timeouts: SmtpTimeouts,
    /// Which certificates are trusted.
    pub trust: Trust,
}

/// How long the steps of sending may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmtpTimeouts {
    /// To connect, and again for the TLS handshake.
    pub connect: Duration,
    /// Until the answer to a command.
    pub step: Duration,
    /// Until the answer to the final dot (RFC 5321 section 4.5.3.2.6).
    pub final_reply: Duration,
}

impl Default for SmtpTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            step: Duration::from_secs(5 * 60),
            final_reply: Duration::from_secs(10 * 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let credentials: Credentials = ("jo".into(), Login::Password(Secret::new("hunter2")));
        assert_eq!(format!("{credentials:?}"), "(\"jo\", Password(***))");
    }
}
