//! Routing: which contact goes to which agent, and why.

use std::cmp::Reverse;

use event::{
    AcceptanceAwaited, AgentChoice, AgentNumber, AssignmentExplained, ContactId, Fact, LEVEL_MAX,
    Line, NextAgent, Private, QueueName, SkillNeed, Timestamp,
};
use projections::{Agent, Agents, Place, Pool, QueueRules};

use crate::{NewEvent, View};

/// One assignment, where a contact waits that somebody free can take.
///
/// The contact is the first of all these: highest priority, then back at the head, then longest
/// wait, then the line that its agent serves best, then who was recorded first. The agent is the
/// one the contact waits for, or the next of its queue by the queue's rule. The same views always
/// give the same answer.
pub(crate) fn assign(view: &View<'_>, now: Timestamp) -> Vec<NewEvent> {
    let candidates = view.hot.matching.next().filter_map(|contact| {
        let (agent, choice) = next_agent(view, contact)?;
        Some((contact, agent, choice))
    });
    let level = |&(contact, agent, _): &(ContactId, AgentNumber, AgentChoice)| {
        Reverse(level(view, view.hot.queues.line(contact), agent))
    };
    match candidates.min_by_key(level) {
        Some((contact, agent, choice)) => assign_to(view, contact, agent, choice, now),
        None => Vec::new(),
    }
}

/// Gives a waiting or parked contact to an agent, whoever that is and whatever they do, and says
/// why; nothing where the contact is elsewhere, or there is no such agent.
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
    let (Place::Waiting { line, priority, entered }
    | Place::Parked { line, priority, entered, .. }) = &open.place
    else {
        return Vec::new();
    };
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
    let itself = usize::from(view.hot.queues.line(contact).is_some());
    let others = view.hot.queues.len(line).saturating_sub(itself);
    let explained = AssignmentExplained {
        contact,
        agent: number,
        choice,
        waiting: u32::try_from(others).unwrap_or(u32::MAX),
        free: could_take(view, contact, number),
        level: level(view, Some(line), number),
        priority: *priority,
    };
    let awaited = accept_until(view, line, choice, now)
        .map(|until| Fact::from(AcceptanceAwaited { contact, agent: number, until }));
    let assigned = NewEvent { fact: assigned, private: address.map(Private::Address) };
    let reasons = [Fact::from(explained)].into_iter().chain(awaited).map(NewEvent::from);
    std::iter::once(assigned).chain(reasons).collect()
}

/// The free agent who gets a contact that is next, and why they do.
fn next_agent(view: &View<'_>, contact: ContactId) -> Option<(AgentNumber, AgentChoice)> {
    match view.hot.matching.pool(contact)?.0 {
        Pool::Agent(number, Line::Agent(_)) => Some((*number, AgentChoice::Direct)),
        Pool::Agent(number, Line::Queue(_)) => Some((*number, AgentChoice::LastAgent)),
        Pool::Queue(queue, needs) => {
            let rules = view.hot.directory.queues.get(queue);
            by_rule(&view.hot.agents, rules, queue, needs)
        }
    }
}

/// The next agent of a queue, of those who are free and have the skills.
fn by_rule(
    agents: &Agents,
    rules: Option<&QueueRules>,
    queue: &QueueName,
    needs: &[SkillNeed],
) -> Option<(AgentNumber, AgentChoice)> {
    let mut free = agents.free(queue).filter(|(_, agent)| agent.has_skills(needs));
    match rules.map(|rules| &rules.next_agent) {
        Some(NextAgent::LongestIdle) | None => {
            free.next().map(|(number, _)| (number, AgentChoice::LongestIdle))
        }
        Some(NextAgent::HuntOrder(order)) => {
            let can = |agent: &Agent| agent.is_free() && agent.serves(queue, needs);
            let ordered = order.iter().find(|number| agents.get(**number).is_some_and(can));
            let next = ordered.copied().or_else(|| free.map(|(number, _)| number).min());
            next.map(|number| (number, AgentChoice::HuntOrder))
        }
        Some(NextAgent::BestSkill) => {
            // Of those who are as good, the first is the one who has been idle longest.
            let best =
                free.min_by_key(|(_, agent)| Reverse((agent.level(queue), agent.skill_sum(needs))));
            best.map(|(number, _)| (number, AgentChoice::BestSkill))
        }
    }
}

/// How well an agent serves a line: their own as well as can be, and one they do not serve not at
/// all.
fn level(view: &View<'_>, line: Option<&Line>, number: AgentNumber) -> u8 {
    match line {
        Some(Line::Agent(own)) if *own == number => LEVEL_MAX,
        Some(Line::Queue(queue)) => {
            view.hot.agents.get(number).map_or(0, |agent| agent.level(queue))
        }
        Some(Line::Agent(_)) | None => 0,
    }
}

/// How many agents could take a contact now, and this one, who is to get it.
fn could_take(view: &View<'_>, contact: ContactId, number: AgentNumber) -> u32 {
    let Some((pool, free)) = view.hot.matching.pool(contact) else { return 1 };
    let counted = view.hot.agents.get(number).is_some_and(|agent| {
        agent.is_free()
            && match pool {
                Pool::Agent(only, _) => *only == number,
                Pool::Queue(queue, needs) => agent.serves(queue, needs),
            }
    });
    u32::try_from(free + usize::from(!counted)).unwrap_or(u32::MAX)
}

/// Until when the agent has to accept it, where the queue wants that and they did not ask for it.
fn accept_until(
    view: &View<'_>,
    line: &Line,
    choice: AgentChoice,
    now: Timestamp,
) -> Option<Timestamp> {
    let Line::Queue(queue) = line else { return None };
    let rules = view.hot.directory.queues.get(queue)?;
    let within_ms = rules.accept_within_ms.filter(|_| choice != AgentChoice::Pulled)?;
    Some(now.plus_ms(within_ms))
}
