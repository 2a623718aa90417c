//! Queues and agents.

use serde::{Deserialize, Serialize};

/// A queue.
#[derive(Debug, Serialize, Deserialize)]
pub struct Queue {
    /// Its name; `agent 1001` for what waits for one agent.
    pub name: String,
    /// How many wait.
    pub waiting: usize,
    /// Since when the first one to be served waits, RFC 3339.
    pub first_since: Option<String>,
    /// Who serves it and is free.
    pub free_agents: usize,
}

/// A waiting contact.
#[derive(Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// The contact.
    pub contact: String,
    /// Its place, from 1.
    pub place: usize,
    /// Higher is served first.
    pub priority: u8,
    /// Since when it waits, RFC 3339.
    pub since: String,
}

/// An agent.
#[derive(Debug, Serialize, Deserialize)]
pub struct Agent {
    /// The number.
    pub number: u32,
    /// The name.
    pub name: String,
    /// `signed out`, `not ready`, `ready` or `email`.
    pub state: String,
    /// Why not ready.
    pub reason: Option<String>,
    /// Since when in that state, RFC 3339.
    pub since: String,
    /// The contacts held.
    pub contacts: Vec<String>,
    /// The queues served.
    pub queues: Vec<String>,
    /// How many contacts at once.
    pub capacity: u16,
}
