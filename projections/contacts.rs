//! Open contacts: every contact from its arrival to its release, and where it is.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    ActionName, Address, AgentNumber, ApplicationRef, AutomaticKind, ContactId, DispositionCode,
    Event, ExitName, Fact, Handler, Line, MailboxName, MessageRef, OutgoingId, ParameterName,
    Position, Step, Target, ThreadId, Timer, Timestamp, Verification,
};

/// A contact that is not released.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenContact {
    /// Its thread.
    pub thread: ThreadId,
    /// The mailbox it came to.
    pub mailbox: MailboxName,
    /// The mail as received.
    pub message: MessageRef,
    /// The position of its arrival.
    pub arrival: Position,
    /// When the mail server received it.
    pub received: Timestamp,
    /// The application it is in, or went through.
    pub application: ApplicationRef,
    /// How far it is in its application; `None` once that has ended.
    pub course: Option<Course>,
    /// Where it is.
    pub place: Place,
    /// What its application has set; a value is absent where it was erased.
    pub parameters: BTreeMap<ParameterName, Option<String>>,
    /// Its label, so far.
    pub disposition: Option<DispositionCode>,
    /// Whether its mail is from whom it says.
    pub verification: Verification,
    /// Where answers go; absent where the mail names nobody, or it was erased.
    pub answer_to: Option<Address>,
    /// Its subject; empty where it was erased.
    pub subject: String,
    /// Set where no person wrote its mail.
    pub automatic: Option<AutomaticKind>,
    /// Where its application has asked for an automatic answer: the action and the visit. They
    /// outlive a restart, so that the same answer is not asked for again.
    pub replied: BTreeSet<(ActionName, u32)>,
}

/// How far a contact is in its application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Course {
    /// Where it stands.
    pub at: CourseAt,
    /// How often it has been at each action.
    pub visits: BTreeMap<ActionName, u32>,
}

/// Where a contact stands in its application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum CourseAt {
    /// Before the first action.
    #[default]
    Start,
    /// It left an action.
    Left {
        /// The action.
        action: ActionName,
        /// The way out.
        exit: ExitName,
    },
    /// It waits in an action for a timer.
    Paused {
        /// The action.
        step: Step,
        /// When it goes on.
        until: Timestamp,
    },
    /// The wait in an action is over.
    Resumed {
        /// The action.
        step: Step,
    },
}

/// Where an open contact is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Place {
    /// In its application, not yet queued.
    Application,
    /// In a line.
    Waiting {
        /// The line.
        line: Line,
        /// Higher is served first.
        priority: u8,
        /// Since when it waits.
        entered: Timestamp,
    },
    /// With an agent.
    Held {
        /// The agent.
        agent: AgentNumber,
        /// The line it came from, with its rank there, for the way back.
        line: Line,
        /// Its priority in that line.
        priority: u8,
        /// Since when it had waited there.
        entered: Timestamp,
        /// When it was assigned.
        since: Timestamp,
        /// The copy to the agent's mailbox.
        outgoing: OutgoingId,
        /// Whether that copy has been delivered.
        delivered: bool,
    },
    /// On its way to a plain address.
    Leaving {
        /// The line it came from, for the way back.
        line: Line,
        /// Its priority in that line.
        priority: u8,
        /// Since when it had waited there.
        entered: Timestamp,
        /// The copy to that address.
        outgoing: OutgoingId,
    },
}

/// All open contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Contacts {
    open: BTreeMap<ContactId, OpenContact>,
    running: BTreeSet<ContactId>,
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

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        match &event.fact {
            Fact::ContactArrived { .. } => self.arrive(at, event),
            Fact::ContactReleased { contact, .. } => {
                self.open.remove(contact);
                self.running.remove(contact);
            }
            Fact::StepTaken { contact, .. }
            | Fact::ApplicationPaused { contact, .. }
            | Fact::ContactRestarted { contact }
            | Fact::TimerFired { timer: Timer::WaitOver(contact) } => {
                self.advance(*contact, &event.fact);
            }
            Fact::ParameterSet { contact, .. }
            | Fact::DispositionSet { contact, .. }
            | Fact::SenderChecked { contact, .. }
            | Fact::AutomaticMailRecognised { contact, .. }
            | Fact::AutomaticReplyRequested { contact, .. } => {
                if let Some(open) = self.open.get_mut(contact) {
                    note(open, event);
                }
            }
            Fact::ContactQueued { contact, .. }
            | Fact::ContactRequeued { contact, .. }
            | Fact::ContactAssigned { contact, .. }
            | Fact::ContactDelivered { contact, .. }
            | Fact::ContactTransferred { contact, .. }
            | Fact::ReducedCopyRequested { contact, .. } => {
                if let Some(open) = self.open.get_mut(contact) {
                    place(open, at, event);
                }
            }
            Fact::EngineStarted { .. }
            | Fact::EngineStopped
            | Fact::DirectoryLoaded { .. }
            | Fact::SettingsLoaded { .. }
            | Fact::ApplicationPublished { .. }
            | Fact::MailboxActivated { .. }
            | Fact::MailFiled { .. }
            | Fact::MailDuplicated { .. }
            | Fact::MailQuarantined { .. }
            | Fact::MailSetAside { .. }
            | Fact::MailRefused { .. }
            | Fact::SendStarted { .. }
            | Fact::SendDeferred { .. }
            | Fact::SendRefused { .. }
            | Fact::SendUncertain { .. }
            | Fact::SendRepeated { .. }
            | Fact::ReplyReceived { .. }
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
            | Fact::MailVanished { .. }
            | Fact::DeliveryReported { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::TimerFired { timer: Timer::SendAgain(_) } => {}
        }
    }
}

