//! The directory, the settings and the applications in force.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    Address, AgentNumber, ApplicationName, ApplicationRef, CopyFrom, DirectoryEntry, Event, Fact,
    HeldContacts, MailboxName, Private, PrivateEntry, QueueName, Quotes, Setting, SignedReplies,
};

/// An agent as the directory lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AgentEntry {
    /// The agent's name; empty where it was erased.
    pub name: String,
    /// The agent's own mailbox; absent where it was erased.
    pub address: Option<Address>,
}

/// A mailbox as the directory lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct MailboxEntry {
    /// The application its mail enters; `None` for the internal mailbox.
    pub application: Option<ApplicationName>,
    /// The name shown in From of what it sends.
    pub display_name: Option<String>,
    /// Its addresses; the first one is what customers see in From.
    pub addresses: Vec<Address>,
}

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
        }
    }
}

impl Settings {
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
        }
    }
}

/// The directory, the settings and the applications in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Directory {
    /// The settings.
    pub settings: Settings,
    /// The queues.
    pub queues: BTreeSet<QueueName>,
    /// The agents.
    pub agents: BTreeMap<AgentNumber, AgentEntry>,
    /// The mailboxes, the internal one among them.
    pub mailboxes: BTreeMap<MailboxName, MailboxEntry>,
    /// The internal mailbox.
    pub internal: Option<MailboxName>,
    applications: BTreeMap<ApplicationName, BTreeMap<u32, String>>,
    entries: Vec<DirectoryEntry>,
    private: Vec<PrivateEntry>,
    loaded: Option<Vec<Setting>>,
}

impl Directory {
    /// The newest version of an application, with its text.
    pub fn newest(&self, name: &ApplicationName) -> Option<(ApplicationRef, &str)> {
        let (&version, text) = self.applications.get(name)?.last_key_value()?;
        Some((ApplicationRef { name: name.clone(), version }, text))
    }

    /// Every published version of every application, with its text.
    pub fn applications(&self) -> impl Iterator<Item = (ApplicationRef, &str)> {
        self.applications.iter().flat_map(|(name, versions)| {
            versions.iter().map(|(&version, text)| {
                (ApplicationRef { name: name.clone(), version }, text.as_str())
            })
        })
    }

    /// The text of one version of an application.
    pub fn application(&self, application: &ApplicationRef) -> Option<&str> {
        self.applications.get(&application.name)?.get(&application.version).map(String::as_str)
    }

    /// The public address customers see for a mailbox.
    pub fn public(&self, mailbox: &MailboxName) -> Option<(&Address, Option<&str>)> {
        let entry = self.mailboxes.get(mailbox)?;
        entry.addresses.first().map(|address| (address, entry.display_name.as_deref()))
    }

    /// The internal address.
    pub fn internal_address(&self) -> Option<&Address> {
        self.mailboxes.get(self.internal.as_ref()?)?.addresses.first()
    }

    /// Whether the address is one of ours: of a mailbox, or the internal one with any token.
    pub fn is_own(&self, address: &Address) -> bool {
        let plain = address.without_detail();
        self.mailboxes
            .values()
            .flat_map(|mailbox| &mailbox.addresses)
            .any(|own| own == address || plain.as_ref() == Some(own))
    }

    /// Whether the address is an agent's own mailbox.
    pub fn is_agent(&self, address: &Address) -> bool {
        self.agents.values().any(|agent| agent.address.as_ref() == Some(address))
    }

    /// Whether mail to the address stays within: it is one of ours, or an agent's.
    pub fn is_inside(&self, address: &Address) -> bool {
        self.is_own(address) || self.is_agent(address)
    }

    /// Whether what was loaded last is exactly this.
    pub fn holds(&self, entries: &[DirectoryEntry], private: &[PrivateEntry]) -> bool {
        self.entries == entries && self.private == private
    }

