//! Timers: what is to happen at a time to come.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{ContactId, Event, Fact, OutgoingId, Timer, Timestamp};

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
            Fact::TimerFired { timer } => self.clear(*timer),
            Fact::SendStarted { outgoing, .. }
            | Fact::SendRepeated { outgoing, .. }
            | Fact::SendRefused { outgoing, .. } => self.clear_send(*outgoing),
            Fact::ContactRestarted { contact } | Fact::ContactReleased { contact, .. } => {
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
            | Fact::ContactQueued { .. }
            | Fact::ContactRequeued { .. }
            | Fact::ContactAssigned { .. }
            | Fact::SendUncertain { .. }
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

    fn clear_send(&mut self, outgoing: OutgoingId) {
        self.clear(Timer::SendAgain(outgoing));
    }

    fn clear_wait(&mut self, contact: ContactId) {
        self.clear(Timer::WaitOver(contact));
    }
}