impl Contacts {
    fn arrive(&mut self, at: Position, event: &Event) {
        let Fact::ContactArrived {
            contact, thread, source, message, application, received, ..
        } = &event.fact
        else {
            return;
        };
        let details = event.mail();
        let open = OpenContact {
            thread: *thread,
            mailbox: source.mailbox.clone(),
            message: *message,
            arrival: at,
            received: *received,
            application: application.clone(),
            course: Some(Course::default()),
            place: Place::Application,
            parameters: BTreeMap::new(),
            disposition: None,
            verification: Verification::default(),
            answer_to: details.and_then(|details| details.answer_to.clone()),
            subject: details.map(|details| details.subject.clone()).unwrap_or_default(),
            automatic: None,
            replied: BTreeSet::new(),
        };
        self.open.insert(*contact, open);
        self.running.insert(*contact);
    }

    fn advance(&mut self, contact: ContactId, fact: &Fact) {
        let Some(open) = self.open.get_mut(&contact) else {
            return;
        };
        advance(open, fact);
        if can_run(open) {
            self.running.insert(contact);
        } else {
            self.running.remove(&contact);
        }
    }
}

fn can_run(open: &OpenContact) -> bool {
    match &open.course {
        None => false,
        Some(course) => !matches!(course.at, CourseAt::Paused { .. }),
    }
}

fn advance(open: &mut OpenContact, fact: &Fact) {
    if let Fact::ContactRestarted { .. } = fact {
        open.course = Some(Course::default());
        return;
    }
    let Some(course) = &mut open.course else {
        return;
    };
    if let Fact::StepTaken { step, exit, .. } = fact {
        course.visits.insert(step.action.clone(), step.visit);
        match exit {
            Some(exit) => {
                course.at = CourseAt::Left { action: step.action.clone(), exit: exit.clone() };
            }
            None => open.course = None,
        }
    } else if let Fact::ApplicationPaused { step, until, .. } = fact {
        course.visits.insert(step.action.clone(), step.visit);
        course.at = CourseAt::Paused { step: step.clone(), until: *until };
    } else if let CourseAt::Paused { step, .. } = &course.at {
        course.at = CourseAt::Resumed { step: step.clone() };
    }
}

fn note(open: &mut OpenContact, event: &Event) {
    if let Fact::ParameterSet { parameter, .. } = &event.fact {
        open.parameters.insert(parameter.clone(), event.text().map(str::to_owned));
    } else if let Fact::DispositionSet { code, .. } = &event.fact {
        open.disposition = Some(code.clone());
    } else if let Fact::SenderChecked { verification, .. } = &event.fact {
        open.verification = *verification;
    } else if let Fact::AutomaticMailRecognised { kind, .. } = &event.fact {
        open.automatic = Some(*kind);
    } else if let Fact::AutomaticReplyRequested { step, .. } = &event.fact {
        open.replied.insert((step.action.clone(), step.visit));
    }
}

fn place(open: &mut OpenContact, at: Position, event: &Event) {
    if let Fact::ContactQueued { line, priority, entered, .. }
    | Fact::ContactRequeued { line, priority, entered, .. } = &event.fact
    {
        open.place = Place::Waiting { line: line.clone(), priority: *priority, entered: *entered };
    } else if let Fact::ContactAssigned { line, agent, .. } = &event.fact {
        let (priority, entered) = match &open.place {
            Place::Waiting { priority, entered, .. } => (*priority, *entered),
            Place::Application | Place::Held { .. } | Place::Leaving { .. } => (0, event.time),
        };
        open.place = Place::Held {
            agent: *agent,
            line: line.clone(),
            priority,
            entered,
            since: event.time,
            outgoing: OutgoingId(at),
            delivered: false,
        };
    } else if let Fact::ContactDelivered { handler, outgoing: sent, .. } = &event.fact {
        if let Place::Held { agent, outgoing, delivered, .. } = &mut open.place
            && outgoing == sent
            && Handler::Agent(*agent) == *handler
        {
            *delivered = true;
        }
    } else if let Fact::ReducedCopyRequested { copy, .. } = &event.fact {
        match &mut open.place {
            Place::Held { outgoing, delivered, .. } if outgoing == copy => {
                (*outgoing, *delivered) = (OutgoingId(at), false);
            }
            Place::Leaving { outgoing, .. } if outgoing == copy => *outgoing = OutgoingId(at),
            Place::Application
            | Place::Waiting { .. }
            | Place::Held { .. }
            | Place::Leaving { .. } => {}
        }
    } else if let Fact::ContactTransferred { to: Target::Address, .. } = &event.fact
        && let Place::Held { line, priority, entered, .. } = &open.place
    {
        open.place = Place::Leaving {
            line: line.clone(),
            priority: *priority,
            entered: *entered,
            outgoing: OutgoingId(at),
        };
    }
}
