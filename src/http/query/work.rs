//! Queues and agents.

use engine::Views;
use event::{AgentNumber, AgentState, Line, QueueName};

use super::QueryError;
use crate::answer::{Agent, Queue, Waiting, instant};

/// Every queue of the directory, and every other line in which someone waits.
pub fn queues(views: &Views<'_>) -> Vec<Queue> {
    let hot = views.hot;
    let listed = hot.directory.queues.keys().cloned().map(Line::Queue);
    let mut lines: Vec<Line> = listed.chain(hot.queues.lines().cloned()).collect();
    lines.sort();
    lines.dedup();
    let queue = |line: Line| Queue {
        name: line.to_string(),
        waiting: hot.queues.len(&line),
        first_since: hot.queues.waiting(&line).next().map(|first| instant(first.entered)),
        free_agents: hot
            .agents
            .iter()
            .filter(|(number, agent)| {
                agent.is_free()
                    && match &line {
                        Line::Queue(queue) => agent.queues.contains(queue),
                        Line::Agent(only) => only == number,
                    }
            })
            .count(),
    };
    lines.into_iter().map(queue).collect()
}

/// Who waits in a queue, in the order of service, at most `count_max`.
pub fn waiting(
    views: &Views<'_>,
    queue: &QueueName,
    count_max: usize,
) -> Result<Vec<Waiting>, QueryError> {
    let line = Line::Queue(queue.clone());
    if !views.hot.directory.queues.contains_key(queue) && views.hot.queues.len(&line) == 0 {
        return Err(QueryError::Unknown(format!(
            "there is no queue `{queue}`; `postbook queue` shows which there are"
        )));
    }
    let waiting = views.hot.queues.waiting(&line).take(count_max).zip(1..);
    Ok(waiting
        .map(|(waiting, place)| Waiting {
            contact: waiting.contact.to_string(),
            place,
            priority: waiting.priority,
            since: instant(waiting.entered),
        })
        .collect())
}

/// All agents, by number.
pub fn agents(views: &Views<'_>) -> Vec<Agent> {
    let entries = &views.hot.directory.agents;
    let agent = |(number, agent): (AgentNumber, &projections::Agent)| {
        let (state, reason) = match &agent.state {
            _ if !agent.held.is_empty() => ("email", None),
            AgentState::SignedOut => ("signed out", None),
            AgentState::NotReady { reason } => ("not ready", Some(reason.to_string())),
            AgentState::Ready => ("ready", None),
        };
        Agent {
            number: number.0,
            name: entries.get(&number).map(|entry| entry.name.clone()).unwrap_or_default(),
            state: state.to_owned(),
            reason,
            since: instant(agent.since.max(agent.idle_since)),
            contacts: agent.held.iter().map(ToString::to_string).collect(),
            queues: agent.queues.iter().map(ToString::to_string).collect(),
            capacity: agent.capacity,
        }
    };
    views.hot.agents.iter().map(agent).collect()
}

/// What somebody must see to: agents whose mailbox did not take a mail since they were last ready.
pub fn alarms(views: &Views<'_>) -> Vec<String> {
    let failed = views.hot.agents.iter().filter(|(_, agent)| agent.undelivered);
    failed
        .map(|(number, _)| {
            format!(
                "agent {number}'s mailbox did not take a mail, so the agent is not ready; see to the \
                 mailbox, then `postbook agent ready {number}`"
            )
        })
        .collect()
}
