//! The way into a line: what is recorded when a contact begins to wait.

use event::{ContactId, Fact, Line, QueueReason, SkillNeed, SkillsRequired, Timestamp};
use projections::ShelfError;

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
pub(crate) fn enqueue(
    view: &View<'_>,
    contact: ContactId,
    entry: Entry,
    _now: Timestamp,
) -> Result<Vec<NewEvent>, ShelfError> {
    let Entry { line, priority, entered, reason, skills } = entry;
    let needed = view.hot.contacts.get(contact).map(|open| &open.skills);
    let changed = needed != Some(&skills);
    let required = changed.then(|| NewEvent::from(Fact::from(SkillsRequired { contact, skills })));
    let queued = Fact::ContactQueued { contact, line, priority, entered, reason };
    Ok(required.into_iter().chain([queued.into()]).collect())
}
