//! Errands: what applications asked the outside and wait for.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{Call, ContactId, Event, Fact, Position, QueueReason, Step, StepFact};

use crate::families::{engine, loading, mail_apart, sending};

/// What an action waits for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Errand {
    /// The mail itself, which is to be read again.
    Mail {
        /// The action.
        step: Step,
    },
    /// The answer of another program.
    Webhook {
        /// The action.
        step: Step,
        /// The request; absent where it was erased.
        call: Option<Call>,
        /// How long one attempt may take, in milliseconds.
        timeout_ms: u32,
        /// At most so many attempts.
        attempts_max: u8,
    },
}

/// All errands that are not done; a contact has one at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Errands {
    open: BTreeMap<ContactId, (Position, Errand)>,
    /// By when they were asked for.
    mails: BTreeMap<Position, ContactId>,
    webhooks: BTreeMap<Position, ContactId>,
}

impl Errands {
    /// What a contact waits for.
    pub fn get(&self, contact: ContactId) -> Option<&Errand> {
        self.open.get(&contact).map(|(_, errand)| errand)
    }

    /// The contacts whose mail is to be read, by when that was asked for.
    pub fn mails(&self) -> impl Iterator<Item = ContactId> {
        self.mails.values().copied()
    }

    /// The contacts for which another program is to be asked, by when that was asked for.
    pub fn webhooks(&self) -> impl Iterator<Item = ContactId> {
        self.webhooks.values().copied()
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        match &event.fact {
            Fact::Step(fact) => self.step(at, fact, event),
            Fact::ContactQueued { contact, reason: QueueReason::Moved, .. }
            | Fact::ContactAssigned { contact, .. }
            | Fact::ContactReleased { contact, .. }
            | Fact::ContactRestarted { contact } => self.done(*contact),
            engine!()
            | loading!()
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | mail_apart!()
            | Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
            | Fact::ContactQueued { .. }
            | Fact::ContactRequeued { .. }
            | sending!()
            | Fact::ContactDelivered { .. }
            | Fact::ContactTransferred { .. }
            | Fact::ReplyReceived { .. }
            | Fact::ReplyRefused { .. }
            | Fact::ReplyRelayed { .. }
            | Fact::DispositionSet { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::TimerFired { .. }
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
            | Fact::NoticeSent { .. }
            | Fact::ReducedCopyRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::Service(_) => {}
        }
    }

    fn step(&mut self, at: Position, fact: &StepFact, event: &Event) {
        match fact {
            StepFact::MailRequested(asked) => {
                let errand = Errand::Mail { step: asked.step.clone() };
                self.ask(at, asked.contact, errand);
            }
            StepFact::WebhookRequested(asked) => {
                let errand = Errand::Webhook {
                    step: asked.step.clone(),
                    call: event.call().cloned(),
                    timeout_ms: asked.timeout_ms,
                    attempts_max: asked.attempts_max,
                };
                self.ask(at, asked.contact, errand);
            }
            StepFact::ActionTaken(taken) => self.done(taken.contact),
            StepFact::WebhookAnswered(answered) => self.done(answered.contact),
            StepFact::ApplicationEntered(entered) => self.done(entered.contact),
            StepFact::ActionFailed(_)
            | StepFact::SubApplicationEntered(_)
            | StepFact::LanguageRecognised(_)
            | StepFact::ContactForwarded(_)
            | StepFact::ForwardFailed(_)
            | StepFact::ApplicationFileKept(_) => {}
        }
    }

    fn ask(&mut self, at: Position, contact: ContactId, errand: Errand) {
        self.done(contact);
        let asked = match errand {
            Errand::Mail { .. } => &mut self.mails,
            Errand::Webhook { .. } => &mut self.webhooks,
        };
        asked.insert(at, contact);
        self.open.insert(contact, (at, errand));
    }

    fn done(&mut self, contact: ContactId) {
        if let Some((at, _)) = self.open.remove(&contact) {
            self.mails.remove(&at);
            self.webhooks.remove(&at);
        }
    }
}
