//! The directory, the settings and the applications in force.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    Actor, Address, AgentNumber, AgentState, ApplicationName, ApplicationRef, DirectoryEntry,
    DispositionCode, Event, Fact, MailboxName, MessageRef, Position, Private, PrivateEntry,
    QueueName, Schedule, ScheduleName, Setting, SkillName, StepFact, TeamName, Timestamp,
};

use crate::families::{engine, mail_apart, sending};
use crate::rules::QueueRules;
use crate::settings::Settings;

/// An agent as the directory lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct AgentEntry {
    /// The agent's name; empty where it was erased.
    pub name: String,
    /// The agent's own mailbox; absent where it was erased. One that changes while the agent is
    /// signed in counts from their next sign-in.
    pub address: Option<Address>,
    /// The team they belong to.
    pub team: Option<TeamName>,
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

/// A file that an application sends with its answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ApplicationFile {
    /// Its media type (RFC 2046).
    pub media_type: String,
    /// Its bytes, in the message store.
    pub content: MessageRef,
}

/// A version of an application.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Publication {
    /// Its text.
    pub text: String,
    /// When it was published.
    pub time: Timestamp,
    /// Who published it.
    pub by: Actor,
}

/// The directory, the settings and the applications in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Directory {
    /// The settings.
    pub settings: Settings,
    /// The queues, with their rules.
    pub queues: BTreeMap<QueueName, QueueRules>,
    /// What agents can do.
    pub skills: BTreeSet<SkillName>,
    /// The teams.
    pub teams: BTreeSet<TeamName>,
    /// The disposition codes that queues may offer; any code where there are none.
    pub dispositions: BTreeSet<DispositionCode>,
    /// When somebody works.
    pub schedules: BTreeMap<ScheduleName, Schedule>,
    /// The agents.
    pub agents: BTreeMap<AgentNumber, AgentEntry>,
    /// The mailboxes, the internal one among them.
    pub mailboxes: BTreeMap<MailboxName, MailboxEntry>,
    /// The internal mailbox.
    pub internal: Option<MailboxName>,
    applications: BTreeMap<ApplicationName, BTreeMap<u32, Publication>>,
    files: BTreeMap<ApplicationRef, BTreeMap<String, ApplicationFile>>,
    /// The addresses of agents that count from their next sign-in.
    next_addresses: BTreeMap<AgentNumber, Address>,
    signed_in: BTreeSet<AgentNumber>,
    entries: Vec<DirectoryEntry>,
    private: Vec<PrivateEntry>,
    loaded: Option<Vec<Setting>>,
    /// Where in the log the directory was loaded, oldest first.
    directory_loads: Vec<Position>,
    /// Where in the log the settings were loaded, oldest first.
    settings_loads: Vec<Position>,
}

impl Directory {
    /// The newest version of an application, with its text.
    pub fn newest(&self, name: &ApplicationName) -> Option<(ApplicationRef, &str)> {
        let (&version, published) = self.applications.get(name)?.last_key_value()?;
        Some((ApplicationRef { name: name.clone(), version }, &published.text))
    }

    /// The newest version of every application, by name, with its text.
    pub fn newest_versions(&self) -> impl Iterator<Item = (ApplicationRef, &str)> {
        self.applications.keys().filter_map(|name| self.newest(name))
    }

    /// Whether a text has been a version of an application.
    pub fn was_published(&self, name: &ApplicationName, text: &str) -> bool {
        let mut versions = self.applications.get(name).into_iter().flat_map(BTreeMap::values);
        versions.any(|published| published.text == text)
    }

    /// One version of an application.
    pub fn publication(&self, application: &ApplicationRef) -> Option<&Publication> {
        self.applications.get(&application.name)?.get(&application.version)
    }

    /// The files that a version of an application sends, by the names its text gives them.
    pub fn files(
        &self,
        application: &ApplicationRef,
    ) -> impl Iterator<Item = (&str, &ApplicationFile)> {
        let files = self.files.get(application).into_iter().flatten();
        files.map(|(name, file)| (name.as_str(), file))
    }

    /// A file of a version of an application, by the name its text gives it.
    pub fn file(&self, application: &ApplicationRef, name: &str) -> Option<&ApplicationFile> {
        self.files.get(application)?.get(name)
    }

    /// The entries loaded last, with their private side.
    pub fn entries(&self) -> (&[DirectoryEntry], &[PrivateEntry]) {
        (&self.entries, &self.private)
    }

    /// The settings loaded last.
    pub fn settings_loaded(&self) -> &[Setting] {
        self.loaded.as_deref().unwrap_or_default()
    }

