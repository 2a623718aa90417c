//! The way into a line: what is recorded when a contact begins to wait.

use event::{
    AgentNumber, AgentPreferred, ContactId, Fact, Line, QueueReason, RuleAwaited, SkillNeed,
    SkillsRequired, Timestamp,
};
use projections::{Place, ShelfError};

use crate::line_rules::{LineRules, Wait};
use crate::{NewEvent, View};

/// How a contact is to wait.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where.
    pub line: Line,
    /// Higher is served first.
    pub priority: u8,
    /// Since when it counts as waiting.
    pub entered: Timestamp,
    /// Why.
    pub reason: QueueReason,
    /// What an agent must be able to do.
    pub skills: Vec<SkillNeed>,
}

/// Has a contact wait in a line from `now` on; fails only where the archive cannot be read.
///
/// An application that has a contact wait for one agent ends that wait itself.
pub(crate) fn enqueue(
    view: &View<'_>,
    contact: ContactId,
    entry: Entry,
    now: Timestamp,
) -> Result<Vec<NewEvent>, ShelfError> {
    let preferred = preferred(view, contact, &entry, now)?;
    let Entry { line, priority, entered, reason, skills } = entry;
    let governed = matches!((&line, reason), (Line::Agent(_), QueueReason::Application));
    let wait = Wait { line: &line, priority, lined_up: now };
    let until = LineRules::in_force(view).next(wait, now).filter(|_| !governed);
    let awaited = until.map(|until| Fact::from(RuleAwaited { contact, until }));
    let needed = view.hot.contacts.get(contact).map(|open| &open.skills);
    let required =
        (needed != Some(&skills)).then(|| Fact::from(SkillsRequired { contact, skills }));
    let queued = Fact::ContactQueued { contact, line, priority, entered, reason };
    let facts = required.into_iter().chain([queued]).chain(preferred).chain(awaited);
    Ok(facts.map(NewEvent::from).collect())
}

/// Whom the contact is for first: who handled its thread last, where the queue wants that, they are
/// at work and can take it, and it does not come from them. One that has waited too long elsewhere
/// is anybody's.
fn preferred(
    view: &View<'_>,
    contact: ContactId,
    entry: &Entry,
    now: Timestamp,
) -> Result<Option<Fact>, ShelfError> {
    let Line::Queue(queue) = &entry.line else { return Ok(None) };
    if matches!(entry.reason, QueueReason::Overflow | QueueReason::AgentWaitOver) {
        return Ok(None);
    }
    let rules = view.hot.directory.queues.get(queue);
    let Some(wait_ms) = rules.and_then(|rules| rules.prefer_last_agent_ms) else {
        return Ok(None);
    };
    let Some(open) = view.hot.contacts.get(contact) else { return Ok(None) };
    let Some(thread) = view.archive.thread(open.thread)? else { return Ok(None) };
    let last = thread.earlier_handlers(contact).next().and_then(|handled| handled.number);
    let can = |number: &AgentNumber| {
        let agent = view.hot.agents.get(*number);
        agent.is_some_and(|agent| agent.is_signed_in() && agent.serves(queue, &entry.skills))
    };
    let agent = last.filter(can).filter(|agent| comes_from(&open.place) != Some(*agent));
    let until = now.plus_ms(wait_ms);
    Ok(agent.map(|agent| Fact::from(AgentPreferred { contact, agent, until })))
}

/// Who had a contact that goes elsewhere, or for whom it waited in vain.
fn comes_from(place: &Place) -> Option<AgentNumber> {
    match place {
        Place::Held { agent, .. }
        | Place::Parked { agent, .. }
        | Place::Waiting { line: Line::Agent(agent), .. } => Some(*agent),
        Place::Application
        | Place::Waiting { line: Line::Queue(_), .. }
        | Place::Leaving { .. }
        | Place::Forwarded { .. } => None,
    }
}
