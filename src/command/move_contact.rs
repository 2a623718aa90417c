//! A supervisor moves a contact to another queue or agent.

use event::{Actor, AgentNumber, ContactId, Fact, Line, QueueName, QueueReason, Target, Timestamp};
use projections::{OpenContact, Place};

use crate::contact_command::{line_of_agent, line_of_queue, open};
use crate::queueing::{Entry, enqueue};
use crate::rights::{Act, check};
use crate::{Decision, NewEvent, Rejection, View};

/// A supervisor moves a contact, whether it waits, is parked or is with an agent.
#[derive(Clone, Debug)]
pub struct Move {
    /// The contact.
    pub contact: ContactId,
    /// Where it goes.
    pub to: MoveTo,
}

/// Where a moved contact goes.
#[derive(Clone, Debug)]
pub enum MoveTo {
    /// To an agent; it waits for them if they are not free.
    Agent(AgentNumber),
    /// To a queue.
    Queue(QueueName),
}

impl Move {
    /// It keeps the time since when it waits. Its application ends: what that would still do is for
    /// contacts that nobody has seen to.
    pub(crate) fn decide(
        &self,
        view: &View<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let contact = self.contact;
        check(view, actor, Act::Supervise, contact)?;
        let open = open(view, contact)?;
        let (line, target) = self.target(view)?;
        let (priority, entered, from) = match &open.place {
            Place::Waiting { line: now, .. } if *now == line => {
                return Ok(Decision::about(contact, [] as [NewEvent; 0]));
            }
            Place::Held { agent, .. } if line == Line::Agent(*agent) => {
                return Err(Rejection::SameAgent(*agent, contact));
            }
            Place::Waiting { priority, entered, .. } | Place::Parked { priority, entered, .. } => {
                (*priority, *entered, None)
            }
            Place::Held { agent, priority, entered, .. } => (*priority, *entered, Some(*agent)),
            Place::Application | Place::Leaving { .. } | Place::Forwarded { .. } => {
                return Err(Rejection::NotToMove(contact));
            }
        };
        let taken = from.map(|from| transferred(contact, open, from, target));
        let queued = enqueue(view, contact, entry(line, priority, entered), now)?;
        Ok(Decision::about(contact, taken.into_iter().chain(queued)))
    }

    fn target(&self, view: &View<'_>) -> Result<(Line, Target), Rejection> {
        match &self.to {
            MoveTo::Agent(agent) => line_of_agent(view, *agent),
            MoveTo::Queue(queue) => line_of_queue(view, queue),
        }
    }
}

/// What its application wanted of an agent is not what the person wants who moves it.
fn entry(line: Line, priority: u8, entered: Timestamp) -> Entry {
    Entry { line, priority, entered, reason: QueueReason::Moved, skills: Vec::new() }
}

fn transferred(contact: ContactId, open: &OpenContact, from: AgentNumber, to: Target) -> NewEvent {
    let (thread, arrival) = (open.thread, open.arrival);
    Fact::ContactTransferred { contact, thread, arrival, from, to }.into()
}
