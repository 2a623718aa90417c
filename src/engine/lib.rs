//! The one loop: command, decide, append, fold, wake.
//!
//! One thread owns the views and decides; another makes batches durable while the next ones are
//! decided. Whoever asks is answered only once everything the answer rests on is durable.

mod clock;
mod decider;
mod handle;
mod open;
mod snapshot;
#[cfg(test)]
mod tests;
mod timers;

pub use clock::now;
pub use handle::{Done, EngineError, Handle, Views};
pub use open::{Engine, OpenError, Opened, Options, replay_for_reading};
