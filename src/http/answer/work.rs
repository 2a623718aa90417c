//! Queues, agents, and the contacts they are for.

use std::collections::BTreeMap;

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
    /// Since when the one waits that waits longest, RFC 3339.
    pub longest_since: Option<String>,
    /// How many serve it and are free.
    pub free_agents: usize,
    /// What it should reach, where that is said.
    pub target: Option<Target>,
}

/// What a queue should reach.
#[derive(Debug, Serialize, Deserialize)]
pub struct Target {
    /// So many of a hundred contacts are with an agent...
    pub percent: u8,
    /// ...within so many seconds.
    pub within_seconds: u64,
    /// How many wait longer than that already.
    pub beyond: usize,
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
    /// The state chosen, which counts once the agent holds nothing: as above, but never `email`.
    pub chosen: String,
    /// Why not ready, where that is chosen.
    pub reason: Option<String>,
    /// Since when in that state, RFC 3339.
    pub since: String,
    /// The contacts held.
    pub contacts: Vec<String>,
    /// The contacts put aside.
    pub parked: Vec<String>,
    /// Until when the agent has to accept what they hold, RFC 3339; the earliest of several.
    pub accept_by: Option<String>,
    /// The queues served.
    pub queues: Vec<String>,
    /// How well, from 1 to 10.
    pub levels: BTreeMap<String, u8>,
    /// What the agent can do, and how well, from 1 to 10.
    pub skills: BTreeMap<String, u8>,
    /// The team.
    pub team: Option<String>,
    /// How many contacts at once.
    pub capacity: u16,
    /// The agent's own mailbox; absent where it was erased.
    pub address: Option<String>,
    /// Another one, which counts from the agent's next sign-in.
    pub next_address: Option<String>,
}

/// An open contact, and where it is.
#[derive(Debug, Serialize, Deserialize)]
pub struct OpenContact {
    /// The contact.
    pub contact: String,
    /// Its thread.
    pub thread: String,
    /// The mailbox it came to.
    pub mailbox: String,
    /// When it arrived, RFC 3339.
    pub arrived: String,
    /// Who wrote.
    pub from: Option<String>,
    /// The subject; empty where it was erased.
    pub subject: String,
    /// Where it is: `in application ...`, `waiting in ...`, `with ...`, `parked by ...`.
    pub state: String,
    /// Since when it is there, RFC 3339; absent on its way to an address.
    pub since: Option<String>,
    /// The queue it is in, or was in last.
    pub queue: Option<String>,
    /// The agent who has it, or for whom it waits.
    pub agent: Option<u32>,
    /// Higher is served first; absent where it never waited.
    pub priority: Option<u8>,
    /// Until when its agent has to accept it, RFC 3339.
    pub accept_by: Option<String>,
    /// Until when it is parked, RFC 3339.
    pub parked_until: Option<String>,
    /// Its label, so far.
    pub disposition: Option<String>,
    /// The words by which it is found again.
    pub tags: Vec<String>,
}
