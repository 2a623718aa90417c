//! One open contact: what is known of it, and where it is.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use event::{
    Actor, Address, AgentNumber, ApplicationRef, AutomaticKind, ContactParked, DispositionCode,
    Event, ExitName, Fact, Handler, Line, MailboxName, MessageRef, OutgoingId, ParameterName,
    Person, Position, QueueName, QueueReason, ServiceFact, SkillNeed, StepFact, Tag, Target,
    ThreadId, Timestamp, Verification,
};

use crate::course::{Course, Visit};

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
    /// The application that its mailbox sent it to.
    pub application: ApplicationRef,
    /// How far it is in its application; `None` once that has ended, an agent has the contact, or a
    /// person has moved it.
    pub course: Option<Course>,
    /// Where it is.
    pub place: Place,
    /// What its application has set; a value is absent where it was erased.
    pub parameters: BTreeMap<ParameterName, Option<String>>,
    /// Its label, so far.
    pub disposition: Option<DispositionCode>,
    /// Whether its mail is from whom it says.
    pub verification: Verification,
    /// Who wrote; absent where the mail names nobody, or it was erased.
    pub sender: Option<Person>,
    /// Where answers go; absent where the mail names nobody, or it was erased.
    pub answer_to: Option<Address>,
    /// Its subject; empty where it was erased.
    pub subject: String,
    /// The names of its attachments.
    pub attachments: Vec<String>,
    /// The language of its text, where it was recognised (RFC 5646).
    pub language: Option<String>,
    /// Set where no person wrote its mail.
    pub automatic: Option<AutomaticKind>,
    /// Where its application has asked for an automatic answer, or written a note. It outlives a
    /// restart, so that neither is done again.
    pub done: BTreeSet<Visit>,
    /// What other programs answered. It outlives a restart, so that they are not asked again.
    pub answered: BTreeMap<Visit, WebhookAnswer>,
    /// The words by which it is found again.
    pub tags: BTreeSet<Tag>,
    /// What an agent must be able to do to get it.
    pub skills: Vec<SkillNeed>,
    /// The queue it waited in last, to which it returns where one agent does not take it.
    pub home: Option<QueueName>,
    /// When it came into the line it waits in, or waited in last; going back there changes nothing.
    pub lined_up: Timestamp,
}

/// What another program answered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WebhookAnswer {
    /// The HTTP status; `None` where there was no usable answer.
    pub status: Option<u16>,
    /// The body, or what went wrong; absent where it was erased, or has been used.
    pub text: Option<String>,
}

/// A place in a line, for the way back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Waited {
    /// The line.
    pub line: Line,
    /// Its priority there.
    pub priority: u8,
    /// Since when it waits.
    pub entered: Timestamp,
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
        /// Until when the agent has to accept it; `None` once they have, or need not.
        accept_until: Option<Timestamp>,
        /// Whether the agent has accepted it or begun to work on it.
        begun: bool,
    },
    /// Put aside by an agent, who gets it back.
    Parked {
        /// The agent.
        agent: AgentNumber,
        /// The line it came from.
        line: Line,
        /// Its priority in that line.
        priority: u8,
        /// Since when it had waited there.
        entered: Timestamp,
        /// When it was put aside.
        since: Timestamp,
        /// Until when, at the latest.
        until: Option<Timestamp>,
        /// Whether it goes on once the customer writes in the thread.
        until_answer: bool,
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
    /// On its way to a plain address, as its application wants; the way back is into that.
    Forwarded {
        /// Where it waited before, with its rank there; `None` where it had not been queued.
        waited: Option<Waited>,
        /// The copy to that address.
        outgoing: OutgoingId,
    },
}

