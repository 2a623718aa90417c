//! Queues: who waits where, in the order of service.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    AgentNumber, AgentState, ContactId, DirectoryEntry, Event, Fact, Line, Position, ServiceFact,
    StepFact, Timer, Timestamp,
};

use crate::families::{engine, mail_apart, sending};

/// A contact's rank among all that wait; the least is served first. No two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Rank {
    /// 255 less the priority, so that the highest priority comes first.
    below_top: u8,
    /// False for a contact put back at the head.
    behind_head: bool,
    entered: Timestamp,
    /// Breaks ties: who was recorded first.
    position: Position,
}

impl Rank {
    /// Whether only who was recorded first tells the two apart.
    pub(crate) fn ties(&self, other: &Self) -> bool {
        Self { position: other.position, ..*self } == *other
    }
}

/// A waiting contact, as lists show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The contact.
    pub contact: ContactId,
    /// Higher is served first.
    pub priority: u8,
    /// Since when it waits.
    pub entered: Timestamp,
}

/// Who waits in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Lane {
    ranks: BTreeMap<Rank, ContactId>,
    entered: BTreeSet<(Timestamp, Position)>,
}

/// All lines that are not empty: highest priority first, then longest wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Queues {
    lines: BTreeMap<Line, Lane>,
    places: BTreeMap<ContactId, (Line, Rank)>,
    /// Waiting contacts that are for one agent first.
    preferred: BTreeMap<ContactId, AgentNumber>,
}

