//! What the API works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use event::MailboxName;
use gateway::{Account, HealthCell, Intake};

/// What the API works with.
#[derive(Clone)]
pub struct Service {
    /// The engine, the store, and what replays a quarantined mail.
    pub intake: Intake,
    /// The condition of mailboxes and the outgoing server, by name.
    pub health: Arc<BTreeMap<String, HealthCell>>,
    /// The mailboxes.
    pub accounts: Arc<BTreeMap<MailboxName, Account>>,
    /// The program's version.
    pub version: String,
}
