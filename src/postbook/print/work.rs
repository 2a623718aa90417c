//! Queues and agents as tables.

use http::answer::{Agent, Queue, Waiting};

use super::{local, optional_local, table};

pub(crate) fn queues(queues: &[Queue]) -> String {
    let rows = queues.iter().map(|queue| {
        [
            queue.name.clone(),
            queue.waiting.to_string(),
            optional_local(queue.first_since.as_deref()),
            queue.free_agents.to_string(),
        ]
    });
    table(["QUEUE", "WAITING", "FIRST WAITS SINCE", "FREE AGENTS"], rows)
}

pub(crate) fn waiting(waiting: &[Waiting]) -> String {
    if waiting.is_empty() {
        return "nobody waits".to_owned();
    }
    let rows = waiting.iter().map(|waiting| {
        [
            waiting.place.to_string(),
            waiting.contact.clone(),
            waiting.priority.to_string(),
            local(&waiting.since),
        ]
    });
    table(["PLACE", "CONTACT", "PRIORITY", "WAITS SINCE"], rows)
}

pub(crate) fn agents(agents: &[Agent]) -> String {
    let rows = agents.iter().map(|agent| {
        let reason = agent.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        [
            agent.number.to_string(),
            agent.name.clone(),
            agent.state.clone() + &reason,
            local(&agent.since),
            agent.contacts.join(" "),
            agent.queues.join(", "),
        ]
    });
    table(["AGENT", "NAME", "STATE", "SINCE", "HOLDS", "SERVES"], rows)
}
