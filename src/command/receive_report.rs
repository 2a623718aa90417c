//! A mail system reports what became of a mail of ours (RFC 3464).

use event::{
    AgentNumber, ContactId, DeliveryOutcome, Fact, Handler, MessageRef, OutgoingId, Position,
    Private, RequeueReason, Source, Step, ThreadId,
};
use mail::Parsed;

use crate::interpreter::failed;
use crate::undelivered::{Subject, reduce, take_back, tell};
use crate::{Answer, Decision, NewEvent, Rejection, View};

/// Why the action has failed that passed a contact on.
const RETURNED: &str = "the copy came back from the mail server of the address";

/// A report about a mail of ours arrived. Its bytes are in the message store already.
#[derive(Clone, Debug)]
pub struct ReceiveReport {
    /// Where it was found.
    pub source: Source,
    /// The report as received.
    pub message: MessageRef,
    /// The report, read.
    pub parsed: Parsed,
    /// The mail it is about.
    pub sent: SentMail,
    /// What became of that.
    pub outcome: DeliveryOutcome,
    /// The status code (RFC 3463).
    pub status: Option<String>,
}

/// A mail of ours, as the fact that asked for it recorded it.
#[derive(Clone, Debug)]
pub struct SentMail {
    /// The outgoing mail.
    pub outgoing: OutgoingId,
    /// Its contact.
    pub contact: ContactId,
    /// The contact's thread.
    pub thread: ThreadId,
    /// The position of the contact's arrival.
    pub arrival: Position,
    /// What it was.
    pub what: SentWhat,
}

/// What a mail of ours was.
#[derive(Clone, Debug)]
pub enum SentWhat {
    /// The customer's mail, to an agent.
    Copy(AgentNumber),
    /// The customer's mail without its attachments, to an agent.
    ReducedCopy(AgentNumber),
    /// The customer's mail, to a plain address, by an agent.
    PassedOn(AgentNumber),
    /// The customer's mail, to a plain address, by this action of an application.
    Forwarded(Step),
    /// An answer, to the customer or to someone beside them.
    Answer(Option<Handler>),
    /// Anything else.
    Other,
}

impl ReceiveReport {
    /// Everything is recorded. Only a failure leads to more, and only the first one: a contact whose
    /// copy came back is given to someone else, and whoever answered, or passed a contact on, is
    /// told. One that an application passed on goes back, or, where it has ended, the action failed.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let repeated =
            view.repeated(&self.source, &self.parsed, &self.message, Some(self.sent.contact))?;
        if let Some(repeated) = repeated {
            return Ok(repeated);
        }
        let SentMail { outgoing, contact, thread, arrival, what } = self.sent.clone();
        let source = self.source.clone();
        let fact = Fact::DeliveryReported {
            contact,
            thread,
            outgoing,
            source,
            message: self.message,
            outcome: self.outcome,
            status: self.status.clone(),
        };
        let details = Private::Mail(Box::new(mail::details(&self.parsed, Vec::new())));
        let mut events = vec![NewEvent::with(fact, details)];
        if self.outcome == DeliveryOutcome::Failed && !view.archive.has_failed(outgoing)? {
            let subject = Subject { contact, thread, arrival };
            let about = view.hot.position.next();
            events.extend(match what {
                SentWhat::Copy(agent) | SentWhat::ReducedCopy(agent) => {
                    let handler = Handler::Agent(agent);
                    match self.smaller(view, subject) {
                        Some(copy) => vec![copy],
                        None => take_back(view, contact, outgoing, handler, RequeueReason::Bounced),
                    }
                }
                SentWhat::PassedOn(agent) => {
                    tell(view, Some(Handler::Agent(agent)), subject, about).into_iter().collect()
                }
                SentWhat::Forwarded(step) => {
                    let back = take_back(
                        view,
                        contact,
                        outgoing,
                        Handler::Address,
                        RequeueReason::Bounced,
                    );
                    // Where nobody has it, there is nobody to tell either.
                    if back.is_empty() {
                        vec![failed(contact, step, RETURNED.to_owned())]
                    } else {
                        back
                    }
                }
                SentWhat::Answer(handler) => {
                    tell(view, handler, subject, about).into_iter().collect()
                }
                SentWhat::Other => Vec::new(),
            });
        }
        Ok(Decision { events, answer: Answer::Contact(contact) })
    }

    /// What fits, in place of a copy that came back for its size.
    fn smaller(&self, view: &View<'_>, subject: Subject) -> Option<NewEvent> {
        let SentWhat::Copy(agent) = self.sent.what else { return None };
        self.status.as_deref().filter(|status| mail::is_too_large(status))?;
        let to = view.hot.directory.agents.get(&agent)?.address.as_ref()?;
        reduce(view, subject, self.sent.outgoing, Handler::Agent(agent), to)
    }
}