impl Queues {
    /// The lines in which someone waits.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.keys()
    }

    /// How many wait in a line.
    pub fn len(&self, line: &Line) -> usize {
        self.lines.get(line).map_or(0, |lane| lane.ranks.len())
    }

    /// Since when the one who has waited longest waits in a line.
    pub fn longest(&self, line: &Line) -> Option<Timestamp> {
        self.lines.get(line)?.entered.first().map(|&(entered, _)| entered)
    }

    /// Who waits in a line, in the order of service.
    pub fn waiting(&self, line: &Line) -> impl Iterator<Item = Waiting> {
        let ranks = self.lines.get(line).map(|lane| &lane.ranks);
        ranks.into_iter().flatten().map(|(rank, &contact)| waiting(rank, contact))
    }

    /// For whom a contact waits first.
    pub fn preferred(&self, contact: ContactId) -> Option<AgentNumber> {
        self.preferred.get(&contact).copied()
    }

    /// The line in which a contact waits.
    pub fn line(&self, contact: ContactId) -> Option<&Line> {
        self.places.get(&contact).map(|(line, _)| line)
    }

    /// Everyone who waits.
    pub(crate) fn everyone(&self) -> impl Iterator<Item = ContactId> {
        self.places.keys().copied()
    }

    /// Where a contact waits.
    pub(crate) fn place(&self, contact: ContactId) -> Option<(&Line, Rank)> {
        self.places.get(&contact).map(|(line, rank)| (line, *rank))
    }

    /// Takes in one event; gives the contact about whose wait it says something.
    pub fn apply(&mut self, at: Position, event: &Event) -> Option<ContactId> {
        match &event.fact {
            Fact::ContactQueued { contact, line, priority, entered, .. } => {
                self.enter(*contact, line, rank(*priority, true, *entered, at))
            }
            Fact::ContactRequeued { contact, line, priority, entered, .. } => {
                self.enter(*contact, line, rank(*priority, false, *entered, at))
            }
            Fact::ContactAssigned { contact, .. }
            | Fact::ContactReleased { contact, .. }
            | Fact::ContactRestarted { contact } => self.leave(*contact),
            Fact::Step(fact) => self.step(fact),
            Fact::Service(fact) => self.serve(fact),
            Fact::AgentStateChanged { agent, state: AgentState::SignedOut } => {
                self.preferred.retain(|_, preferred| preferred != agent);
                None
            }
            Fact::DirectoryLoaded { entries } => {
                self.keep_listed(entries);
                None
            }
            Fact::TimerFired { timer: Timer::PreferenceOver(contact) } => {
                self.preferred.remove(contact).and(Some(*contact))
            }
            engine!()
            | Fact::SettingsLoaded { .. }
            | Fact::ApplicationPublished { .. }
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | mail_apart!()
            | Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
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
            | Fact::AgentStateChanged { .. }
            | Fact::TimerFired {
                timer:
                    Timer::SendAgain(_)
                    | Timer::WaitOver(_)
                    | Timer::AcceptOver(_)
                    | Timer::RuleDue(_)
                    | Timer::ParkOver(_),
            } => None,
        }
    }

    fn step(&mut self, fact: &StepFact) -> Option<ContactId> {
        match fact {
            StepFact::ApplicationEntered(entered) => self.leave(entered.contact),
            StepFact::ContactForwarded(forwarded) => self.leave(forwarded.contact),
            StepFact::ActionTaken(_)
            | StepFact::ActionFailed(_)
            | StepFact::SubApplicationEntered(_)
            | StepFact::MailRequested(_)
            | StepFact::LanguageRecognised(_)
            | StepFact::WebhookRequested(_)
            | StepFact::WebhookAnswered(_)
            | StepFact::ForwardFailed(_)
            | StepFact::ApplicationFileKept(_) => None,
        }
    }

    fn serve(&mut self, fact: &ServiceFact) -> Option<ContactId> {
        match fact {
            ServiceFact::PriorityChanged(changed) => self.rise(changed.contact, changed.priority),
            ServiceFact::AgentPreferred(preferred) => {
                let contact = preferred.contact;
                self.places.get(&contact)?;
                self.preferred.insert(contact, preferred.agent);
                Some(contact)
            }
            ServiceFact::SkillsRequired(required) => Some(required.contact),
            ServiceFact::ContactTagged(_)
            | ServiceFact::ContactNoted(_)
            | ServiceFact::RuleAwaited(_)
            | ServiceFact::AssignmentExplained(_)
            | ServiceFact::AcceptanceAwaited(_)
            | ServiceFact::ContactAccepted(_)
            | ServiceFact::ContactParked(_)
            | ServiceFact::ContactUnparked(_) => None,
        }
    }

    /// Nobody waits for an agent who left the directory.
    fn keep_listed(&mut self, entries: &[DirectoryEntry]) {
        let mut listed = BTreeSet::new();
        for entry in entries {
            if let DirectoryEntry::Agent { number, .. } = entry {
                listed.insert(*number);
            }
        }
        self.preferred.retain(|_, preferred| listed.contains(preferred));
    }

    /// Gives a waiting contact another priority; all else about its rank stays.
    fn rise(&mut self, contact: ContactId, priority: u8) -> Option<ContactId> {
        let (line, rank) = self.places.get(&contact).cloned()?;
        let preferred = self.preferred(contact);
        self.enter(contact, &line, Rank { below_top: u8::MAX - priority, ..rank });
        if let Some(agent) = preferred {
            self.preferred.insert(contact, agent);
        }
        Some(contact)
    }

    fn enter(&mut self, contact: ContactId, line: &Line, rank: Rank) -> Option<ContactId> {
        self.leave(contact);
        let lane = self.lines.entry(line.clone()).or_default();
        lane.ranks.insert(rank, contact);
        lane.entered.insert((rank.entered, rank.position));
        self.places.insert(contact, (line.clone(), rank));
        Some(contact)
    }

    fn leave(&mut self, contact: ContactId) -> Option<ContactId> {
        self.preferred.remove(&contact);
        let (line, rank) = self.places.remove(&contact)?;
        if let Some(lane) = self.lines.get_mut(&line) {
            lane.ranks.remove(&rank);
            lane.entered.remove(&(rank.entered, rank.position));
            if lane.ranks.is_empty() {
                self.lines.remove(&line);
            }
        }
        Some(contact)
    }
}

fn rank(priority: u8, behind_head: bool, entered: Timestamp, position: Position) -> Rank {
    Rank { below_top: u8::MAX - priority, behind_head, entered, position }
}

fn waiting(rank: &Rank, contact: ContactId) -> Waiting {
    Waiting { contact, priority: u8::MAX - rank.below_top, entered: rank.entered }
}
