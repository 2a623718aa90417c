//! What the API works with.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use event::MailboxName;
use gateway::{Account, HealthCell, Intake};

use crate::apply::Apply;

/// What the API works with.
#[derive(Clone)]
pub struct Service {
    /// The engine, the store, and what replays a quarantined mail.
    pub intake: Intake,
    /// The mailboxes and servers that are in use.
    pub connections: Connections,
    /// Applies the configuration.
    pub apply: Arc<dyn Apply>,
    /// The program's version.
    pub version: String,
}

/// The mailboxes and servers that are in use; clones share them.
#[derive(Clone, Default)]
pub struct Connections(Arc<RwLock<Arc<InUse>>>);

/// The mailboxes and servers that are in use at one time.
#[derive(Default)]
pub struct InUse {
    /// The condition of mailboxes and the outgoing server, by name.
    pub health: BTreeMap<String, HealthCell>,
    /// The mailboxes.
    pub accounts: BTreeMap<MailboxName, Account>,
}

impl Connections {
    /// What is in use now.
    pub fn now(&self) -> Arc<InUse> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says what is in use from now on.
    pub fn set(&self, in_use: InUse) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_use);
    }
}
