//! A timer is due.

use event::{Fact, Timer, Timestamp};

use crate::{Decision, View};

/// A timer is due.
#[derive(Clone, Debug)]
pub struct Fire {
    /// Which.
    pub timer: Timer,
}

impl Fire {
    /// A timer that is not set any more, or not due yet, does nothing.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Decision {
        match view.hot.timers.due(self.timer) {
            Some(due) if due <= now => Decision::record([Fact::TimerFired { timer: self.timer }]),
            Some(_) | None => Decision::unchanged(),
        }
    }
}
