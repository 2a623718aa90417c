//! The rules of a line over time: when the next one applies to a contact, and what it does then.

use std::collections::BTreeMap;

use event::{
    ContactId, Fact, Line, PriorityChanged, PriorityReason, QueueName, QueueReason, RuleAwaited,
    Timer, Timestamp,
};
use projections::{CourseAt, OpenContact, Place, QueueRules, Raise, Settings, ShelfError, Waited};

use crate::queueing::{Entry, enqueue};
use crate::{NewEvent, View};

/// The rules of all lines: those in force, or those that are about to be.
#[derive(Clone, Copy)]
pub(crate) struct LineRules<'a> {
    /// The rules of the queues.
    pub queues: &'a BTreeMap<QueueName, QueueRules>,
    /// How long a contact waits for one agent; for ever where it is 0.
    pub agent_wait_ms: u64,
}

/// A contact in a line, as far as rules ask.
#[derive(Clone, Copy)]
pub(crate) struct Wait<'a> {
    /// The line.
    pub line: &'a Line,
    /// Its priority there.
    pub priority: u8,
    /// When it came there; going back there changes nothing.
    pub lined_up: Timestamp,
}

impl<'a> Wait<'a> {
    /// Where a contact waits. `None` where that is nowhere, or its application ends the wait: it had
    /// the contact wait for an agent, and is paused meanwhile.
    fn of(open: &'a OpenContact) -> Option<Self> {
        let Place::Waiting { line, priority, .. } = &open.place else { return None };
        let paused = open.course.as_ref().is_some_and(|course| match course.at {
            CourseAt::Paused { .. } => true,
            CourseAt::Start
            | CourseAt::Left { .. }
            | CourseAt::Awaiting { .. }
            | CourseAt::Resumed { .. } => false,
        });
        let governed = paused && matches!(line, Line::Agent(_));
        (!governed).then_some(Self { line, priority: *priority, lined_up: open.lined_up })
    }
}

impl<'a> LineRules<'a> {
    /// The rules in force.
    pub(crate) fn in_force(view: &View<'a>) -> Self {
        let directory = &view.hot.directory;
        Self::new(&directory.queues, &directory.settings)
    }

    /// The rules that such queues and settings make.
    pub(crate) fn new(queues: &'a BTreeMap<QueueName, QueueRules>, settings: &Settings) -> Self {
        Self { queues, agent_wait_ms: settings.agent_wait_ms }
    }

    /// When the next rule applies; what should have happened before `from` has happened.
    pub(crate) fn next(self, wait: Wait<'_>, from: Timestamp) -> Option<Timestamp> {
        let queue = match wait.line {
            Line::Agent(_) => return self.agent_wait_over(wait.lined_up),
            Line::Queue(queue) => self.queues.get(queue)?,
        };
        let raise = queue.raise.filter(|raise| raise.by > 0 && wait.priority < raise.to);
        let raise = raise.map(|raise| {
            let step = steps_before(raise, wait.lined_up, from).saturating_add(1);
            wait.lined_up.plus_ms(raise.every_ms.saturating_mul(step))
        });
        let overflow = self.overflow(wait).map(|(at, _)| at);
        raise.into_iter().chain(overflow).min()
    }

    /// When a contact leaves its queue for another, and for which.
    fn overflow(self, wait: Wait<'_>) -> Option<(Timestamp, &'a QueueName)> {
        let Line::Queue(queue) = wait.line else { return None };
        let (after_ms, to) = self.queues.get(queue)?.overflow.as_ref()?;
        self.queues.contains_key(to).then(|| (wait.lined_up.plus_ms(*after_ms), to))
    }

    fn agent_wait_over(self, lined_up: Timestamp) -> Option<Timestamp> {
        (self.agent_wait_ms > 0).then(|| lined_up.plus_ms(self.agent_wait_ms))
    }
}

/// How many times a priority should have risen before a time.
fn steps_before(raise: Raise, lined_up: Timestamp, before: Timestamp) -> u64 {
    before.ms_since(lined_up).saturating_sub(1).checked_div(raise.every_ms).unwrap_or(0)
}

/// What is awaited of a waiting contact by other rules; nothing where that is so already.
pub(crate) fn awaited(
    view: &View<'_>,
    rules: LineRules<'_>,
    contact: ContactId,
    now: Timestamp,
) -> Option<NewEvent> {
    anew(view, rules, contact, Wait::of(view.hot.contacts.get(contact)?)?, now)
}

/// What is awaited of a waiting contact that gets another priority; nothing where that is so already.
pub(crate) fn awaited_from(
    view: &View<'_>,
    contact: ContactId,
    priority: u8,
    now: Timestamp,
) -> Option<NewEvent> {
    let wait = Wait::of(view.hot.contacts.get(contact)?)?;
    anew(view, LineRules::in_force(view), contact, Wait { priority, ..wait }, now)
}