impl OpenContact {
    /// The contact that arrived with this event, at this position; `None` where none did.
    pub(crate) fn arrived(at: Position, event: &Event) -> Option<Self> {
        let Fact::ContactArrived { thread, source, message, application, received, .. } =
            &event.fact
        else {
            return None;
        };
        let details = event.mail();
        Some(Self {
            thread: *thread,
            mailbox: source.mailbox.clone(),
            message: *message,
            arrival: at,
            received: *received,
            application: application.clone(),
            course: Some(Course::start(application.clone())),
            place: Place::Application,
            parameters: BTreeMap::new(),
            disposition: None,
            verification: Verification::default(),
            sender: details.and_then(|details| details.from.clone()),
            answer_to: details.and_then(|details| details.answer_to.clone()),
            subject: details.map(|details| details.subject.clone()).unwrap_or_default(),
            attachments: details.map(|details| details.attachments.clone()).unwrap_or_default(),
            language: None,
            automatic: None,
            done: BTreeSet::new(),
            answered: BTreeMap::new(),
            tags: BTreeSet::new(),
            skills: Vec::new(),
            home: None,
            lined_up: event.time,
        })
    }

    /// Takes in a fact that tells something of the contact.
    pub(crate) fn note(&mut self, event: &Event) {
        if let Fact::ParameterSet { parameter, .. } = &event.fact {
            self.parameters.insert(parameter.clone(), event.text().map(str::to_owned));
        } else if let Fact::DispositionSet { code, .. } = &event.fact {
            self.disposition = Some(code.clone());
        } else if let Fact::SenderChecked { verification, .. } = &event.fact {
            self.verification = *verification;
        } else if let Fact::AutomaticMailRecognised { kind, .. } = &event.fact {
            self.automatic = Some(*kind);
        } else if let Fact::AutomaticReplyRequested { step, .. } = &event.fact {
            self.done.insert(Visit::from(step));
        } else if let Fact::Step(StepFact::LanguageRecognised(recognised)) = &event.fact {
            self.language = Some(recognised.language.clone());
        } else if let Fact::Step(StepFact::WebhookAnswered(answered)) = &event.fact {
            let text = event.text().map(str::to_owned);
            let answer = WebhookAnswer { status: answered.status, text };
            self.answered.insert(Visit::from(&answered.step), answer);
        } else if let Fact::Step(StepFact::ActionTaken(taken)) = &event.fact {
            self.leave_action(Visit::from(&taken.step), taken.exit.as_ref());
        } else if let Fact::Service(ServiceFact::ContactTagged(tagged)) = &event.fact {
            self.tags.insert(tagged.tag.clone());
        } else if let Fact::Service(ServiceFact::SkillsRequired(required)) = &event.fact {
            self.skills.clone_from(&required.skills);
        } else if let Fact::Step(StepFact::ApplicationEntered(entered)) = &event.fact {
            self.application = entered.application.clone();
        }
    }

    fn leave_action(&mut self, visit: Visit, exit: Option<&ExitName>) {
        match exit.map(ExitName::as_str) {
            Some("noted") => {
                self.done.insert(visit);
            }
            Some("answered") => {
                // What the answer said is in the parameters now.
                if let Some(answer) = self.answered.get_mut(&visit) {
                    answer.text = None;
                }
            }
            Some(_) | None => {}
        }
    }

    /// Takes in a fact that changes where the contact is.
    pub(crate) fn place(&mut self, at: Position, event: &Event) {
        if let Fact::ContactQueued { line, priority, entered, reason, .. } = &event.fact {
            self.lined_up = event.time;
            self.wait(line, *priority, *entered);
            if *reason == QueueReason::Moved {
                self.stop_application();
            }
        } else if let Fact::ContactRequeued { line, priority, entered, .. } = &event.fact {
            self.wait(line, *priority, *entered);
        } else if let Fact::Service(ServiceFact::PriorityChanged(changed)) = &event.fact {
            if let Place::Waiting { priority, .. } = &mut self.place {
                *priority = changed.priority;
            }
        } else if let Fact::ContactAssigned { line, agent, .. } = &event.fact {
            self.assign(*agent, line, OutgoingId(at), event.time);
        } else if let Fact::Step(StepFact::ContactForwarded(_)) = &event.fact {
            self.place = Place::Forwarded { waited: self.waited(), outgoing: OutgoingId(at) };
        } else if let Fact::Step(StepFact::ForwardFailed(_)) = &event.fact {
            self.place = Place::Application;
        } else {
            self.hold(at, event);
        }
    }

    /// Whether its application passed it to a plain address, where it has not arrived yet.
    pub fn is_forwarded(&self) -> bool {
        matches!(self.place, Place::Forwarded { .. })
    }

