//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Doubling waits with jitter, so that many mailboxes do not knock at the same moment.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Starts over after a success.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// The wait before the next attempt: between half and all of 1 s, 2 s, 4 s ... 60 s, and at
    /// least `least` where a quick repetition does harm.
    pub(crate) fn next(&mut self, least: Duration) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.attempts.min(6));
        self.attempts = self.attempts.saturating_add(1);
        let whole = doubled.min(LONGEST).max(least);
        let random = getrandom::u32().unwrap_or(u32::MAX);
        let half = whole / 2;
        (half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_start_over() {
        let mut backoff = Backoff::default();
        let within = |wait: Duration, whole: u64| {
            let whole = Duration::from_secs(whole);
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        };
        for whole in [1, 2, 4, 8, 16, 32, 60, 60] {
            within(backoff.next(Duration::ZERO), whole);
        }
        backoff.reset();
        within(backoff.next(Duration::ZERO), 1);
        assert_eq!(backoff.next(Duration::from_secs(90)), Duration::from_secs(90));
    }
}