    /// The address that an agent's next sign-in puts in force, where it is another.
    pub fn next_address(&self, agent: AgentNumber) -> Option<&Address> {
        self.next_addresses.get(&agent)
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

    /// The mailboxes of all agents, those of their next sign-in among them.
    pub fn agent_addresses(&self) -> impl Iterator<Item = &Address> {
        let now = self.agents.values().filter_map(|agent| agent.address.as_ref());
        now.chain(self.next_addresses.values())
    }

    /// Whether an agent reads the address, now or from their next sign-in on.
    pub fn is_address_of(&self, agent: AgentNumber, address: &Address) -> bool {
        let now = self.agents.get(&agent).and_then(|entry| entry.address.as_ref());
        now == Some(address) || self.next_addresses.get(&agent) == Some(address)
    }

    /// Whether the address is an agent's own mailbox.
    pub fn is_agent(&self, address: &Address) -> bool {
        self.agent_addresses().any(|known| known == address)
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

    /// The event that loaded the directory which was in force after an event.
    pub fn directory_load(&self, as_of: Position) -> Option<Position> {
        newest(&self.directory_loads, as_of)
    }

    /// The event that loaded the settings which were in force after an event.
    pub fn settings_load(&self, as_of: Position) -> Option<Position> {
        newest(&self.settings_loads, as_of)
    }

    /// Every load of directory or settings after `after` up to `until`, oldest first.
    pub fn loads(&self, after: Position, until: Position) -> BTreeSet<Position> {
        let loads = self.directory_loads.iter().chain(&self.settings_loads).copied();
        loads.filter(|load| after < *load && *load <= until).collect()
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        match &event.fact {
            Fact::DirectoryLoaded { entries } => {
                self.load(entries, event.private.as_ref());
                self.directory_loads.push(at);
            }
            Fact::SettingsLoaded { settings } => {
                self.settings_loads.push(at);
                self.settings = Settings::of(settings);
                self.loaded = Some(settings.clone());
            }
            Fact::ApplicationPublished { application, text } => {
                let (text, time, by) = (text.clone(), event.time, event.actor.clone());
                self.applications
                    .entry(application.name.clone())
                    .or_default()
                    .insert(application.version, Publication { text, time, by });
            }
            Fact::Step(StepFact::ApplicationFileKept(kept)) => {
                let (media_type, content) = (kept.media_type.clone(), kept.content);
                self.files
                    .entry(kept.application.clone())
                    .or_default()
                    .insert(kept.name.clone(), ApplicationFile { media_type, content });
            }
            Fact::AgentStateChanged { agent, state } => self.sign(*agent, state),
            Fact::Step(_)
            | Fact::Service(_)
            | engine!()
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | mail_apart!()
            | Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
            | Fact::ContactRestarted { .. }
            | Fact::ContactQueued { .. }
            | Fact::ContactRequeued { .. }
            | Fact::ContactAssigned { .. }
            | sending!()
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
            | Fact::DeliveryReported { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::ReducedCopyRequested { .. }
            | Fact::DispositionSet { .. }
            | Fact::ContactReleased { .. }
            | Fact::TimerFired { .. } => {}
        }
    }

    fn load(&mut self, entries: &[DirectoryEntry], private: Option<&Private>) {
        let before = std::mem::take(&mut self.agents);
        self.queues = QueueRules::of(entries);
        self.skills.clear();
        self.teams.clear();
        self.dispositions.clear();
        self.schedules.clear();
        self.mailboxes.clear();
        self.internal = None;
        for entry in entries {
            self.list(entry);
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
                | Private::Written(_)
                | Private::Composed(_)
                | Private::Call(_),
            )
            | None => Vec::new(),
        };
        for entry in self.private.clone() {
            self.name(entry);
        }
        self.signed_in.retain(|number| self.agents.contains_key(number));
        self.next_addresses.clear();
        for number in self.signed_in.clone() {
            let known = before.get(&number).and_then(|entry| entry.address.clone());
            self.keep_address(number, known);
        }
    }

    fn list(&mut self, entry: &DirectoryEntry) {
        match entry {
            DirectoryEntry::Agent { number, .. } => {
                self.agents.entry(*number).or_default();
            }
            DirectoryEntry::AgentTeam { number, team } => {
                self.agents.entry(*number).or_default().team = Some(team.clone());
            }
            DirectoryEntry::Mailbox { name, application } => {
                self.mailboxes.entry(name.clone()).or_default().application =
                    Some(application.clone());
            }
            DirectoryEntry::Internal { name } => {
                self.mailboxes.entry(name.clone()).or_default();
                self.internal = Some(name.clone());
            }
            DirectoryEntry::Skill { name } => {
                self.skills.insert(name.clone());
            }
            DirectoryEntry::Team { name } => {
                self.teams.insert(name.clone());
            }
            DirectoryEntry::Disposition { code } => {
                self.dispositions.insert(code.clone());
            }
            DirectoryEntry::Schedule(schedule) => {
                self.schedules.insert(schedule.name.clone(), schedule.clone());
            }
            DirectoryEntry::Queue { .. }
            | DirectoryEntry::QueueRule { .. }
            | DirectoryEntry::AgentLevel { .. }
            | DirectoryEntry::AgentSkill { .. } => {}
        }
    }

    fn name(&mut self, entry: PrivateEntry) {
        match entry {
            PrivateEntry::Agent { number, name, address } => {
                if let Some(agent) = self.agents.get_mut(&number) {
                    (agent.name, agent.address) = (name, Some(address));
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

    /// Leaves an agent who is signed in the address they had; the new one counts later.
    fn keep_address(&mut self, number: AgentNumber, known: Option<Address>) {
        let Some(entry) = self.agents.get_mut(&number) else { return };
        let Some(known) = known else { return };
        if let Some(next) = entry.address.replace(known.clone())
            && next != known
        {
            self.next_addresses.insert(number, next);
        }
    }

    fn sign(&mut self, number: AgentNumber, state: &AgentState) {
        if *state == AgentState::SignedOut {
            self.signed_in.remove(&number);
        } else if self.signed_in.insert(number)
            && let Some(next) = self.next_addresses.remove(&number)
            && let Some(entry) = self.agents.get_mut(&number)
        {
            entry.address = Some(next);
        }
    }
}

fn newest(loads: &[Position], as_of: Position) -> Option<Position> {
    let until = loads.partition_point(|load| *load <= as_of);
    loads.get(..until)?.last().copied()
}
