//! How often mail goes to one domain: at an even pace, so that no minute sees more than is allowed.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::{Duration, Instant};

use event::Address;

/// Whose mail a rate is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateDomain {
    /// Mail to this domain.
    One(String),
    /// Mail to every domain without a rate of its own, each by itself.
    Other,
}

/// A text that names no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no domain; give one such as `example.org`, or `*` for all that have no rate")]
pub struct RateDomainError(String);

impl FromStr for RateDomain {
    type Err = RateDomainError;

    fn from_str(text: &str) -> Result<Self, RateDomainError> {
        if text == "*" {
            return Ok(Self::Other);
        }
        let address = Address::new(&format!("x@{text}"));
        let address = address.map_err(|_| RateDomainError(text.to_owned()))?;
        Ok(Self::One(address.domain().to_owned()))
    }
}

impl fmt::Display for RateDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(domain) => f.write_str(domain),
            Self::Other => f.write_str("*"),
        }
    }
}

/// How many mails a minute may go to a domain; without a rate as many as there are.
#[derive(Clone, Debug, Default)]
pub struct Rates(BTreeMap<RateDomain, NonZeroU32>);

impl FromIterator<(RateDomain, NonZeroU32)> for Rates {
    fn from_iter<T: IntoIterator<Item = (RateDomain, NonZeroU32)>>(rates: T) -> Self {
        Self(rates.into_iter().collect())
    }
}

impl Rates {
    /// The shortest time from one mail to the next.
    fn interval(&self, domain: &str) -> Option<Duration> {
        let own = self.0.get(&RateDomain::One(domain.to_owned()));
        let per_minute = own.or_else(|| self.0.get(&RateDomain::Other))?;
        // Rounded up, so that the interval's multiple is no less than a minute.
        Some(Duration::from_nanos(60_000_000_000_u64.div_ceil(per_minute.get().into())))
    }
}

/// Remembers so many domains before it looks for those that it may forget.
const DOMAINS_MAX: usize = 1_000;

/// When the next mail may go to each domain.
#[derive(Debug)]
pub(crate) struct Pace {
    rates: Rates,
    next: BTreeMap<String, Instant>,
}

impl Pace {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { rates, next: BTreeMap::new() }
    }

    /// Gives a mail to this domain the next free place in time, which nobody else gets then.
    pub(crate) fn place(&mut self, domain: &str, now: Instant) -> Instant {
        let Some(interval) = self.rates.interval(domain) else { return now };
        if self.next.len() > DOMAINS_MAX {
            self.next.retain(|_, next| *next > now);
        }
        let next = self.next.entry(domain.to_owned()).or_insert(now);
        let place = now.max(*next);
        *next = place + interval;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rates: &[(&str, u32)]) -> Pace {
        let rate = |(domain, per_minute): &(&str, u32)| {
            (domain.parse().unwrap(), NonZeroU32::new(*per_minute).unwrap())
        };
        Pace::new(rates.iter().map(rate).collect())
    }

    #[test]
    fn mail_to_a_domain_keeps_its_pace_and_delays_no_other() {
        let mut pace = pace(&[("Bücher.test", 10), ("slow.test", 1)]);
        let start = Instant::now();
        let mut at = |domain: &str, second: u64| {
            let place = pace.place(domain, start + Duration::from_secs(second));
            (place - start).as_secs()
        };
        for expected in [0, 6, 12] {
            assert_eq!(at("xn--bcher-kva.test", 0), expected);
        }
        assert_eq!(at("slow.test", 0), 0);
        assert_eq!(at("slow.test", 0), 60);
        for _ in 0..100 {
            assert_eq!(at("free.test", 1), 1);
        }
        assert_eq!(at("xn--bcher-kva.test", 13), 18);
        // What was not used is not made up for.
        assert_eq!(at("xn--bcher-kva.test", 1_000), 1_000);
        assert_eq!(at("xn--bcher-kva.test", 1_000), 1_006);
    }

    #[test]
    fn no_minute_sees_more_than_is_allowed() {
        for per_minute in [1, 7, 59, 60, 61, 1_000] {
            let mut pace = pace(&[("a.test", per_minute)]);
            let start = Instant::now();
            let places: Vec<_> = (0..3_000).map(|_| pace.place("a.test", start)).collect();
            let minute = usize::try_from(per_minute).unwrap();
            let pairs = places.iter().zip(&places[minute..]);
            assert!(pairs.into_iter().all(|(one, next)| *next - *one >= Duration::from_secs(60)));
        }
    }

    #[test]
    fn every_other_domain_has_a_pace_of_its_own_and_is_forgotten_when_idle() {
        let mut pace = pace(&[("*", 1), ("fast.test", 60)]);
        let start = Instant::now();
        for second in 0..5_000 {
            let now = start + Duration::from_secs(second);
            assert_eq!(pace.place(&format!("d{second}.test"), now), now);
        }
        assert!(pace.next.len() <= DOMAINS_MAX + 1, "{}", pace.next.len());
        let now = start + Duration::from_secs(5_000);
        assert!(pace.place("d4999.test", now) > now);
        assert_eq!(pace.place("fast.test", now), now);
        assert_eq!(pace.place("fast.test", now), now + Duration::from_secs(1));
    }

    #[test]
    fn rates_name_domains() {
        for wrong in ["", "a b", "@", "*.test,", ".", "x@y"] {
            assert!(wrong.parse::<RateDomain>().is_err(), "{wrong}");
        }
        assert_eq!("*".parse(), Ok(RateDomain::Other));
        assert_eq!("Example.ORG".parse(), Ok(RateDomain::One("example.org".to_owned())));
    }
}
