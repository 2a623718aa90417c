//! The configuration: one typed struct a section, read from TOML.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use event::{
    Address, AgentNumber, ApplicationName, CopyFrom, HeldContacts, MailboxName, QueueName,
};
use gateway::{RateDomain, Secret, TokenUrl};
use mail::AuthenticationServer;
use serde::Deserialize as Derive;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use toml::Spanned;

/// The whole configuration, checked.
pub(crate) struct Config {
    /// What the file says, with paths made absolute.
    pub(crate) file: File,
    /// The text of every application.
    pub(crate) applications: BTreeMap<ApplicationName, String>,
}

/// The file `postbook.toml`.
#[derive(Debug, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Where everything is kept; relative to this file.
    pub(crate) data: PathBuf,
    /// How the log lines look.
    #[serde(default)]
    pub(crate) logging: Logging,
    /// What happens to contacts.
    #[serde(default)]
    pub(crate) settings: Settings,
    /// Certificates.
    #[serde(default)]
    pub(crate) tls: Tls,
    /// How it is found out whether mail is from whom it says.
    #[serde(default)]
    pub(crate) verification: Verification,
    /// Where agents' answers arrive.
    pub(crate) internal: Internal,
    /// Where customers write to.
    #[serde(default)]
    pub(crate) mailbox: Vec<Mailbox>,
    /// How mail leaves.
    pub(crate) outgoing: Outgoing,
    /// The workflows.
    #[serde(default)]
    pub(crate) application: Vec<Application>,
    /// The queues.
    #[serde(default)]
    pub(crate) queue: Vec<Queue>,
    /// The agents.
    #[serde(default)]
    pub(crate) agent: Vec<Agent>,
}

/// How the log lines look.
#[derive(Debug, Default, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logging {
    /// `human` or `json`.
    #[serde(default)]
    pub(crate) format: LogFormat,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// What happens to contacts.
#[derive(Debug, Derive)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// What a restart does with contacts that agents hold: `release` or `keep`.
    pub(crate) restart_held_contacts: Held,
    /// Whether a relayed reply releases the contact.
    pub(crate) release_on_reply: bool,
    /// What agents see in From: `customer` or `via`.
    pub(crate) agent_copy_from: From,
    /// Whether people whom an agent puts on a reply stay hidden from the customer and get a copy
    /// of the next replies.
    pub(crate) keep_internal_cc: bool,
    /// Whether people whom the customer puts on a mail get the reply.
    pub(crate) keep_external_cc: bool,
    /// What becomes of private addresses in what a reply quotes: `redact`, `warn` or `allow`.
    pub(crate) quotes: Quotes,
    /// What becomes of signed replies: `refuse`, `relay` or `strip`.
    pub(crate) signed_replies: SignedReplies,
    /// How many automatic answers an address gets a day.
    pub(crate) automatic_replies_per_address_day: u32,
    /// How many automatic answers the addresses of a domain get an hour.
    pub(crate) automatic_replies_per_domain_hour: u32,
    /// How many automatic answers go out an hour.
    pub(crate) automatic_replies_per_hour: u32,
    /// The endings of file names of attachments that agents do not get.
    pub(crate) withheld_attachments: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let settings = projections::Settings::default();
        Self {
            restart_held_contacts: Held::default(),
            release_on_reply: settings.release_on_reply,
            agent_copy_from: From::default(),
            quotes: Quotes::default(),
            signed_replies: SignedReplies::default(),
            keep_internal_cc: settings.keep_internal_cc,
            keep_external_cc: settings.keep_external_cc,
            automatic_replies_per_address_day: settings.automatic_replies_per_address_day,
            automatic_replies_per_domain_hour: settings.automatic_replies_per_domain_hour,
            automatic_replies_per_hour: settings.automatic_replies_per_hour,
            withheld_attachments: Vec::new(),
        }
    }
}

/// What a restart does with held contacts.
#[derive(Clone, Copy, Debug, Default, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    /// Release them.
    #[default]
    Release,
    /// Leave them with their agents.
    Keep,
}

/// What agents see in From.
#[derive(Clone, Copy, Debug, Default, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum From {
    /// The customer.
    #[default]
    Customer,
    /// "Customer via Queue" and our address.
    Via,
}

impl Held {
    pub(crate) fn setting(self) -> HeldContacts {
        match self {
            Self::Release => HeldContacts::Release,
            Self::Keep => HeldContacts::Keep,
        }
    }
}

impl From {
    pub(crate) fn setting(self) -> CopyFrom {
        match self {
            Self::Customer => CopyFrom::Customer,
            Self::Via => CopyFrom::Via,
        }
    }
}

/// What becomes of private addresses in the marker lines of what a reply quotes.
#[derive(Clone, Copy, Debug, Default, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Quotes {
    /// They are removed.
    #[default]
    Redact,
    /// They stay, and the contact shows it.
    Warn,
    /// They stay.
    Allow,
}

