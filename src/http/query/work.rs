//! Queues and agents.

use std::collections::BTreeMap;

use engine::Views;
use event::{AgentNumber, AgentState, ContactId, Line, QueueName, Timer, Timestamp};
use projections::{FailedAction, Place, ServiceLevel};

use super::QueryError;
use crate::answer::{Agent, Queue, Target, Waiting, instant};

/// Every queue of the directory, and every other line in which someone waits, as of `now`.
pub fn queues(views: &Views<'_>, now: Timestamp) -> Vec<Queue> {
    let hot = views.hot;
    let listed = hot.directory.queues.keys().cloned().map(Line::Queue);
    let mut lines: Vec<Line> = listed.chain(hot.queues.lines().cloned()).collect();
    lines.sort();
    lines.dedup();
    let queue = |line: Line| Queue {
        name: line.to_string(),
        waiting: hot.queues.len(&line),
        first_since: hot.queues.waiting(&line).next().map(|first| instant(first.entered)),
        longest_since: hot.queues.longest(&line).map(instant),
        target: target(views, &line, now),
        free_agents: match &line {
            Line::Queue(queue) => hot.agents.free_len(queue),
            Line::Agent(number) => {
                hot.agents.get(*number).map_or(0, |agent| agent.is_free().into())
            }
        },
    };
    lines.into_iter().map(queue).collect()
}

fn target(views: &Views<'_>, line: &Line, now: Timestamp) -> Option<Target> {
    let Line::Queue(queue) = line else { return None };
    let ServiceLevel { percent, within_ms } =
        views.hot.directory.queues.get(queue)?.service_level?;
    let waiting = views.hot.queues.waiting(line);
    let beyond = waiting.filter(|waiting| now.ms_since(waiting.entered) > within_ms).count();
    Some(Target { percent, within_seconds: within_ms / 1000, beyond })
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
    let mut parked: BTreeMap<AgentNumber, Vec<String>> = BTreeMap::new();
    for (contact, open) in views.hot.contacts.iter() {
        if let Place::Parked { agent, .. } = open.place {
            parked.entry(agent).or_default().push(contact.to_string());
        }
    }
    let agents = views.hot.agents.iter();
    agents
        .map(|(number, agent)| {
            listed(views, number, agent, parked.remove(&number).unwrap_or_default())
        })
        .collect()
}

fn listed(
    views: &Views<'_>,
    number: AgentNumber,
    agent: &projections::Agent,
    parked: Vec<String>,
) -> Agent {
    let (chosen, reason) = match &agent.state {
        AgentState::SignedOut => ("signed out", None),
        AgentState::NotReady { reason } => ("not ready", Some(reason.to_string())),
        AgentState::Ready => ("ready", None),
    };
    let entry = views.hot.directory.agents.get(&number);
    let held = || agent.held.iter().filter_map(|contact| held(views, *contact));
    let since = held().map(|(since, _)| since).min();
    let accept_until = held().filter_map(|(_, until)| until).min();
    Agent {
        number: number.0,
        name: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
        state: if agent.held.is_empty() { chosen } else { "email" }.to_owned(),
        chosen: chosen.to_owned(),
        reason,
        since: instant(since.unwrap_or(agent.since.max(agent.idle_since))),
        contacts: agent.held.iter().map(ToString::to_string).collect(),
        parked,
        accept_by: accept_until.map(instant),
        queues: agent.queues.iter().map(ToString::to_string).collect(),
        levels: agent.queues.iter().map(|queue| (queue.to_string(), agent.level(queue))).collect(),
        skills: agent.skills.iter().map(|(skill, level)| (skill.to_string(), *level)).collect(),
        team: entry.and_then(|entry| entry.team.as_ref()).map(ToString::to_string),
        capacity: agent.capacity,
        address: entry.and_then(|entry| entry.address.as_ref()).map(ToString::to_string),
        next_address: views.hot.directory.next_address(number).map(ToString::to_string),
    }
}