    fn waited(&self) -> Option<Waited> {
        let Place::Waiting { line, priority, entered } = &self.place else { return None };
        Some(Waited { line: line.clone(), priority: *priority, entered: *entered })
    }

    fn wait(&mut self, line: &Line, priority: u8, entered: Timestamp) {
        if let Line::Queue(queue) = line {
            self.home = Some(queue.clone());
        }
        self.place = Place::Waiting { line: line.clone(), priority, entered };
    }

    /// An agent has it: what its application would still do is for contacts that nobody has.
    fn assign(&mut self, agent: AgentNumber, line: &Line, outgoing: OutgoingId, now: Timestamp) {
        let (priority, entered) = match &self.place {
            Place::Waiting { priority, entered, .. } | Place::Parked { priority, entered, .. } => {
                (*priority, *entered)
            }
            Place::Application
            | Place::Held { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. } => (0, now),
        };
        self.stop_application();
        self.place = Place::Held {
            agent,
            line: line.clone(),
            priority,
            entered,
            since: now,
            outgoing,
            delivered: false,
            accept_until: None,
            begun: false,
        };
    }

    /// People decide from now on.
    fn stop_application(&mut self) {
        self.course = None;
        self.answered.clear();
    }

    /// Takes in a fact that tells whether somebody works on the contact.
    pub(crate) fn work(&mut self, event: &Event) {
        let Place::Held { agent, accept_until, begun, .. } = &mut self.place else { return };
        let works = if let Fact::ReplyReceived { handler, .. } = &event.fact {
            *handler == Handler::Agent(*agent)
        } else if let Fact::Service(ServiceFact::ContactNoted(_)) = &event.fact {
            event.actor == Actor::Agent(*agent)
        } else if let Fact::Service(ServiceFact::ContactAccepted(_)) = &event.fact {
            *accept_until = None;
            true
        } else {
            matches!(event.fact, Fact::DispositionSet { .. })
        };
        *begun |= works;
    }

    /// Takes in a fact about a contact that somebody has.
    fn hold(&mut self, at: Position, event: &Event) {
        if let Fact::ContactTransferred { to: Target::Address, .. } = &event.fact {
            self.leave(OutgoingId(at));
        } else if let Fact::Service(ServiceFact::ContactParked(parked)) = &event.fact {
            self.park(parked, event.time);
        } else if let Fact::ReducedCopyRequested { copy, .. } = &event.fact {
            self.reduce(*copy, OutgoingId(at));
        } else if let Place::Held { agent, outgoing, delivered, accept_until, .. } = &mut self.place
        {
            if let Fact::ContactDelivered { handler, outgoing: sent, .. } = &event.fact {
                *delivered |= outgoing == sent && Handler::Agent(*agent) == *handler;
            } else if let Fact::Service(ServiceFact::AcceptanceAwaited(awaited)) = &event.fact {
                *accept_until = Some(awaited.until);
            }
        }
    }

    /// It goes to a plain address.
    fn leave(&mut self, outgoing: OutgoingId) {
        if let Place::Held { line, priority, entered, .. }
        | Place::Parked { line, priority, entered, .. } = &self.place
        {
            let (line, priority, entered) = (line.clone(), *priority, *entered);
            self.place = Place::Leaving { line, priority, entered, outgoing };
        }
    }

    fn park(&mut self, parked: &ContactParked, since: Timestamp) {
        if let Place::Held { agent, line, priority, entered, .. } = &self.place {
            let (agent, line, priority, entered) = (*agent, line.clone(), *priority, *entered);
            let (until, until_answer) = (parked.until, parked.until_answer);
            self.place =
                Place::Parked { agent, line, priority, entered, since, until, until_answer };
        }
    }

    /// A smaller copy goes out in place of the one that was on its way.
    fn reduce(&mut self, copy: OutgoingId, smaller: OutgoingId) {
        match &mut self.place {
            Place::Held { outgoing, delivered, .. } if *outgoing == copy => {
                (*outgoing, *delivered) = (smaller, false);
            }
            Place::Leaving { outgoing, .. } | Place::Forwarded { outgoing, .. }
                if *outgoing == copy =>
            {
                *outgoing = smaller;
            }
            Place::Held { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. }
            | Place::Application
            | Place::Waiting { .. }
            | Place::Parked { .. } => {}
        }
    }
}
