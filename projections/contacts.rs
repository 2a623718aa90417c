//! Open contacts: every contact from its arrival to its release, and where it is.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{ContactId, Event, Fact, Position, ServiceFact, StepFact, ThreadId, Timer};

use crate::course::Course;
use crate::families::{engine, loading, mail_apart, sending};
use crate::open_contact::{OpenContact, Place};

/// All open contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Contacts {
    open: BTreeMap<ContactId, OpenContact>,
    running: BTreeSet<ContactId>,
    parked: BTreeMap<ThreadId, BTreeSet<ContactId>>,
}

impl Contacts {
    /// The contact, while it is open.
    pub fn get(&self, contact: ContactId) -> Option<&OpenContact> {
        self.open.get(&contact)
    }

    /// All open contacts, by id.
    pub fn iter(&self) -> impl Iterator<Item = (ContactId, &OpenContact)> {
        self.open.iter().map(|(&id, contact)| (id, contact))
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// A contact whose application can take a step now.
    pub fn running(&self) -> Option<ContactId> {
        self.running.first().copied()
    }

    /// The parked contacts that wait for the customer of a thread to write.
    pub fn parked(&self, thread: ThreadId) -> impl Iterator<Item = ContactId> {
        self.parked.get(&thread).into_iter().flatten().copied()
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        match &event.fact {
            Fact::ContactArrived { contact, .. } => {
                if let Some(open) = OpenContact::arrived(at, event) {
                    self.open.insert(*contact, open);
                    self.change(*contact, |_| {});
                }
            }
            Fact::ContactReleased { contact, .. } => self.end(*contact),
            Fact::ContactRestarted { contact } => self.change(*contact, restart),
            Fact::StepTaken { contact, .. }
            | Fact::ApplicationPaused { contact, .. }
            | Fact::TimerFired { timer: Timer::WaitOver(contact) } => {
                self.change(*contact, |open| advance(open, event));
            }
            Fact::ParameterSet { contact, .. }
            | Fact::SenderChecked { contact, .. }
            | Fact::AutomaticMailRecognised { contact, .. }
            | Fact::AutomaticReplyRequested { contact, .. } => {
                self.change(*contact, |open| open.note(event));
            }
            Fact::DispositionSet { contact, .. } => self.change(*contact, |open| {
                open.note(event);
                open.work(event);
            }),
            Fact::ReplyReceived { contact, .. } => self.change(*contact, |open| open.work(event)),
            Fact::ContactQueued { contact, .. }
            | Fact::ContactRequeued { contact, .. }
            | Fact::ContactAssigned { contact, .. }
            | Fact::ContactDelivered { contact, .. }
            | Fact::ContactTransferred { contact, .. }
            | Fact::ReducedCopyRequested { contact, .. } => {
                self.change(*contact, |open| open.place(at, event));
            }
            Fact::Step(fact) => self.step(at, fact, event),
            Fact::Service(fact) => self.serve(at, fact, event),
            engine!()
            | loading!()
            | Fact::MailboxActivated { .. }
            | mail_apart!()
            | sending!()
            | Fact::ReplyRefused { .. }
            | Fact::ReplyRelayed { .. }
            | Fact::ReplyCopyRequested { .. }
            | Fact::ReplyCopied { .. }
            | Fact::NoteReceived { .. }
            | Fact::NoteSent { .. }
            | Fact::ReplyScreened { .. }
            | Fact::AutomaticReplyWithheld { .. }
            | Fact::AutomaticReplySent { .. }
            | Fact::EncryptionFound { .. }
            | Fact::AttachmentsWithheld { .. }
            | Fact::DeliveryReported { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::TimerFired {
                timer:
                    Timer::SendAgain(_)
                    | Timer::AcceptOver(_)
                    | Timer::PreferenceOver(_)
                    | Timer::RuleDue(_)
                    | Timer::ParkOver(_),
            } => {}
        }
    }
}

impl Contacts {
    fn step(&mut self, at: Position, fact: &StepFact, event: &Event) {
        let Some(contact) = fact.contact() else { return };
        self.change(contact, |open| match fact {
            StepFact::ApplicationEntered(_) => {
                open.note(event);
                restart(open);
            }
            StepFact::ActionTaken(_)
            | StepFact::SubApplicationEntered(_)
            | StepFact::MailRequested(_)
            | StepFact::WebhookRequested(_)
            | StepFact::WebhookAnswered(_) => {
                open.note(event);
                advance(open, event);
            }
            StepFact::ContactForwarded(_) | StepFact::ForwardFailed(_) => {
                open.place(at, event);
                advance(open, event);
            }
            StepFact::LanguageRecognised(_) => open.note(event),
            StepFact::ActionFailed(_) | StepFact::ApplicationFileKept(_) => {}
        });
    }

    fn serve(&mut self, at: Position, fact: &ServiceFact, event: &Event) {
        self.change(fact.contact(), |open| match fact {
            ServiceFact::ContactTagged(_) | ServiceFact::SkillsRequired(_) => open.note(event),
            ServiceFact::PriorityChanged(_)
            | ServiceFact::AcceptanceAwaited(_)
            | ServiceFact::ContactParked(_) => open.place(at, event),
            ServiceFact::ContactNoted(_) | ServiceFact::ContactAccepted(_) => open.work(event),
            ServiceFact::AgentPreferred(_)
            | ServiceFact::RuleAwaited(_)
            | ServiceFact::AssignmentExplained(_)
            | ServiceFact::ContactUnparked(_) => {}
        });
    }

    /// Changes a contact, and keeps it known which can run and which are parked.
    fn change(&mut self, contact: ContactId, change: impl FnOnce(&mut OpenContact)) {
        let Some(open) = self.open.get_mut(&contact) else {
            return;
        };
        change(open);
        if open.course.as_ref().is_some_and(Course::can_run) {
            self.running.insert(contact);
        } else {
            self.running.remove(&contact);
        }
        let thread = open.thread;
        if matches!(open.place, Place::Parked { until_answer: true, .. }) {
            self.parked.entry(thread).or_default().insert(contact);
        } else {
            self.unpark(thread, contact);
        }
    }

    fn unpark(&mut self, thread: ThreadId, contact: ContactId) {
        if let Some(parked) = self.parked.get_mut(&thread) {
            parked.remove(&contact);
            if parked.is_empty() {
                self.parked.remove(&thread);
            }
        }
    }

    fn end(&mut self, contact: ContactId) {
        if let Some(open) = self.open.remove(&contact) {
            self.unpark(open.thread, contact);
        }
        self.running.remove(&contact);
    }
}

/// A contact begins its application anew.
fn restart(open: &mut OpenContact) {
    open.course = Some(Course::start(open.application.clone()));
}

fn advance(open: &mut OpenContact, event: &Event) {
    if let Some(course) = open.course.take() {
        open.course = course.advance(event);
    }
}
