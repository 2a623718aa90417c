//! Mailboxes, and how they are reached.

use std::path::PathBuf;

use event::{Address, ApplicationName, MailboxName};
use gateway::{Secret, WebUrl};
use mail::AuthenticationServer;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::Checked;

/// Where agents' answers arrive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Internal {
    /// The name of the mailbox.
    pub(crate) name: Spanned<Checked<MailboxName>>,
    /// The unpublished address; its server must deliver `local+anything@domain` to it.
    pub(crate) address: Spanned<Checked<Address>>,
    /// Polled by IMAP.
    pub(crate) imap: Option<Imap>,
    /// Or by POP3.
    pub(crate) pop3: Option<Pop3>,
    /// Or a Maildir.
    pub(crate) maildir: Option<Maildir>,
}

/// A public mailbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mailbox {
    /// Its name.
    pub(crate) name: Spanned<Checked<MailboxName>>,
    /// The name customers see in From.
    pub(crate) display_name: Option<String>,
    /// Its addresses; customers see the first one in From.
    pub(crate) addresses: Vec<Spanned<Checked<Address>>>,
    /// The application its mail enters.
    pub(crate) application: Spanned<Checked<ApplicationName>>,
    /// The mail servers, by authserv-id, that are believed about who sent a mail; empty: one that
    /// does not name itself.
    #[serde(default)]
    pub(crate) trusted_authserv_ids: Vec<Checked<AuthenticationServer>>,
    /// What the mail server that takes mail from outside calls itself in Received; only with it SPF
    /// is checked.
    pub(crate) trusted_received_by: Option<String>,
    /// Polled by IMAP.
    pub(crate) imap: Option<Imap>,
    /// Or by POP3.
    pub(crate) pop3: Option<Pop3>,
    /// Or a Maildir.
    pub(crate) maildir: Option<Maildir>,
}

/// An IMAP account.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Imap {
    /// The server.
    pub(crate) host: String,
    /// Its port; 993 for `tls`, else 143.
    pub(crate) port: Option<u16>,
    /// `tls`, `starttls`, or `plain-loopback` for a server on this machine.
    #[serde(default)]
    pub(crate) security: Security,
    /// The login name.
    pub(crate) user: String,
    /// The file that holds the password.
    pub(crate) password_file: Option<Spanned<PathBuf>>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<Spanned<String>>,
    /// Or a login by access tokens.
    pub(crate) oauth2: Option<OAuth2>,
    /// The folder; `INBOX` unless given.
    #[serde(default = "inbox")]
    pub(crate) folder: String,
    /// Seconds between two looks where IDLE is not used.
    #[serde(default = "poll_seconds")]
    pub(crate) poll_seconds: u32,
    /// Whether to use IDLE where the server has it.
    #[serde(default = "yes")]
    pub(crate) idle: bool,
    /// Larger messages are refused.
    #[serde(default = "message_bytes_max")]
    pub(crate) message_bytes_max: u64,
    /// `from-now`, or `all` to make contacts of what lies there already.
    #[serde(default)]
    pub(crate) history: History,
    /// What happens on the server to recorded mail: `nothing`, `seen`, `move` or `delete`.
    #[serde(default)]
    pub(crate) after: After,
    /// The folder it goes to, for `move` only.
    pub(crate) move_to: Option<Spanned<String>>,
}

/// A POP3 account.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pop3 {
    /// The server.
    pub(crate) host: String,
    /// Its port; 995 for `tls`, else 110.
    pub(crate) port: Option<u16>,
    /// `tls`, `starttls`, or `plain-loopback` for a server on this machine.
    #[serde(default)]
    pub(crate) security: Security,
    /// The login name.
    pub(crate) user: String,
    /// The file that holds the password.
    pub(crate) password_file: Option<Spanned<PathBuf>>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<Spanned<String>>,
    /// Or a login by access tokens.
    pub(crate) oauth2: Option<OAuth2>,
    /// Seconds between two looks.
    #[serde(default = "poll_seconds")]
    pub(crate) poll_seconds: u32,
    /// Larger messages are refused.
    #[serde(default = "message_bytes_max")]
    pub(crate) message_bytes_max: u64,
    /// `from-now`, or `all` to make contacts of what lies there already.
    #[serde(default)]
    pub(crate) history: History,
    /// What happens on the server to recorded mail: `leave` or `delete`.
    #[serde(default)]
    pub(crate) after: Pop3After,
}

/// What happens on a POP3 server to recorded mail.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pop3After {
    /// It stays.
    #[default]
    Leave,
    /// It is deleted.
    Delete,
}

/// A login by access tokens, which a provider gives for a refresh token.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth2 {
    /// The provider's token endpoint.
    pub(crate) token_url: Checked<WebUrl>,
    /// The name the provider gave us.
    pub(crate) client_id: String,
    /// The secret the provider gave us, where it gave one.
    #[serde(skip_serializing)]
    pub(crate) client_secret: Option<Checked<Secret>>,
    /// The file that holds it.
    pub(crate) client_secret_file: Option<Spanned<PathBuf>>,
    /// The file that holds the refresh token; the provider's next one is written to it.
    pub(crate) refresh_token_file: PathBuf,
}

/// Which mail becomes contacts at the first connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum History {
    /// Only what arrives from then on.
    #[default]
    FromNow,
    /// Everything.
    All,
}

/// What happens on the server to recorded mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum After {
    /// Nothing.
    #[default]
    Nothing,
    /// It is marked as read.
    Seen,
    /// It goes to the folder `move_to`.
    Move,
    /// It is deleted.
    Delete,
}

/// A Maildir that is polled.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Maildir {
    /// The folder that holds `new`, `cur` and `tmp`.
    pub(crate) path: PathBuf,
    /// Seconds between two looks.
    #[serde(default = "poll_seconds")]
    pub(crate) poll_seconds: u32,
    /// Larger messages are refused.
    #[serde(default = "message_bytes_max")]
    pub(crate) message_bytes_max: u64,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS before any credential.
    Starttls,
    /// None, to this machine only.
    PlainLoopback,
}

impl Internal {
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        account_paths(&mut self.imap, &mut self.pop3, &mut self.maildir)
    }
}

impl Mailbox {
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        account_paths(&mut self.imap, &mut self.pop3, &mut self.maildir)
    }
}

fn account_paths<'a>(
    imap: &'a mut Option<Imap>,
    pop3: &'a mut Option<Pop3>,
    maildir: &'a mut Option<Maildir>,
) -> impl Iterator<Item = &'a mut PathBuf> {
    let imap = imap.iter_mut().flat_map(|imap| {
        let file = imap.password_file.iter_mut().map(Spanned::get_mut);
        file.chain(imap.oauth2.iter_mut().flat_map(OAuth2::paths))
    });
    let pop3 = pop3.iter_mut().flat_map(|pop3| {
        let file = pop3.password_file.iter_mut().map(Spanned::get_mut);
        file.chain(pop3.oauth2.iter_mut().flat_map(OAuth2::paths))
    });
    imap.chain(pop3).chain(maildir.iter_mut().map(|maildir| &mut maildir.path))
}

impl OAuth2 {
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let file = self.client_secret_file.iter_mut().map(Spanned::get_mut);
        file.chain([&mut self.refresh_token_file])
    }
}

fn inbox() -> String {
    "INBOX".to_owned()
}

fn poll_seconds() -> u32 {
    20
}

fn yes() -> bool {
    true
}

fn message_bytes_max() -> u64 {
    50 * 1024 * 1024
}