    /// Whether the settings loaded last are exactly these.
    pub fn holds_settings(&self, settings: &[Setting]) -> bool {
        self.loaded.as_deref() == Some(settings)
    }

    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::DirectoryLoaded { entries } => self.load(entries, event.private.as_ref()),
            Fact::SettingsLoaded { settings } => {
                self.settings = Settings::default();
                settings.iter().for_each(|setting| self.settings.set(setting));
                self.loaded = Some(settings.clone());
            }
            Fact::ApplicationPublished { application, text } => {
                self.applications
                    .entry(application.name.clone())
                    .or_default()
                    .insert(application.version, text.clone());
            }
            Fact::EngineStarted { .. }
            | Fact::EngineStopped
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | Fact::MailFiled { .. }
            | Fact::MailDuplicated { .. }
            | Fact::MailQuarantined { .. }
            | Fact::MailSetAside { .. }
            | Fact::MailRefused { .. }
            | Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
            | Fact::ContactRestarted { .. }
            | Fact::ContactQueued { .. }
            | Fact::ContactRequeued { .. }
            | Fact::ContactAssigned { .. }
            | Fact::SendStarted { .. }
            | Fact::SendDeferred { .. }
            | Fact::SendRefused { .. }
            | Fact::SendUncertain { .. }
            | Fact::SendRepeated { .. }
            | Fact::ContactDelivered { .. }
            | Fact::ContactTransferred { .. }
            | Fact::ReplyReceived { .. }
            | Fact::ReplyRefused { .. }
            | Fact::ReplyRelayed { .. }
            | Fact::ReplyCopyRequested { .. }
            | Fact::ReplyCopied { .. }
            | Fact::NoteReceived { .. }
            | Fact::NoteSent { .. }
            | Fact::ReplyScreened { .. }
            | Fact::SenderChecked { .. }
            | Fact::AutomaticMailRecognised { .. }
            | Fact::AutomaticReplyRequested { .. }
            | Fact::AutomaticReplyWithheld { .. }
            | Fact::AutomaticReplySent { .. }
            | Fact::EncryptionFound { .. }
            | Fact::AttachmentsWithheld { .. }
            | Fact::MailVanished { .. }
            | Fact::DeliveryReported { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::ReducedCopyRequested { .. }
            | Fact::DispositionSet { .. }
            | Fact::ContactReleased { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::TimerFired { .. } => {}
        }
    }

    fn load(&mut self, entries: &[DirectoryEntry], private: Option<&Private>) {
        self.queues.clear();
        self.agents.clear();
        self.mailboxes.clear();
        self.internal = None;
        for entry in entries {
            match entry {
                DirectoryEntry::Queue { name } => {
                    self.queues.insert(name.clone());
                }
                DirectoryEntry::Agent { number, .. } => {
                    self.agents.insert(*number, AgentEntry::default());
                }
                DirectoryEntry::Mailbox { name, application } => {
                    self.mailboxes.entry(name.clone()).or_default().application =
                        Some(application.clone());
                }
                DirectoryEntry::Internal { name } => {
                    self.mailboxes.entry(name.clone()).or_default();
                    self.internal = Some(name.clone());
                }
            }
        }
        self.entries = entries.to_vec();
        self.private = match private {
            Some(Private::Directory(entries)) => entries.clone(),
            Some(
                Private::Mail(_)
                | Private::Address(_)
                | Private::Text(_)
                | Private::Letter(_)
                | Private::Domains(_)
                | Private::Written(_),
            )
            | None => Vec::new(),
        };
        for entry in self.private.clone() {
            self.name(entry);
        }
    }

    fn name(&mut self, entry: PrivateEntry) {
        match entry {
            PrivateEntry::Agent { number, name, address } => {
                if let Some(agent) = self.agents.get_mut(&number) {
                    *agent = AgentEntry { name, address: Some(address) };
                }
            }
            PrivateEntry::Mailbox { name, display_name, addresses } => {
                if let Some(mailbox) = self.mailboxes.get_mut(&name) {
                    mailbox.display_name = display_name;
                    mailbox.addresses = addresses;
                }
            }
        }
    }
}
