//! Whether somebody works at a given moment, as a schedule says it.

use std::sync::LazyLock;

use event::{Hours, Schedule, SpecialDay, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{ToSpan, Zoned};

/// What a schedule says of a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody works.
    Open,
    /// Nobody works.
    Closed,
    /// Nobody works, since it is a holiday.
    Holiday {
        /// Its name.
        name: String,
    },
}

/// A schedule in its time zone.
#[derive(Clone, Debug)]
pub struct Clock<'a> {
    schedule: &'a Schedule,
    zone: TimeZone,
}

/// How many days are searched for one that is open: two years.
const DAYS_MAX: u16 = 732;

/// The zones that the program brings along, so that every machine gives the same answer.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone by its name in the IANA database, such as `Europe/Paris`.
pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    ZONES.get(name).map_err(|_| {
        format!("there is no time zone `{name}`; allowed are names of the IANA database, such as `Europe/Paris` or `UTC`")
    })
}

impl<'a> Clock<'a> {
    /// Finds the schedule's zone; the error says that there is none of that name.
    pub fn new(schedule: &'a Schedule) -> Result<Self, String> {
        Ok(Self { schedule, zone: zone(&schedule.zone)? })
    }

    /// What the schedule says of a moment.
    pub fn standing(&self, at: Timestamp) -> Standing {
        let now = self.local(at).datetime();
        let minute =
            u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let special = self.special(now.date());
        if let Some(SpecialDay { name, hours, .. }) = special
            && hours.is_empty()
        {
            return Standing::Holiday { name: name.clone() };
        }
        let is_open =
            self.hours(now.date()).iter().any(|hours| (hours.from..hours.to).contains(&minute));
        if is_open { Standing::Open } else { Standing::Closed }
    }

    /// The first moment from this one on at which somebody works; `None` where there is none within
    /// two years.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        if self.standing(at) == Standing::Open {
            return Some(at);
        }
        // On a day on which the clocks change, hours can begin with the change.
        let start = self.local(at);
        let mut changes = self.zone.following(start.timestamp());
        let mut change = changes.next();
        for day in start.date().series(1.day()).take(DAYS_MAX.into()) {
            let mut moments = Vec::new();
            for hours in self.hours(day) {
                let begin = day.at(0, 0, 0, 0).checked_add(i64::from(hours.from).minutes());
                moments.extend(self.moments(begin.ok()?));
            }
            while let Some(next) = &change
                && next.timestamp().to_zoned(self.zone.clone()).date() <= day
            {
                moments.push(next.timestamp());
                change = changes.next();
            }
            let times = moments.into_iter().filter_map(time);
            let open = times.filter(|time| *time >= at && self.standing(*time) == Standing::Open);
            if let Some(first) = open.min() {
                return Some(first);
            }
        }
        None
    }

    /// A moment to the minute as the clocks of the zone show it: `2026-11-30 09:00`.
    pub fn shown(&self, at: Timestamp) -> String {
        self.local(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn local(&self, at: Timestamp) -> Zoned {
        let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
        let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        instant.to_zoned(self.zone.clone())
    }

    /// When the clocks show a time: twice where they are set back over it.
    fn moments(&self, shown: DateTime) -> Vec<jiff::Timestamp> {
        let both = self.zone.to_ambiguous_timestamp(shown);
        [both.earlier(), both.later()].into_iter().flatten().collect()
    }

    fn special(&self, day: Date) -> Option<&SpecialDay> {
        let is_day = |special: &&SpecialDay| {
            (special.year, i16::from(special.month), i16::from(special.day))
                == (day.year(), i16::from(day.month()), i16::from(day.day()))
        };
        self.schedule.days.iter().find(is_day)
    }

    /// The open hours of a day.
    fn hours(&self, day: Date) -> Vec<Hours> {
        if let Some(special) = self.special(day) {
            return special.hours.clone();
        }
        let weekday = day.weekday().to_monday_one_offset().unsigned_abs();
        let hours = self.schedule.hours.iter().filter(|hours| hours.weekday == weekday);
        hours.map(|hours| hours.hours).collect()
    }
}

fn time(instant: jiff::Timestamp) -> Option<Timestamp> {
    // Hours and changes of clocks begin with whole seconds.
    u64::try_from(instant.as_millisecond()).ok().map(Timestamp)
}
