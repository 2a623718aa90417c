//! A held contact is passed on.

use event::{
    Actor, Address, AgentNumber, ContactId, Fact, Line, Private, QueueName, QueueReason, Target,
    Timestamp,
};
use projections::Place;

use crate::contact_command::{line_of_agent, line_of_queue, meant, missing_code, open};
use crate::note::{NoteText, noted};
use crate::queueing::{Entry, enqueue};
use crate::{Decision, NewEvent, Rejection, View};

/// A held contact is passed on.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Whose contact, where none is named.
    pub agent: Option<AgentNumber>,
    /// The contact.
    pub contact: Option<ContactId>,
    /// Where it goes.
    pub to: Destination,
    /// What whoever gets it should know, and the customer should not.
    pub note: Option<NoteText>,
}

/// Where a transferred contact goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// To an agent; it waits for them if they are not free.
    Agent(AgentNumber),
    /// To a queue.
    Queue(QueueName),
    /// To a plain address; the contact ends once the copy is delivered.
    Address(Address),
}

impl Transfer {
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let contact = meant(view, actor, self.agent, self.contact)?;
        let open = open(view, contact)?;
        let (Place::Held { agent: from, priority, .. }
        | Place::Parked { agent: from, priority, .. }) = open.place
        else {
            return Err(Rejection::HeldByNobody(contact));
        };
        let (to, line, private) = self.target(view, contact, from)?;
        let (thread, arrival) = (open.thread, open.arrival);
        let transferred = Fact::ContactTransferred { contact, thread, arrival, from, to };
        // What its application wanted of an agent is not what the person wants who passes it on.
        let (entered, reason, skills) = (now, QueueReason::Transfer, Vec::new());
        let mut events: Vec<_> = self.note.iter().map(|note| noted(contact, note)).collect();
        events.push(NewEvent { fact: transferred, private });
        if let Some(line) = line {
            let entry = Entry { line, priority, entered, reason, skills };
            events.extend(enqueue(view, contact, entry, now)?);
        }
        Ok(Decision::about(contact, events))
    }

    fn target(
        &self,
        view: &View<'_>,
        contact: ContactId,
        from: AgentNumber,
    ) -> Result<(Target, Option<Line>, Option<Private>), Rejection> {
        let (line, target) = match &self.to {
            Destination::Agent(number) if *number == from => {
                return Err(Rejection::SameAgent(from, contact));
            }
            Destination::Agent(number) => line_of_agent(view, *number)?,
            Destination::Queue(queue) => line_of_queue(view, queue)?,
            Destination::Address(address) if view.hot.directory.is_own(address) => {
                return Err(Rejection::OwnAddress);
            }
            Destination::Address(address) => {
                // It ends there.
                let open = open(view, contact)?;
                if let Some(codes) = missing_code(view, open) {
                    return Err(Rejection::NoDisposition(contact, codes.to_vec()));
                }
                return Ok((Target::Address, None, Some(Private::Address(address.clone()))));
            }
        };
        Ok((target, Some(line), None))
    }
}
