//! Someone who got a hidden copy of a reply wrote back: a note to the agent, never to the customer.

use event::{
    AgentNumber, ContactId, Fact, Handler, MessageRef, Position, Private, Source, ThreadId,
};
use mail::Parsed;
use projections::Place;

use crate::{Answer, Decision, NewEvent, Rejection, View};

/// A mail that answers a hidden copy arrived. Its bytes are in the message store already.
#[derive(Clone, Debug)]
pub struct ReceiveNote {
    /// Where it was found.
    pub source: Source,
    /// The mail as received.
    pub message: MessageRef,
    /// The mail, read.
    pub parsed: Parsed,
    /// The contact whose reply it answers.
    pub contact: ContactId,
    /// Its thread.
    pub thread: ThreadId,
    /// The position of the contact's arrival.
    pub arrival: Position,
}

impl ReceiveNote {
    /// It goes to the agent who holds the contact, else to the thread's last one.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let repeated =
            view.repeated(&self.source, &self.parsed, &self.message, Some(self.contact))?;
        if let Some(repeated) = repeated {
            return Ok(repeated);
        }
        let (contact, source) = (self.contact, self.source.clone());
        let (thread, message) = (self.thread, self.message);
        let fact = match self.parsed.automatic {
            Some(kind) => Fact::MailFiled { thread: Some(thread), source, message, kind },
            None => Fact::NoteReceived {
                contact,
                thread,
                arrival: self.arrival,
                source,
                message,
                to: self.agent(view)?.map(Handler::Agent),
            },
        };
        let own = |address: &event::Address| view.hot.directory.is_own(address);
        let details = mail::details(&self.parsed, mail::others(&self.parsed, &own, &[]));
        let events = vec![NewEvent::with(fact, Private::Mail(Box::new(details)))];
        Ok(Decision { events, answer: Answer::Contact(contact) })
    }

    fn agent(&self, view: &View<'_>) -> Result<Option<AgentNumber>, Rejection> {
        let Some(thread) = view.archive.thread(self.thread)? else { return Ok(None) };
        let holder = thread.interactions.iter().rev().find_map(|(contact, _)| {
            match view.hot.contacts.get(*contact)?.place {
                Place::Held { agent, .. } | Place::Parked { agent, .. } => Some(agent),
                Place::Application
                | Place::Waiting { .. }
                | Place::Leaving { .. }
                | Place::Forwarded { .. } => None,
            }
        });
        let last =
            || thread.interactions.iter().rev().find_map(|(_, handled)| handled.as_ref()?.number);
        let listed = |number: &AgentNumber| view.hot.directory.agents.contains_key(number);
        Ok(holder.or_else(last).filter(listed))
    }
}
