//! The settings in force.

use bincode::{Decode, Encode};
use event::{CopyFrom, HeldContacts, Quotes, RunningContacts, Setting, SignedReplies};

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Settings {
    /// What a restart does with contacts that agents hold.
    pub restart_held_contacts: HeldContacts,
    /// Whether a relayed reply releases the contact.
    pub release_on_reply: bool,
    /// What agents see in From.
    pub agent_copy_from: CopyFrom,
    /// Whether people whom an agent adds stay hidden from the customer and get the next replies.
    pub keep_internal_cc: bool,
    /// Whether people whom the customer adds get the reply.
    pub keep_external_cc: bool,
    /// What becomes of private addresses in what a reply quotes.
    pub quotes: Quotes,
    /// What becomes of signed replies.
    pub signed_replies: SignedReplies,
    /// How many automatic answers an address gets a day.
    pub automatic_replies_per_address_day: u32,
    /// How many automatic answers a domain gets an hour.
    pub automatic_replies_per_domain_hour: u32,
    /// How many automatic answers go out an hour.
    pub automatic_replies_per_hour: u32,
    /// The endings of file names of attachments that agents do not get.
    pub withheld_attachments: Vec<String>,
    /// What a new version of an application means to contacts that are still in it.
    pub running_contacts: RunningContacts,
    /// How long a contact waits for one agent before it falls to a queue, in milliseconds; for ever
    /// where it is 0.
    pub agent_wait_ms: u64,
    /// The hosts that applications may call.
    pub webhook_hosts: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            restart_held_contacts: HeldContacts::default(),
            release_on_reply: false,
            agent_copy_from: CopyFrom::default(),
            keep_internal_cc: true,
            keep_external_cc: true,
            quotes: Quotes::default(),
            signed_replies: SignedReplies::default(),
            automatic_replies_per_address_day: 5,
            automatic_replies_per_domain_hour: 60,
            automatic_replies_per_hour: 1_000,
            withheld_attachments: Vec::new(),
            running_contacts: RunningContacts::default(),
            agent_wait_ms: 60 * 60 * 1000,
            webhook_hosts: Vec::new(),
        }
    }
}

impl Settings {
    /// The settings given, and the defaults of all others.
    pub fn of(given: &[Setting]) -> Self {
        let mut settings = Self::default();
        given.iter().for_each(|setting| settings.set(setting));
        settings
    }

    fn set(&mut self, setting: &Setting) {
        match setting {
            Setting::RestartHeldContacts(held) => self.restart_held_contacts = *held,
            Setting::ReleaseOnReply(on) => self.release_on_reply = *on,
            Setting::AgentCopyFrom(from) => self.agent_copy_from = *from,
            Setting::KeepInternalCc(keep) => self.keep_internal_cc = *keep,
            Setting::KeepExternalCc(keep) => self.keep_external_cc = *keep,
            Setting::Quotes(quotes) => self.quotes = *quotes,
            Setting::SignedReplies(signed) => self.signed_replies = *signed,
            Setting::AutomaticRepliesPerAddressDay(count) => {
                self.automatic_replies_per_address_day = *count;
            }
            Setting::AutomaticRepliesPerDomainHour(count) => {
                self.automatic_replies_per_domain_hour = *count;
            }
            Setting::AutomaticRepliesPerHour(count) => self.automatic_replies_per_hour = *count,
            Setting::WithheldAttachments(endings) => self.withheld_attachments = endings.clone(),
            Setting::RunningContacts(running) => self.running_contacts = *running,
            Setting::AgentWaitMs(ms) => self.agent_wait_ms = *ms,
            Setting::WebhookHosts(hosts) => self.webhook_hosts = hosts.clone(),
        }
    }
}
