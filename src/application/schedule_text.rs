//! Hours and days as the configuration writes them: `Mon-Fri 09:00-17:30`, `2026-12-25 Christmas`.

use event::{Hours, Schedule, SpecialDay, WeeklyHours};
use jiff::civil::Date;

use crate::schedule::zone;

/// The days of the week, from Monday.
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// A whole day, in minutes.
const DAY_MIN: u16 = 24 * 60;
/// No name of a day is longer than this, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Reads hours of every week: days, then one span or several: `Mon-Fri 09:00-12:00 13:00-17:30`,
/// `Sat,Sun 10:00-14:00`. A span over midnight, `Fri 22:00-02:00`, is two. The error says what is
/// wrong, and what is allowed.
pub fn weekly_hours(text: &str) -> Result<Vec<WeeklyHours>, String> {
    let wrong = |what: &str| format!("`{text}`: {what}; expected is such as `Mon-Fri 09:00-17:30`");
    let mut words = text.split_whitespace();
    let days = words.next().ok_or_else(|| wrong("there are no days"))?;
    let mut spans = Vec::new();
    for word in words {
        let (from, to) = span(word).map_err(|what| wrong(&what))?;
        spans.push((from, to));
    }
    if spans.is_empty() {
        return Err(wrong("there are no hours"));
    }
    let mut all = Vec::new();
    for weekday in weekdays(days).map_err(|what| wrong(&what))? {
        for (from, to) in &spans {
            if from < to {
                all.push(WeeklyHours { weekday, hours: Hours { from: *from, to: *to } });
                continue;
            }
            let evening = Hours { from: *from, to: DAY_MIN };
            all.push(WeeklyHours { weekday, hours: evening });
            if *to > 0 {
                let next = weekday % 7 + 1;
                all.push(WeeklyHours { weekday: next, hours: Hours { from: 0, to: *to } });
            }
        }
    }
    Ok(all)
}

/// Reads a day that is not as the week says: its date, its name, and its open hours where it is no
/// holiday: `2026-12-24 Half day 09:00-12:00`. The error says what is wrong, and what is allowed.
pub fn special_day(text: &str) -> Result<SpecialDay, String> {
    let wrong = |what: &str| {
        format!(
            "`{text}`: {what}; expected is such as `2026-12-25 Christmas` or `2026-12-24 Half day 09:00-12:00`"
        )
    };
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() {
        return Err(wrong("there is no date"));
    }
    let written = words.remove(0);
    let date: Date = written
        .parse()
        .ok()
        .filter(|_| written.len() == "2026-12-25".len())
        .ok_or_else(|| wrong(&format!("`{written}` is no date")))?;
    let mut hours = Vec::new();
    while let Some(word) = words.last().filter(|word| is_like_span(word)) {
        let (from, to) = span(word).map_err(|what| wrong(&what))?;
        if to <= from {
            return Err(wrong("hours end on the day they begin; write the rest on the day after"));
        }
        hours.insert(0, Hours { from, to });
        words.pop();
    }
    let name = words.join(" ");
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
        return Err(wrong(&format!("its name has 1 to {NAME_CHARS_MAX} characters")));
    }
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    Ok(SpecialDay { year: date.year(), month, day, name, hours })
}

/// Refuses a schedule that cannot be: without its zone, with a day that is named twice, or with
/// hours that overlap.
pub fn check_schedule(schedule: &Schedule) -> Result<(), String> {
    zone(&schedule.zone)?;
    for (weekday, name) in (1_u8..).zip(WEEKDAYS) {
        let hours = schedule.hours.iter().filter(|hours| hours.weekday == weekday);
        check_overlap(name, hours.map(|hours| hours.hours).collect())?;
    }
    let mut dates = std::collections::BTreeSet::new();
    for special in &schedule.days {
        if !dates.insert((special.year, special.month, special.day)) {
            let date = format!("{}-{:02}-{:02}", special.year, special.month, special.day);
            return Err(format!("`{date}` is named twice; write all its hours in one line"));
        }
        check_overlap(&special.name, special.hours.clone())?;
    }
    Ok(())
}

fn check_overlap(day: &str, mut hours: Vec<Hours>) -> Result<(), String> {
    hours.sort_by_key(|hours| hours.from);
    let mut end = 0;
    for span in hours {
        if span.from < end {
            let (from, end) = (clock(span.from), clock(end));
            return Err(format!("on {day} hours begin at {from}, before others end at {end}"));
        }
        end = span.to;
    }
    Ok(())
}

/// The days from 1, Monday, that a list of days and spans of days names.
fn weekdays(text: &str) -> Result<Vec<u8>, String> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (weekday(first)?, weekday(last)?);
        days.push(day);
        while day != last {
            day = day % 7 + 1;
            days.push(day);
        }
    }
    Ok(days)
}

fn weekday(text: &str) -> Result<u8, String> {
    let name = text.to_lowercase();
    let found = WEEKDAYS
        .iter()
        .zip(1..)
        .find(|(whole, _)| **whole == name || whole.get(..3).is_some_and(|short| short == name));
    let allowed = || {
        format!(
            "`{text}` is no day of the week; allowed: `Mon`, `Tue`, `Wed`, `Thu`, `Fri`, `Sat`, `Sun`"
        )
    };
    found.map(|(_, number)| number).ok_or_else(allowed)
}

/// Whether somebody who wrote a word meant hours by it.
fn is_like_span(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(':') && word.contains('-')
}

/// The minutes at which a span begins and ends.
fn span(word: &str) -> Result<(u16, u16), String> {
    let (from, to) = word.split_once('-').ok_or_else(|| format!("`{word}` are no hours"))?;
    let (from, to) = (minute(from)?, minute(to)?);
    if from == DAY_MIN || from == to {
        return Err(format!("`{word}` is no time at all; a whole day is `00:00-24:00`"));
    }
    Ok((from, to))
}

fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is no time of day from `00:00` to `24:00`");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let is_digits = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
    let whole = minute.len() == 2 && is_digits(hour) && is_digits(minute);
    let (hour, minute): (u16, u16) =
        hour.parse().ok().zip(minute.parse().ok()).filter(|_| whole).ok_or_else(wrong)?;
    let total = hour * 60 + minute;
    if minute > 59 || total > DAY_MIN { Err(wrong()) } else { Ok(total) }
}

/// A minute of the day as people write it.
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
