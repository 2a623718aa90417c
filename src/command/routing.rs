//! Routing: which contact goes to which agent.

use event::{
    AgentChoice, AgentNumber, AssignmentExplained, ContactId, Fact, LEVEL_DEFAULT, Private,
    Timestamp,
};
use projections::Place;

use crate::{NewEvent, View};

/// One assignment, where a contact waits and someone who serves its line is free.
///
/// The contact is the first of all lines that have a free agent (highest priority, then longest
/// wait); the agent is the one who has been idle longest (ties: the lowest number). The same
/// views always give the same answer.
pub(crate) fn assign(view: &View<'_>, now: Timestamp) -> Vec<NewEvent> {
    let (queues, agents) = (&view.hot.queues, &view.hot.agents);
    if queues.is_empty() || agents.none_free() {
        return Vec::new();
    }
    let next = queues.next(agents.lines()).and_then(|(line, waiting)| {
        let agent = agents.longest_idle(line)?;
        Some(assign_to(view, waiting.contact, agent, AgentChoice::LongestIdle, now))
    });
    next.unwrap_or_default()
}

/// Gives a waiting contact to an agent, whoever that is and whatever they do, and says why;
/// nothing where the contact does not wait, or there is no such agent.
pub(crate) fn assign_to(
    view: &View<'_>,
    contact: ContactId,
    number: AgentNumber,
    choice: AgentChoice,
    now: Timestamp,
) -> Vec<NewEvent> {
    let (contacts, agents) = (&view.hot.contacts, &view.hot.agents);
    let (Some(open), Some(agent)) = (contacts.get(contact), agents.get(number)) else {
        return Vec::new();
    };
    let Place::Waiting { line, priority, entered } = &open.place else { return Vec::new() };
    let assigned = Fact::ContactAssigned {
        contact,
        thread: open.thread,
        line: line.clone(),
        agent: number,
        arrival: open.arrival,
        waited_ms: now.ms_since(*entered),
        idle_ms: now.ms_since(agent.idle_since),
    };
    let address = view.hot.directory.agents.get(&number).and_then(|entry| entry.address.clone());
    let others = view.hot.queues.len(line).saturating_sub(1);
    let explained = AssignmentExplained {
        contact,
        agent: number,
        choice,
        waiting: u32::try_from(others).unwrap_or(u32::MAX),
        free: u32::try_from(agents.free_len(line)).unwrap_or(u32::MAX),
        level: LEVEL_DEFAULT,
        priority: *priority,
    };
    let assigned = NewEvent { fact: assigned, private: address.map(Private::Address) };
    vec![assigned, Fact::from(explained).into()]
}
