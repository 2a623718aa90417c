//! How mail leaves.

use std::num::NonZeroU32;
use std::path::PathBuf;

use event::Address;
use gateway::RateDomain;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Checked, OAuth2, Security};

/// How mail leaves: a server, or Maildirs for a sandbox.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outgoing {
    /// The envelope sender: bounces come back here.
    pub(crate) sender: Checked<Address>,
    /// How many connections at once.
    #[serde(default = "connections")]
    pub(crate) connections: u8,
    /// A submission server.
    pub(crate) smtp: Option<Smtp>,
    /// Or a folder with one Maildir for each recipient.
    pub(crate) maildirs: Option<PathBuf>,
    /// A login at the server by access tokens, instead of a password.
    pub(crate) oauth2: Option<OAuth2>,
    /// How often mail goes to a domain.
    #[serde(default)]
    pub(crate) rate: Vec<Rate>,
    /// The keys that mail to customers is signed with.
    #[serde(default)]
    pub(crate) dkim: Vec<Dkim>,
}

impl Outgoing {
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let smtp = self
            .smtp
            .iter_mut()
            .filter_map(|smtp| smtp.password_file.as_mut().map(Spanned::get_mut));
        smtp.chain(&mut self.maildirs)
            .chain(self.oauth2.iter_mut().flat_map(OAuth2::paths))
            .chain(self.dkim.iter_mut().map(|dkim| dkim.key_file.get_mut()))
    }
}

/// How often mail goes to a domain.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    /// The domain of the recipients, or `*` for each one that has no rate of its own.
    pub(crate) domain: Spanned<Checked<RateDomain>>,
    /// At most so many mails a minute.
    pub(crate) per_minute: NonZeroU32,
}

/// A key for the mail of one domain.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dkim {
    /// The domain of the mailboxes' addresses.
    pub(crate) domain: String,
    /// Where in the DNS the public key is: at `selector._domainkey.domain`.
    pub(crate) selector: String,
    /// The file that holds the private key, in PEM form.
    pub(crate) key_file: Spanned<PathBuf>,
}

/// A submission server.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Smtp {
    /// The server.
    pub(crate) host: String,
    /// Its port; 465 for `tls`, else 587.
    pub(crate) port: Option<u16>,
    /// `tls`, `starttls`, or `plain-loopback` for a server on this machine.
    #[serde(default)]
    pub(crate) security: Security,
    /// The login name, where the server wants one.
    pub(crate) user: Option<String>,
    /// The file that holds the password.
    pub(crate) password_file: Option<Spanned<PathBuf>>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<Spanned<String>>,
    /// The name given in EHLO; the domain of `sender` unless given.
    pub(crate) hello_name: Option<String>,
}

fn connections() -> u8 {
    4
}
