//! Queues, agents and open contacts as tables.

use http::answer::{Agent, Entry, OpenContact, Queue, Target, Waiting};

use super::{local, optional_local, table};

pub(crate) fn queues(queues: &[Queue]) -> String {
    let rows = queues.iter().map(|queue| {
        let (target, beyond) = match &queue.target {
            Some(Target { percent, within_seconds, beyond }) => {
                let within = application::duration::show(within_seconds.saturating_mul(1000));
                (format!("{percent} % in {within}"), beyond.to_string())
            }
            None => ("-".to_owned(), "-".to_owned()),
        };
        [
            queue.name.clone(),
            queue.waiting.to_string(),
            optional_local(queue.longest_since.as_deref()),
            queue.free_agents.to_string(),
            target,
            beyond,
        ]
    });
    table(["QUEUE", "WAITING", "LONGEST SINCE", "FREE AGENTS", "TARGET", "BEYOND IT"], rows)
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
        [
            agent.number.to_string(),
            agent.name.clone(),
            state(agent),
            local(&agent.since),
            agent.contacts.join(" "),
            optional_local(agent.accept_by.as_deref()),
            agent.parked.join(" "),
            agent.queues.join(", "),
        ]
    });
    let head = ["AGENT", "NAME", "STATE", "SINCE", "HOLDS", "ACCEPT BY", "PARKED", "SERVES"];
    let moving = agents.iter().filter_map(|agent| {
        let next = agent.next_address.as_ref()?;
        Some(format!("agent {} gets mail at {next} from their next sign-in on\n", agent.number))
    });
    let moving: String = moving.collect();
    table(head, rows) + if moving.is_empty() { "" } else { "\n" } + &moving
}

pub(crate) fn assignments(assignments: &[Entry]) -> String {
    if assignments.is_empty() {
        return "no contact was given to that agent lately".to_owned();
    }
    let rows = assignments.iter().map(|entry| [local(&entry.time), entry.text.clone()]);
    table(["TIME", "WHY"], rows)
}

/// What an agent does, and what they have chosen to do next.
fn state(agent: &Agent) -> String {
    let reason = agent.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let chosen = agent.chosen.clone() + &reason;
    match agent.state.as_str() {
        "email" if agent.chosen != "ready" => format!("email, then {chosen}"),
        "email" => "email".to_owned(),
        _ => chosen,
    }
}

pub(crate) fn open_contacts(contacts: &[OpenContact]) -> String {
    if contacts.is_empty() {
        return "no such contact is open".to_owned();
    }
    let rows = contacts.iter().map(|contact| {
        let parked = contact.parked_until.as_ref();
        let until = parked.map(|until| format!(" until {}", local(until))).unwrap_or_default();
        [
            contact.contact.clone(),
            contact.state.clone() + &until,
            optional_local(contact.since.as_deref()),
            contact.priority.map_or_else(|| "-".to_owned(), |priority| priority.to_string()),
            contact.from.clone().unwrap_or_else(|| "-".to_owned()),
            contact.subject.clone(),
        ]
    });
    table(["CONTACT", "WHERE", "SINCE", "PRIORITY", "FROM", "SUBJECT"], rows)
}
