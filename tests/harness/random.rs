//! Numbers that look random and can be had again.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

/// A sequence of numbers that its seed determines (splitmix64 by Steele, Lea and Flood).
#[derive(Clone, Debug, Default)]
pub struct Random(u64);

impl Random {
    /// The sequence of the seed in `POSTBOOK_SEED`, or of a new one. It is printed, with `what`
    /// follows it, so that a failure can be played again.
    pub fn seeded(what: &str) -> Result<Self> {
        let seed = match std::env::var("POSTBOOK_SEED") {
            Ok(seed) => seed.parse()?,
            Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos().into(),
        };
        eprintln!("{what} follow POSTBOOK_SEED={seed}");
        Ok(Self(seed))
    }

    /// A sequence of its own for whatever has that number, the same in every run.
    pub fn part(&self, number: u64) -> Self {
        Self(Self(self.0 ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03)).next())
    }

    /// A number from 0 to below `end`, which must not be 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number from 0 to below two to the power of `bits`, of any length alike.
    pub fn of_any_length(&mut self, bits: u64) -> u64 {
        let length = self.below(bits) + 1;
        self.below(1 << length)
    }

    /// Any byte.
    pub(crate) fn byte(&mut self) -> u8 {
        let [byte, ..] = self.next().to_le_bytes();
        byte
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_each_part_others() {
        let numbers =
            |mut random: Random| (0..50).map(|_| random.of_any_length(20)).collect::<Vec<_>>();
        let seed = Random(7);
        assert_eq!(numbers(seed.part(1)), numbers(seed.part(1)));
        assert_ne!(numbers(seed.part(1)), numbers(seed.part(2)));
        assert!(numbers(seed.clone()).iter().any(|&number| number < 16));
        assert!(numbers(seed).iter().any(|&number| number > 1 << 15));
    }
}
