//! Queues: who waits where, in the order of service.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{ContactId, Event, Fact, Line, Position, ServiceFact, StepFact, Timestamp};

use crate::families::{engine, loading, mail_apart, sending};

/// A contact's rank in its line; the least is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct Rank {
    /// 255 less the priority, so that the highest priority comes first.
    below_top: u8,
    /// False for a contact put back at the head.
    behind_head: bool,
    entered: Timestamp,
    /// Breaks ties: who was recorded first.
    position: Position,
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

/// All lines that are not empty: highest priority first, then longest wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Queues {
    lines: BTreeMap<Line, BTreeMap<Rank, ContactId>>,
    places: BTreeMap<ContactId, (Line, Rank)>,
}

impl Queues {
    /// The lines in which someone waits.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.keys()
    }

    /// How many wait in a line.
    pub fn len(&self, line: &Line) -> usize {
        self.lines.get(line).map_or(0, BTreeMap::len)
    }

    /// Whether nobody waits anywhere.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Who waits in a line, in the order of service.
    pub fn waiting(&self, line: &Line) -> impl Iterator<Item = Waiting> {
        self.lines.get(line).into_iter().flatten().map(|(rank, &contact)| waiting(rank, contact))
    }

    /// The lines of `lines` compared by who is first in each: the one to serve next.
    pub fn next<'a>(&self, lines: impl Iterator<Item = &'a Line>) -> Option<(&'a Line, Waiting)> {
        lines
            .filter_map(|line| self.lines.get(line)?.first_key_value().map(|first| (first, line)))
            .min()
            .map(|((rank, &contact), line)| (line, waiting(rank, contact)))
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        match &event.fact {
            Fact::ContactQueued { contact, line, priority, entered, .. } => {
                self.enter(*contact, line, rank(*priority, true, *entered, at));
            }
            Fact::ContactRequeued { contact, line, priority, entered, .. } => {
                self.enter(*contact, line, rank(*priority, false, *entered, at));
            }
            Fact::ContactAssigned { contact, .. }
            | Fact::ContactReleased { contact, .. }
            | Fact::ContactRestarted { contact } => self.leave(*contact),
            Fact::Step(fact) => self.step(fact),
            Fact::Service(fact) => self.serve(fact),
            engine!()
            | loading!()
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
            | Fact::TimerFired { .. } => {}
        }
    }

    fn step(&mut self, fact: &StepFact) {
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
            | StepFact::ApplicationFileKept(_) => {}
        }
    }

    fn serve(&mut self, fact: &ServiceFact) {
        match fact {
            ServiceFact::PriorityChanged(changed) => self.rise(changed.contact, changed.priority),
            ServiceFact::ContactTagged(_)
            | ServiceFact::ContactNoted(_)
            | ServiceFact::SkillsRequired(_)
            | ServiceFact::AgentPreferred(_)
            | ServiceFact::RuleAwaited(_)
            | ServiceFact::AssignmentExplained(_)
            | ServiceFact::AcceptanceAwaited(_)
            | ServiceFact::ContactAccepted(_)
            | ServiceFact::ContactParked(_)
            | ServiceFact::ContactUnparked(_) => {}
        }
    }

    /// Gives a waiting contact another priority; all else about its rank stays.
    fn rise(&mut self, contact: ContactId, priority: u8) {
        if let Some((line, rank)) = self.places.get(&contact).cloned() {
            self.enter(contact, &line, Rank { below_top: u8::MAX - priority, ..rank });
        }
    }

    fn enter(&mut self, contact: ContactId, line: &Line, rank: Rank) {
        self.leave(contact);
        self.lines.entry(line.clone()).or_default().insert(rank, contact);
        self.places.insert(contact, (line.clone(), rank));
    }

    fn leave(&mut self, contact: ContactId) {
        let Some((line, rank)) = self.places.remove(&contact) else {
            return;
        };
        if let Some(ranks) = self.lines.get_mut(&line) {
            ranks.remove(&rank);
            if ranks.is_empty() {
                self.lines.remove(&line);
            }
        }
    }
}

fn rank(priority: u8, behind_head: bool, entered: Timestamp, position: Position) -> Rank {
    Rank { below_top: u8::MAX - priority, behind_head, entered, position }
}

fn waiting(rank: &Rank, contact: ContactId) -> Waiting {
    Waiting { contact, priority: u8::MAX - rank.below_top, entered: rank.entered }
}
