//! The condition of a mailbox or an outgoing target, for people to see.

use engine::now;
use event::Timestamp;
use tokio::sync::watch;

/// What is known about one mailbox or target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// When it last did its work to the end; `None` where it never did.
    pub last_success: Option<Timestamp>,
    /// How many messages were on the server, not recorded yet, when it was last looked at; `None`
    /// for what is no mailbox, or was never reached.
    pub backlog: Option<usize>,
    /// How it is.
    pub state: HealthState,
}

/// How a mailbox or target is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HealthState {
    /// Nothing was tried yet.
    #[default]
    Starting,
    /// The last attempt succeeded.
    Ok,
    /// The last attempt failed.
    Failing {
        /// When the first of the failures in a row happened.
        since: Timestamp,
        /// What went wrong, and what to do, as a sentence for the operator.
        message: String,
        /// How many attempts failed in a row.
        attempts: u32,
    },
}

/// The shared place of one [`Health`]: a gateway writes it, anyone reads or watches it.
#[derive(Clone, Debug, Default)]
pub struct HealthCell(watch::Sender<Health>);

impl HealthCell {
    /// A cell in the state [`HealthState::Starting`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The condition now.
    pub fn get(&self) -> Health {
        self.0.borrow().clone()
    }

    /// A receiver that wakes at every change.
    pub fn watch(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }

    /// Records a success.
    pub fn succeeded(&self) {
        self.0.send_modify(|health| {
            health.last_success = Some(now());
            health.state = HealthState::Ok;
        });
    }

    /// Records how many messages wait on the server.
    pub fn backlog(&self, count: usize) {
        self.0.send_if_modified(|health| health.backlog.replace(count) != Some(count));
    }

    /// Records a failed attempt with a sentence for the operator.
    pub fn failed(&self, sentence: String) {
        self.0.send_modify(|health| {
            let (since, attempts) = match health.state {
                HealthState::Failing { since, attempts, .. } => (since, attempts.saturating_add(1)),
                HealthState::Starting | HealthState::Ok => (now(), 1),
            };
            health.state = HealthState::Failing { since, message: sentence, attempts };
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_until_a_success() {
        let cell = HealthCell::new();
        assert_eq!(cell.get().state, HealthState::Starting);
        cell.failed("first".into());
        cell.failed("second".into());
        let HealthState::Failing { message, attempts, .. } = cell.get().state else {
            panic!("failing");
        };
        assert_eq!((message.as_str(), attempts), ("second", 2));
        assert_eq!(cell.get().last_success, None);
        cell.succeeded();
        assert_eq!(cell.get().state, HealthState::Ok);
        cell.failed("third".into());
        assert!(cell.get().last_success.is_some());
        assert!(matches!(cell.get().state, HealthState::Failing { attempts: 1, .. }));
    }
}
