//! The outbox: mail that was asked for and is not yet known to be sent.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    Address, AgentNumber, ContactForwarded, ContactId, ContactParked, CopyKind, Event, Fact,
    Handler, MessageRef, OutgoingId, Position, ServiceFact, StepFact, Target, ThreadId, Timer,
    Timestamp, UncertainReason,
};

use crate::families::{engine, loading, mail_apart, stepping};

/// One mail that waits to be sent, or whose fate is not known.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Outgoing {
    /// Its contact.
    pub contact: ContactId,
    /// The contact's thread.
    pub thread: ThreadId,
    /// The position of the contact's arrival.
    pub arrival: Position,
    /// When it was asked for.
    pub requested: Timestamp,
    /// What it is.
    pub what: What,
    /// How far it is.
    pub state: SendState,
    /// How often it was tried.
    pub attempts: u32,
}

/// What an outgoing mail is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum What {
    /// The customer's mail, to whoever handles the contact.
    Copy {
        /// Who handles it.
        handler: Handler,
        /// Their mailbox; absent where it was erased.
        to: Option<Address>,
        /// Whether it goes without attachments, since the whole is too large for the mail servers.
        reduced: bool,
    },
    /// A handler's answer, to the customer.
    Reply {
        /// Who answered.
        handler: Handler,
        /// The answer as received.
        message: MessageRef,
    },
    /// The same answer, to one more person.
    ReplyCopy {
        /// The reply to the customer.
        reply: OutgoingId,
        /// The answer as received.
        message: MessageRef,
        /// Who answered; `None` where the reply itself is settled already.
        handler: Option<Handler>,
        /// On which side the person is.
        kind: CopyKind,
        /// Their address; absent where it was erased.
        to: Option<Address>,
    },
    /// What someone inside wrote about a contact, to the agent who handles it.
    Note {
        /// The agent.
        to: AgentNumber,
        /// The mail as received.
        message: MessageRef,
    },
    /// An automatic answer to the customer; the event that asked for it holds the text.
    AutomaticReply,
    /// What the writer of a mail is told that was refused for its size; the event that asked for it
    /// holds the text, and what stands for the arrival is the refusal.
    OversizeNotice,
    /// What someone who handled the contact is told of an event.
    Notice {
        /// Their mailbox; absent where it was erased.
        to: Option<Address>,
        /// The position of the event.
        about: Position,
    },
}

/// How far an outgoing mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SendState {
    /// To be sent now.
    Ready,
    /// Being handed to the mail server.
    Started,
    /// To be tried again later.
    Deferred {
        /// When.
        until: Timestamp,
    },
    /// Perhaps sent; a person decides.
    Uncertain {
        /// What was lost.
        reason: UncertainReason,
    },
}

impl What {
    /// Whose answer it is, where it is one.
    pub fn answered_by(&self) -> Option<Handler> {
        match self {
            Self::Reply { handler, .. } => Some(*handler),
            Self::ReplyCopy { handler, .. } => *handler,
            Self::Copy { .. }
            | Self::Note { .. }
            | Self::AutomaticReply
            | Self::OversizeNotice
            | Self::Notice { .. } => None,
        }
    }
}

/// All outgoing mail that is not settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Outbox {
    entries: BTreeMap<OutgoingId, Outgoing>,
    ready: BTreeSet<OutgoingId>,
    copies: BTreeMap<ContactId, OutgoingId>,
}

impl Outbox {
    /// The outgoing mail, while it is not settled.
    pub fn get(&self, id: OutgoingId) -> Option<&Outgoing> {
        self.entries.get(&id)
    }