/// What becomes of signed replies.
#[derive(Clone, Copy, Debug, Default, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SignedReplies {
    /// They are refused.
    #[default]
    Refuse,
    /// They are relayed as they are.
    Relay,
    /// They are relayed without the signature.
    Strip,
}

impl Quotes {
    pub(crate) fn setting(self) -> event::Quotes {
        match self {
            Self::Redact => event::Quotes::Redact,
            Self::Warn => event::Quotes::Warn,
            Self::Allow => event::Quotes::Allow,
        }
    }
}

impl SignedReplies {
    pub(crate) fn setting(self) -> event::SignedReplies {
        match self {
            Self::Refuse => event::SignedReplies::Refuse,
            Self::Relay => event::SignedReplies::Relay,
            Self::Strip => event::SignedReplies::Strip,
        }
    }
}

/// Certificates.
#[derive(Debug, Default, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// A PEM file of authorities trusted beside those of the system.
    pub(crate) authorities: Option<PathBuf>,
}

/// How it is found out whether mail is from whom it says.
#[derive(Debug, Default, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verification {
    /// `full`, `header` or `off`.
    #[serde(default)]
    pub(crate) check: CheckSender,
    /// The DNS server to ask, as `address:port`; those of the system unless given.
    pub(crate) dns_server: Option<SocketAddr>,
}

/// Who finds out whether mail is from whom it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckSender {
    /// The mail server; what it does not tell is asked of the DNS.
    #[default]
    Full,
    /// The mail server.
    Header,
    /// Nobody.
    Off,
}

/// Where agents' answers arrive.
#[derive(Debug, Derive)]
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
#[derive(Debug, Derive)]
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
#[derive(Debug, Derive)]
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
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
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
#[derive(Debug, Derive)]
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
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
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
#[derive(Clone, Copy, Debug, Default, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pop3After {
    /// It stays.
    #[default]
    Leave,
    /// It is deleted.
    Delete,
}

/// A login by access tokens, which a provider gives for a refresh token.
#[derive(Debug, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth2 {
    /// The provider's token endpoint.
    pub(crate) token_url: Checked<TokenUrl>,
    /// The name the provider gave us.
    pub(crate) client_id: String,
    /// The secret the provider gave us, where it gave one.
    pub(crate) client_secret: Option<Checked<Secret>>,
    /// The file that holds it.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The file that holds the refresh token; the provider's next one is written to it.
    pub(crate) refresh_token_file: PathBuf,
}

/// Which mail becomes contacts at the first connection.
#[derive(Clone, Copy, Debug, Default, Derive)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum History {
    /// Only what arrives from then on.
    #[default]
    FromNow,
    /// Everything.
    All,
}

/// What happens on the server to recorded mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Derive)]
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
#[derive(Debug, Derive)]
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

/// How mail leaves: a server, or Maildirs for a sandbox.
#[derive(Debug, Derive)]
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

/// How often mail goes to a domain.
#[derive(Debug, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    /// The domain of the recipients, or `*` for each one that has no rate of its own.
    pub(crate) domain: Spanned<Checked<RateDomain>>,
    /// At most so many mails a minute.
    pub(crate) per_minute: NonZeroU32,
}

/// A key for the mail of one domain.
#[derive(Debug, Derive)]
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
#[derive(Debug, Derive)]
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
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
    /// The name given in EHLO; the domain of `sender` unless given.
    pub(crate) hello_name: Option<String>,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Derive)]
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

/// A workflow.
#[derive(Debug, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    /// Its name.
    pub(crate) name: Spanned<Checked<ApplicationName>>,
    /// Its file.
    pub(crate) file: Spanned<PathBuf>,
}

/// A queue.
#[derive(Debug, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    /// Its name.
    pub(crate) name: Spanned<Checked<QueueName>>,
}

/// An agent.
#[derive(Debug, Derive)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    /// The number.
    pub(crate) number: Spanned<u32>,
    /// The name.
    pub(crate) name: String,
    /// Their own mailbox.
    pub(crate) address: Spanned<Checked<Address>>,
    /// The queues they serve.
    pub(crate) queues: Vec<Spanned<Checked<QueueName>>>,
    /// How many contacts they may hold at once.
    #[serde(default = "capacity")]
    pub(crate) capacity: Spanned<u16>,
}

impl Agent {
    pub(crate) fn number(&self) -> AgentNumber {
        AgentNumber(*self.number.get_ref())
    }
}

/// A value that is read from a string and checked on the way.
#[derive(Clone, Debug)]
pub(crate) struct Checked<T>(pub(crate) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Checked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parse<T>(PhantomData<T>);
        impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parse<T> {
            type Value = Checked<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Checked<T>, E> {
                text.parse().map(Checked).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Parse(PhantomData))
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

fn connections() -> u8 {
    4
}

fn capacity() -> Spanned<u16> {
    Spanned::new(0..0, 1)
}
