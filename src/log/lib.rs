//! The event log: the rules, on disk and in memory, and group commit.
//!
//! Nothing happens in Postbook that is not an event in this log, and everything else is derived
//! from it; so an append answers only when the whole batch would survive a power cut.

mod chain;
mod chunk;
mod committer;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod disk;
mod event_log;
mod folder;
mod kept;
mod mark;
mod memory;
mod sled_store;
mod store;
mod tail;

pub use chunk::ChunkHash;
pub use committer::{Committer, Done, Stopped};
pub use event_log::{AppendError, EventLog, ReadError, Verified};
pub use folder::{Healed, OpenError};
pub use kept::{MemoryLog, SledLog};