fn anew(
    view: &View<'_>,
    rules: LineRules<'_>,
    contact: ContactId,
    wait: Wait<'_>,
    now: Timestamp,
) -> Option<NewEvent> {
    let known = view.hot.timers.due(Timer::RuleDue(contact));
    let until = rules.next(wait, known.map_or(now, |due| due.min(now)))?;
    (known != Some(until)).then(|| Fact::from(RuleAwaited { contact, until }).into())
}

/// What is awaited of a contact that goes back to a line. The time it was with an agent counts as
/// waiting: for the customer it is.
pub(crate) fn awaited_in(
    view: &View<'_>,
    rules: LineRules<'_>,
    contact: ContactId,
    line: &Line,
) -> Option<NewEvent> {
    let open = view.hot.contacts.get(contact)?;
    let (priority, from) = match open.place {
        Place::Held { priority, since, .. } | Place::Parked { priority, since, .. } => {
            (priority, since)
        }
        Place::Leaving { priority, .. }
        | Place::Forwarded { waited: Some(Waited { priority, .. }), .. } => {
            (priority, view.hot.time)
        }
        Place::Application | Place::Waiting { .. } | Place::Forwarded { .. } => return None,
    };
    let until = rules.next(Wait { line, priority, lined_up: open.lined_up }, from)?;
    Some(Fact::from(RuleAwaited { contact, until }).into())
}

/// What rules make of a waiting contact now, and what is awaited next; `due` is when they were
/// awaited. Several steps may be due: the engine may have stood still.
pub(crate) fn apply_rules(
    view: &View<'_>,
    contact: ContactId,
    due: Timestamp,
    now: Timestamp,
) -> Result<Vec<NewEvent>, ShelfError> {
    let Some(open) = view.hot.contacts.get(contact) else { return Ok(Vec::new()) };
    let Place::Waiting { entered, .. } = open.place else { return Ok(Vec::new()) };
    let Some(wait) = Wait::of(open) else { return Ok(Vec::new()) };
    let rules = LineRules::in_force(view);
    let priority = raised(rules, wait, due, now);
    let changed = (priority != wait.priority).then(|| {
        let reason = PriorityReason::Rule;
        NewEvent::from(Fact::from(PriorityChanged { contact, priority, reason }))
    });
    let mut events: Vec<NewEvent> = changed.into_iter().collect();
    if let Some((queue, reason)) = elsewhere(rules, open, wait, now) {
        let (line, skills) = (Line::Queue(queue.clone()), open.skills.clone());
        let entry = Entry { line, priority, entered, reason, skills };
        events.extend(enqueue(view, contact, entry, now)?);
    } else if matches!(wait.line, Line::Queue(_))
        && let Some(until) = rules.next(Wait { priority, ..wait }, now.plus_ms(1))
    {
        events.push(Fact::from(RuleAwaited { contact, until }).into());
    }
    Ok(events)
}

/// The priority after all steps that were due since `due`.
fn raised(rules: LineRules<'_>, wait: Wait<'_>, due: Timestamp, now: Timestamp) -> u8 {
    let Line::Queue(queue) = wait.line else { return wait.priority };
    let Some(raise) = rules.queues.get(queue).and_then(|rules| rules.raise) else {
        return wait.priority;
    };
    let steps = steps_before(raise, wait.lined_up, now.plus_ms(1)).saturating_sub(steps_before(
        raise,
        wait.lined_up,
        due,
    ));
    let risen = u64::from(wait.priority).saturating_add(steps.saturating_mul(raise.by.into()));
    let risen = u8::try_from(risen).unwrap_or(u8::MAX).min(raise.to);
    risen.max(wait.priority)
}

/// The queue to which a contact goes that has waited too long where it is.
///
/// One that waits for an agent and never was in a queue stays: there is nowhere to go.
fn elsewhere<'a>(
    rules: LineRules<'a>,
    open: &'a OpenContact,
    wait: Wait<'_>,
    now: Timestamp,
) -> Option<(&'a QueueName, QueueReason)> {
    let (at, queue, reason) = match wait.line {
        Line::Queue(_) => {
            let (at, queue) = rules.overflow(wait)?;
            (at, queue, QueueReason::Overflow)
        }
        Line::Agent(_) => {
            let home = open.home.as_ref().filter(|home| rules.queues.contains_key(*home))?;
            (rules.agent_wait_over(wait.lined_up)?, home, QueueReason::AgentWaitOver)
        }
    };
    (at <= now).then_some((queue, reason))
}
