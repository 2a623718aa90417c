//! Timers: what is to happen at a time to come.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{ApplicationEntered, ContactForwarded, ContactId, Event, Fact, Timer, Timestamp};

/// All timers that have not fired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Timers {
    due: BTreeSet<(Timestamp, Timer)>,
    set: BTreeMap<Timer, Timestamp>,
}

impl Timers {
    /// The next timer and when it is due.
    pub fn next(&self) -> Option<(Timestamp, Timer)> {
        self.due.first().copied()
    }

    /// When a timer is due, while it is set.
    pub fn due(&self, timer: Timer) -> Option<Timestamp> {
        self.set.get(&timer).copied()
    }

    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        match &event.fact {
            Fact::SendDeferred { outgoing, until, .. } => {
                self.set(Timer::SendAgain(*outgoing), *until);
            }
            Fact::ApplicationPaused { contact, until, .. } => {
                self.set(Timer::WaitOver(*contact), *until);
            }
            Fact::AcceptanceAwaited(awaited) => {
                self.set(Timer::AcceptOver(awaited.contact), awaited.until);
            }
            Fact::AgentPreferred(preferred) => {
                self.set(Timer::PreferenceOver(preferred.contact), preferred.until);
            }
            Fact::RuleAwaited(awaited) => self.set(Timer::RuleDue(awaited.contact), awaited.until),
            Fact::ContactParked(parked) => {
                self.clear(Timer::AcceptOver(parked.contact));
                if let Some(until) = parked.until {
                    self.set(Timer::ParkOver(parked.contact), until);
                }
            }
            Fact::TimerFired { timer } => self.clear(*timer),
            Fact::SendStarted { outgoing, .. }
            | Fact::SendRepeated { outgoing, .. }
            | Fact::SendRefused { outgoing, .. } => self.clear(Timer::SendAgain(*outgoing)),
            Fact::ContactAccepted(accepted) => self.clear(Timer::AcceptOver(accepted.contact)),
            Fact::ContactUnparked(unparked) => self.clear(Timer::ParkOver(unparked.contact)),
            Fact::ContactRestarted { contact }
            | Fact::ApplicationEntered(ApplicationEntered { contact, .. }) => {
                self.clear(Timer::WaitOver(*contact));
            }
            Fact::ContactQueued { contact, .. }
            | Fact::ContactForwarded(ContactForwarded { contact, .. }) => {
                self.clear_wait(*contact);
            }
            Fact::ContactAssigned { contact, .. } => {
                self.clear(Timer::WaitOver(*contact));
                self.clear_wait(*contact);
            }
            Fact::ContactRequeued { contact, .. } | Fact::ContactTransferred { contact, .. } => {
                self.clear(Timer::AcceptOver(*contact));
            }
            Fact::ContactReleased { contact, .. } => {
                self.clear(Timer::WaitOver(*contact));
                self.clear(Timer::AcceptOver(*contact));
                self.clear(Timer::ParkOver(*contact));
                self.clear_wait(*contact);
            }
            Fact::EngineStarted { .. }
            | Fact::EngineStopped
            | Fact::DirectoryLoaded { .. }
            | Fact::SettingsLoaded { .. }
            | Fact::ApplicationPublished { .. }
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | Fact::MailFiled { .. }
            | Fact::MailDuplicated { .. }
            | Fact::MailQuarantined { .. }
            | Fact::MailSetAside { .. }
            | Fact::MailRefused { .. }
            | Fact::StepTaken { .. }
            | Fact::ParameterSet { .. }
            | Fact::SendUncertain { .. }
            | Fact::ContactDelivered { .. }
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
            | Fact::ActionTaken(_)
            | Fact::ActionFailed(_)
            | Fact::SubApplicationEntered(_)
            | Fact::MailRequested(_)
            | Fact::LanguageRecognised(_)
            | Fact::WebhookRequested(_)
            | Fact::WebhookAnswered(_)
            | Fact::ContactTagged(_)
            | Fact::ContactNoted(_)
            | Fact::ForwardFailed(_)
            | Fact::ApplicationFileKept(_)
            | Fact::SkillsRequired(_)
            | Fact::PriorityChanged(_)
            | Fact::AssignmentExplained(_)
            | Fact::AgentStateChanged { .. } => {}
        }
    }

    fn set(&mut self, timer: Timer, due: Timestamp) {
        self.clear(timer);
        self.due.insert((due, timer));
        self.set.insert(timer, due);
    }

    fn clear(&mut self, timer: Timer) {
        if let Some(due) = self.set.remove(&timer) {
            self.due.remove(&(due, timer));
        }
    }

    /// Drops what waits for a contact in a line.
    fn clear_wait(&mut self, contact: ContactId) {
        self.clear(Timer::PreferenceOver(contact));
        self.clear(Timer::RuleDue(contact));
    }
}
