//! Timers: what is to happen at a time to come.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{ContactId, Event, Fact, QueueReason, ServiceFact, StepFact, Timer, Timestamp};

use crate::families::{engine, loading, mail_apart};

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
            Fact::Step(fact) => self.step(fact),
            Fact::Service(fact) => self.serve(fact),
            Fact::TimerFired { timer } => self.clear(*timer),
            Fact::SendStarted { outgoing, .. }
            | Fact::SendRepeated { outgoing, .. }
            | Fact::SendRefused { outgoing, .. } => self.clear(Timer::SendAgain(*outgoing)),
            Fact::ContactRestarted { contact } => self.clear(Timer::WaitOver(*contact)),
            Fact::ContactQueued { contact, reason, .. } => {
                if *reason == QueueReason::Moved {
                    self.clear(Timer::WaitOver(*contact));
                }
                self.clear(Timer::ParkOver(*contact));
                self.clear_wait(*contact);
            }
            Fact::ContactAssigned { contact, .. } => {
                self.clear(Timer::WaitOver(*contact));
                self.clear(Timer::ParkOver(*contact));
                self.clear_wait(*contact);
            }
            Fact::ContactRequeued { contact, .. } | Fact::ContactTransferred { contact, .. } => {
                self.clear(Timer::AcceptOver(*contact));
                self.clear(Timer::ParkOver(*contact));
            }
            Fact::ContactReleased { contact, .. } => {
                self.clear(Timer::WaitOver(*contact));
                self.clear(Timer::AcceptOver(*contact));
                self.clear(Timer::ParkOver(*contact));
                self.clear_wait(*contact);
            }
            engine!()
            | loading!()
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | mail_apart!()
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
            | Fact::DeliveryReported { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::ReducedCopyRequested { .. }
            | Fact::DispositionSet { .. }
            | Fact::AgentStateChanged { .. } => {}
        }
    }

    fn step(&mut self, fact: &StepFact) {
        match fact {
            StepFact::ApplicationEntered(entered) => {
                self.clear(Timer::WaitOver(entered.contact));
            }
            StepFact::ContactForwarded(forwarded) => self.clear_wait(forwarded.contact),
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
            ServiceFact::AcceptanceAwaited(awaited) => {
                self.set(Timer::AcceptOver(awaited.contact), awaited.until);
            }
            ServiceFact::AgentPreferred(preferred) => {
                self.set(Timer::PreferenceOver(preferred.contact), preferred.until);
            }
            ServiceFact::RuleAwaited(awaited) => {
                self.set(Timer::RuleDue(awaited.contact), awaited.until);
            }
            ServiceFact::ContactParked(parked) => {
                self.clear(Timer::AcceptOver(parked.contact));
                if let Some(until) = parked.until {
                    self.set(Timer::ParkOver(parked.contact), until);
                }
            }
            ServiceFact::ContactAccepted(accepted) => {
                self.clear(Timer::AcceptOver(accepted.contact));
            }
            ServiceFact::ContactUnparked(unparked) => {
                self.clear(Timer::ParkOver(unparked.contact));
            }
            ServiceFact::ContactTagged(_)
            | ServiceFact::ContactNoted(_)
            | ServiceFact::SkillsRequired(_)
            | ServiceFact::PriorityChanged(_)
            | ServiceFact::AssignmentExplained(_) => {}
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