/// Since when a contact is with its agent, and until when they have to accept it.
fn held(views: &Views<'_>, contact: ContactId) -> Option<(Timestamp, Option<Timestamp>)> {
    match views.hot.contacts.get(contact)?.place {
        Place::Held { since, accept_until, .. } => Some((since, accept_until)),
        Place::Application
        | Place::Waiting { .. }
        | Place::Parked { .. }
        | Place::Leaving { .. }
        | Place::Forwarded { .. } => None,
    }
}

/// What somebody must see to: agents whose mailbox did not take a mail since they were last ready,
/// contacts that have waited too long for an agent and have no queue to fall to, and actions of
/// applications that failed since they were last published.
pub fn alarms(views: &Views<'_>) -> Vec<String> {
    let agents = views.hot.agents.iter().filter(|(_, agent)| agent.undelivered);
    let agents = agents.map(|(number, _)| {
        format!(
            "agent {number}'s mailbox did not take a mail, so the agent is not ready; see to the \
             mailbox, then `postbook agent ready {number}`"
        )
    });
    let actions = views.hot.failures.iter().map(|(application, action, failed)| {
        let FailedAction { count, last, contact } = failed;
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        format!(
            "action `{action}` of application {application} failed {times}, last at {}: see \
             `postbook journal show {contact}`",
            instant(last)
        )
    });
    agents.chain(stranded(views)).chain(actions).collect()
}

/// Contacts whose wait for an agent is over, and that stay nevertheless.
fn stranded(views: &Views<'_>) -> impl Iterator<Item = String> {
    let queues = &views.hot.queues;
    let own = queues.lines().filter(|line| matches!(line, Line::Agent(_)));
    let waiting = own.flat_map(|line| queues.waiting(line).map(move |waiting| (line, waiting)));
    let stranded = waiting.filter(|(_, waiting)| {
        let wait_ms = views.hot.directory.settings.agent_wait_ms;
        let open = views.hot.contacts.get(waiting.contact);
        let is_over = views.hot.timers.due(Timer::RuleDue(waiting.contact)).is_none();
        let governed = open.and_then(|open| open.course.as_ref()).is_some();
        wait_ms > 0 && is_over && !governed
    });
    stranded.map(|(line, waiting)| {
        let contact = waiting.contact;
        format!(
            "contact {contact} has waited too long for {line} and never was in a queue to which it \
             could return; `postbook contact move {contact} --to-queue NAME`"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use event::{Actor, Cause, Event, Fact, Position, QueueReason, RuleAwaited, Setting};
    use projections::{Archive, Hot, MemoryShelf};

    use super::*;

    #[test]
    fn who_waited_too_long_for_an_agent_and_has_no_queue_is_an_alarm() {
        let contact = ContactId::from_digest(&[7; 32]);
        let (line, entered) = (Line::Agent(AgentNumber(1001)), Timestamp(1));
        let (priority, reason) = (5, QueueReason::Transfer);
        let timer = Timer::RuleDue(contact);
        let settings = vec![Setting::AgentWaitMs(0)];
        let steps = [
            (Fact::ContactQueued { contact, line, priority, entered, reason }, 1),
            (RuleAwaited { contact, until: Timestamp(2) }.into(), 0),
            (Fact::TimerFired { timer }, 1),
            (Fact::SettingsLoaded { settings }, 0),
        ];
        let archive = Archive::open(Arc::new(MemoryShelf::default())).unwrap();
        let mut hot = Hot::default();
        for (fact, expected) in steps {
            let name = fact.name();
            let (actor, cause) = (Actor::Engine, Cause::Event(Position(1)));
            let event = Event { time: entered, actor, cause, fact, private: None };
            hot.apply(hot.position.next(), &event);
            let alarms = alarms(&Views { hot: &hot, archive: &archive });
            assert_eq!(alarms.len(), expected, "{name}: {alarms:?}");
        }
    }
}