    /// All unsettled mail, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (OutgoingId, &Outgoing)> {
        self.entries.iter().map(|(&id, outgoing)| (id, outgoing))
    }

    /// What is to be sent now, oldest first.
    pub fn ready(&self) -> impl Iterator<Item = OutgoingId> {
        self.ready.iter().copied()
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        match &event.fact {
            Fact::ContactAssigned { .. }
            | Fact::ContactTransferred { .. }
            | Fact::ReplyReceived { .. }
            | Fact::ReplyCopyRequested { .. }
            | Fact::NoteReceived { .. }
            | Fact::AutomaticReplyRequested { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { withheld: None, .. }
            | Fact::Step(StepFact::ContactForwarded(_))
            | Fact::ReducedCopyRequested { .. } => self.ask(OutgoingId(at), event),
            Fact::SendStarted { outgoing, attempt, .. } => {
                self.turn(*outgoing, SendState::Started);
                if let Some(entry) = self.entries.get_mut(outgoing) {
                    entry.attempts = *attempt;
                }
            }
            Fact::SendDeferred { outgoing, until, .. } => {
                self.turn(*outgoing, SendState::Deferred { until: *until });
            }
            Fact::SendUncertain { outgoing, reason, .. } => {
                self.turn(*outgoing, SendState::Uncertain { reason: *reason });
            }
            Fact::SendRepeated { outgoing, .. }
            | Fact::TimerFired { timer: Timer::SendAgain(outgoing) } => {
                self.turn(*outgoing, SendState::Ready);
            }
            Fact::SendRefused { outgoing, .. }
            | Fact::ContactDelivered { outgoing, .. }
            | Fact::ReplyRelayed { outgoing, .. }
            | Fact::ReplyCopied { outgoing, .. }
            | Fact::NoteSent { outgoing, .. }
            | Fact::AutomaticReplySent { outgoing, .. }
            | Fact::NoticeSent { outgoing, .. } => self.settle(*outgoing),
            Fact::ContactRequeued { contact, .. }
            | Fact::ContactReleased { contact, .. }
            | Fact::Service(ServiceFact::ContactParked(ContactParked { contact, .. })) => {
                self.cancel_copy(*contact)
            }
            Fact::OversizeHeaderKept { withheld: Some(_), .. }
            | Fact::Step(_)
            | Fact::Service(_)
            | engine!()
            | loading!()
            | Fact::MailboxActivated { .. }
            | Fact::ContactArrived { .. }
            | mail_apart!()
            | stepping!()
            | Fact::ContactQueued { .. }
            | Fact::ReplyRefused { .. }
            | Fact::ReplyScreened { .. }
            | Fact::EncryptionFound { .. }
            | Fact::AttachmentsWithheld { .. }
            | Fact::DispositionSet { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::SenderChecked { .. }
            | Fact::AutomaticMailRecognised { .. }
            | Fact::AutomaticReplyWithheld { .. }
            | Fact::DeliveryReported { .. }
            | Fact::TimerFired {
                timer:
                    Timer::WaitOver(_)
                    | Timer::AcceptOver(_)
                    | Timer::PreferenceOver(_)
                    | Timer::RuleDue(_)
                    | Timer::ParkOver(_),
            } => {}
        }
    }

    /// Takes in a fact that asks for a mail.
    fn ask(&mut self, id: OutgoingId, event: &Event) {
        let no_thread;
        let (contact, thread, arrival, what) = if let Fact::ContactAssigned {
            contact,
            thread,
            arrival,
            agent,
            ..
        } = &event.fact
        {
            (contact, thread, arrival, copy(Handler::Agent(*agent), event, false))
        } else if let Fact::ContactTransferred { contact, thread, arrival, to, .. } = &event.fact {
            self.cancel_copy(*contact);
            if *to != Target::Address {
                return;
            }
            (contact, thread, arrival, copy(Handler::Address, event, false))
        } else if let Fact::Step(StepFact::ContactForwarded(forwarded)) = &event.fact {
            let ContactForwarded { contact, thread, arrival, .. } = forwarded;
            (contact, thread, arrival, copy(Handler::Address, event, false))
        } else if let Fact::ReducedCopyRequested { contact, thread, arrival, handler, .. } =
            &event.fact
        {
            (contact, thread, arrival, copy(*handler, event, true))
        } else if let Fact::ReplyReceived { contact, thread, arrival, handler, message, .. } =
            &event.fact
        {
            (contact, thread, arrival, What::Reply { handler: *handler, message: *message })
        } else if let Fact::ReplyCopyRequested { contact, thread, arrival, reply, message, kind } =
            &event.fact
        {
            let (reply, message, kind) = (*reply, *message, *kind);
            let handler = self.entries.get(&reply).and_then(|entry| entry.what.answered_by());
            let to = event.address().cloned();
            (contact, thread, arrival, What::ReplyCopy { reply, message, handler, kind, to })
        } else if let Fact::NoteReceived {
            contact,
            thread,
            arrival,
            message,
            to: Some(Handler::Agent(agent)),
            ..
        } = &event.fact
        {
            (contact, thread, arrival, What::Note { to: *agent, message: *message })
        } else if let Fact::AutomaticReplyRequested { contact, thread, arrival, .. } = &event.fact {
            (contact, thread, arrival, What::AutomaticReply)
        } else if let Fact::OversizeHeaderKept { contact, refusal, .. } = &event.fact {
            no_thread = ThreadId(*contact);
            (contact, &no_thread, refusal, What::OversizeNotice)
        } else if let Fact::NoticeRequested { contact, thread, arrival, about } = &event.fact {
            let to = event.address().cloned();
            (contact, thread, arrival, What::Notice { to, about: *about })
        } else {
            return;
        };
        if let What::Copy { .. } = what {
            self.copies.insert(*contact, id);
        }
        let outgoing = Outgoing {
            contact: *contact,
            thread: *thread,
            arrival: *arrival,
            requested: event.time,
            what,
            state: SendState::Ready,
            attempts: 0,
        };
        self.entries.insert(id, outgoing);
        self.ready.insert(id);
    }

    fn turn(&mut self, id: OutgoingId, state: SendState) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.state = state;
        if state == SendState::Ready {
            self.ready.insert(id);
        } else {
            self.ready.remove(&id);
        }
    }

    fn settle(&mut self, id: OutgoingId) {
        self.ready.remove(&id);
        if let Some(entry) = self.entries.remove(&id)
            && self.copies.get(&entry.contact) == Some(&id)
        {
            self.copies.remove(&entry.contact);
        }
    }

    /// Drops the copy of a contact that is no longer with its handler, unless it is on its way.
    fn cancel_copy(&mut self, contact: ContactId) {
        let Some(id) = self.copies.remove(&contact) else {
            return;
        };
        if self.entries.get(&id).is_some_and(|entry| entry.state != SendState::Started) {
            self.ready.remove(&id);
            self.entries.remove(&id);
        }
    }
}

fn copy(handler: Handler, event: &Event, reduced: bool) -> What {
    What::Copy { handler, to: event.address().cloned(), reduced }
}
