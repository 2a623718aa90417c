//! What the writer appends and the checker expects: both follow from positions alone.

use event::{Event, Position, Recorded};
use log::conformance::sample;

/// A source of choices that can be repeated.
pub(crate) struct Dice(u64);

impl Dice {
    /// Choices that follow from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 1 to `most`, each order of magnitude as likely as the others.
    pub(crate) fn roll(&mut self, most: u64) -> u64 {
        let bits = u64::from(u64::BITS - most.max(1).leading_zeros());
        let limit = 1 << (self.next() % bits + 1);
        (1 + self.next() % limit).min(most.max(1))
    }

    /// SplitMix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }
}

/// The event at `position`: about 100 bytes, now and then many more.
pub(crate) fn event_at(position: Position) -> Event {
    let spread = mixed(position.0);
    let len = if spread.is_multiple_of(5000) { 100_000 } else { spread % 200 };
    sample(position.0, len as usize)
}

/// The batch behind `head`.
pub(crate) fn batch_after(head: Position, count: u64) -> Vec<Event> {
    (1..=count).map(|place| event_at(head.plus(place))).collect()
}

/// Whether this is the event that was appended there.
pub(crate) fn is_as_written(recorded: &Recorded) -> bool {
    recorded.event == event_at(recorded.position)
}

fn mixed(number: u64) -> u64 {
    let mut mixed = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_stay_within_bounds_and_reach_them() {
        let mut dice = Dice::new(7);
        let rolls: Vec<u64> = (0..10_000).map(|_| dice.roll(10)).collect();
        assert_eq!((rolls.iter().min(), rolls.iter().max()), (Some(&1), Some(&10)));
        assert_eq!(Dice::new(7).roll(1 << 40), Dice::new(7).roll(1 << 40));
    }
}
