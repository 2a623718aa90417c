//! A time, to come or past, as people write it: a duration, a time of day, or a day.

use std::str::FromStr;

use anyhow::{Context, Result};
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

/// A time, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// After so long, or so long ago.
    In(SignedDuration),
    /// The next or the last time that the clock shows this.
    Clock(Time),
    /// A day, at its beginning.
    Day(Date),
    /// A day and a time, by the clock of this machine.
    Local(DateTime),
    /// An instant, written with its offset from UTC.
    At(Timestamp),
}

/// What is none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WhenError(String);

impl std::fmt::Display for WhenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` is no time; allowed: a duration (2h, 30 min, 3 days), a time of day (17:30), a day \
             (2026-03-30), or both (2026-03-30T17:30)",
            self.0
        )
    }
}

impl std::error::Error for WhenError {}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        let text = text.trim();
        if let Ok(ms) = application::duration::parse(text) {
            let ms = i64::try_from(ms).map_err(|_| WhenError(text.to_owned()))?;
            return Ok(Self::In(SignedDuration::from_millis(ms)));
        }
        let is_clock = text.len() <= "17:30:00".len() && text.contains(':');
        (text.parse().ok().map(Self::At))
            .or_else(|| text.parse().ok().filter(|_| is_clock).map(Self::Clock))
            .or_else(|| text.parse().ok().filter(|_| !text.contains(':')).map(Self::Day))
            .or_else(|| text.parse().ok().filter(|_| !is_clock).map(Self::Local))
            .ok_or_else(|| WhenError(text.to_owned()))
    }
}

impl When {
    /// The instant that is meant at `now` where a time gone by is asked for; the error says why there
    /// is none.
    pub(crate) fn past(self, now: &Zoned) -> Result<Timestamp> {
        match self {
            Self::In(duration) => {
                let earlier = now.timestamp().checked_sub(duration);
                earlier.context("that is too long ago")
            }
            Self::Clock(time) if time > now.time() => {
                let yesterday = now.date().checked_sub(1.day())?.to_datetime(time);
                Ok(yesterday.to_zoned(now.time_zone().clone())?.timestamp())
            }
            Self::Clock(time) => {
                let today = now.date().to_datetime(time);
                Ok(today.to_zoned(now.time_zone().clone())?.timestamp())
            }
            Self::Day(_) | Self::Local(_) | Self::At(_) => self.instant(now),
        }
    }

    /// The instant that is meant at `now` where a time to come is asked for; the error says why there
    /// is none.
    pub(crate) fn instant(self, now: &Zoned) -> Result<Timestamp> {
        let zone = now.time_zone().clone();
        let local = match self {
            Self::At(instant) => return Ok(instant),
            Self::In(duration) => {
                let later = now.timestamp().checked_add(duration);
                return later.context("that is too far away");
            }
            Self::Local(local) => local,
            Self::Day(day) => day.into(),
            Self::Clock(time) if time > now.time() => now.date().to_datetime(time),
            Self::Clock(time) => now.date().checked_add(1.day())?.to_datetime(time),
        };
        Ok(local.to_zoned(zone)?.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_mean_them() {
        let now: Zoned = "2026-03-28T15:00:00+01:00[Europe/Paris]".parse().unwrap();
        let cases = [
            ("2h", "2026-03-28T16:00:00Z"),
            ("1 h 30 min", "2026-03-28T15:30:00Z"),
            ("3 days", "2026-03-31T14:00:00Z"),
            ("17:30", "2026-03-28T16:30:00Z"),
            // It is past three; the next day has summer time.
            ("14:00", "2026-03-29T12:00:00Z"),
            ("2026-03-30", "2026-03-29T22:00:00Z"),
            ("2026-03-30T17:30", "2026-03-30T15:30:00Z"),
            ("2026-03-30 17:30", "2026-03-30T15:30:00Z"),
            ("2026-03-30T17:30:00Z", "2026-03-30T17:30:00Z"),
        ];
        for (text, expected) in cases {
            let when: When = text.parse().unwrap();
            assert_eq!(when.instant(&now).unwrap().to_string(), expected, "{text}");
        }
        for (text, expected) in [
            ("2h", "2026-03-28T12:00:00Z"),
            ("14:00", "2026-03-28T13:00:00Z"),
            ("17:30", "2026-03-27T16:30:00Z"),
            ("2026-03-27", "2026-03-26T23:00:00Z"),
        ] {
            let when: When = text.parse().unwrap();
            assert_eq!(when.past(&now).unwrap().to_string(), expected, "{text}");
        }
        for wrong in ["", "soon", "25:00", "2026-02-30", "17", "-2h"] {
            let error = wrong.parse::<When>().unwrap_err();
            assert!(error.to_string().contains("17:30"), "{wrong}");
        }
    }
}
