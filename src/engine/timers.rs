//! Fires timers: a timer that comes due is a command like any other.

use std::time::Duration;

use command::{Command, Fire};
use event::{Actor, Timer, Timestamp};
use tokio::sync::watch;

use crate::{EngineError, Handle, now};

/// A timer further away than this is looked at again, in case the clock has been set.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// The timer that is due next.
pub(crate) type Next = Option<(Timestamp, Timer)>;

/// Fires timers until the engine stops.
pub(crate) async fn run(handle: Handle, mut next: watch::Receiver<Next>) {
    loop {
        let due = *next.borrow_and_update();
        if let Some((due, timer)) = due
            && due <= now()
        {
            let fire = Command::Fire(Fire { timer });
            if let Err(EngineError::Stopped(_)) = handle.submit(Actor::Engine, fire).await {
                return;
            }
            continue;
        }
        let wait = due.map_or(SLEEP_MAX, |(due, _)| {
            Duration::from_millis(due.ms_since(now())).min(SLEEP_MAX)
        });
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = next.changed() => if changed.is_err() { return },
        }
    }
}
