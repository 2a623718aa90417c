//! The clock, read only where a command enters.

use std::time::{SystemTime, UNIX_EPOCH};

use event::Timestamp;

/// The time now, in UTC; 1970 where the system's clock is before that.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
