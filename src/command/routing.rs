//! Routing: which contact goes to which agent.

use event::{Fact, Private, Timestamp};

use crate::{NewEvent, View};

/// One assignment, where a contact waits and someone who serves its line is free.
///
/// The contact is the first of all lines that have a free agent (highest priority, then longest
/// wait); the agent is the one who has been idle longest (ties: the lowest number). The same
/// views always give the same answer.
pub(crate) fn assign(view: &View<'_>, now: Timestamp) -> Option<NewEvent> {
    let (queues, agents) = (&view.hot.queues, &view.hot.agents);
    if queues.is_empty() || agents.none_free() {
        return None;
    }
    let (line, waiting) = queues.next(agents.lines())?;
    let number = agents.longest_idle(line)?;
    let agent = agents.get(number)?;
    let open = view.hot.contacts.get(waiting.contact)?;
    let fact = Fact::ContactAssigned {
        contact: waiting.contact,
        thread: open.thread,
        line: line.clone(),
        agent: number,
        arrival: open.arrival,
        waited_ms: now.ms_since(waiting.entered),
        idle_ms: now.ms_since(agent.idle_since),
    };
    let address = view.hot.directory.agents.get(&number).and_then(|entry| entry.address.clone());
    Some(NewEvent { fact, private: address.map(Private::Address) })
}
