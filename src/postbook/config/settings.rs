//! What happens to contacts, and what holds for the whole program.

use std::net::SocketAddr;
use std::path::PathBuf;

use event::{CopyFrom, HeldContacts, RunningContacts};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Checked, Duration, Host};

/// How the log lines look.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logging {
    /// `human` or `json`.
    #[serde(default)]
    pub(crate) format: LogFormat,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// What happens to contacts.
#[derive(Debug, Deserialize)]
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
    /// What a new version of an application means to contacts that are still in it: `finish` or
    /// `move`.
    pub(crate) running_contacts: Running,
    /// How long a contact waits for one agent before it falls to a queue; `0 s` is for ever.
    pub(crate) agent_wait: Checked<Duration>,
    /// The hosts that applications may call.
    pub(crate) webhook_hosts: Vec<Checked<Host>>,
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
            running_contacts: Running::default(),
            agent_wait: Checked(Duration(settings.agent_wait_ms)),
            webhook_hosts: Vec::new(),
        }
    }
}

/// What a restart does with held contacts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    /// Release them.
    #[default]
    Release,
    /// Leave them with their agents.
    Keep,
}

/// What agents see in From.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, Deserialize)]
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

/// What a new version of an application means to contacts that are still in it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Running {
    /// They finish in the version they began with.
    #[default]
    Finish,
    /// Those that are not queued yet begin anew in the new version.
    Move,
}

impl Running {
    pub(crate) fn setting(self) -> RunningContacts {
        match self {
            Self::Finish => RunningContacts::Finish,
            Self::Move => RunningContacts::Move,
        }
    }
}

/// Certificates.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// A PEM file of authorities trusted beside those of the system.
    pub(crate) authorities: Option<Spanned<PathBuf>>,
}

/// How it is found out whether mail is from whom it says.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verification {
    /// `full`, `header` or `off`.
    #[serde(default)]
    pub(crate) check: CheckSender,
    /// The DNS server to ask, as `address:port`; those of the system unless given.
    pub(crate) dns_server: Option<SocketAddr>,
}

/// Who finds out whether mail is from whom it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
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
