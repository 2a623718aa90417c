//! Schedules: when somebody works, over midnight, on special days and when the clocks change.

use event::{Schedule, SpecialDay, Timestamp, WeeklyHours};

use crate::{Clock, Standing, check_schedule, special_day, weekly_hours};

fn schedule(zone: &str, hours: &[&str], days: &[&str]) -> Schedule {
    Schedule {
        name: "desk".parse().unwrap(),
        zone: zone.to_owned(),
        hours: hours.iter().flat_map(|text| weekly_hours(text).unwrap()).collect(),
        days: days.iter().map(|text| special_day(text).unwrap()).collect(),
    }
}

fn time(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().unwrap();
    Timestamp(instant.as_millisecond().try_into().unwrap())
}

/// What a schedule says of a moment, and when somebody works next.
fn answer(schedule: &Schedule, at: &str) -> (String, Option<String>) {
    let clock = Clock::new(schedule).unwrap();
    let next = clock.next_open(time(at));
    let next = next.map(|next| {
        jiff::Timestamp::from_millisecond(next.0.try_into().unwrap()).unwrap().to_string()
    });
    let standing = match clock.standing(time(at)) {
        Standing::Open => "open".to_owned(),
        Standing::Closed => "closed".to_owned(),
        Standing::Holiday { name } => name,
    };
    (standing, next)
}

fn check(schedule: &Schedule, cases: &[(&str, &str, Option<&str>)]) {
    for (at, standing, next) in cases {
        let expected = ((*standing).to_owned(), next.map(str::to_owned));
        assert_eq!(answer(schedule, at), expected, "{at}");
    }
}

#[test]
fn weeks_and_special_days_are_in_the_zone_of_the_schedule() {
    let desk = schedule(
        "Europe/Paris",
        &["Mon-Fri 09:00-12:00 13:00-17:30"],
        &[
            "2026-12-25 Christmas",
            "2026-12-24 Half day 09:00-12:00",
            "2026-12-27 Stocktaking 10:00-11:00",
        ],
    );
    check(
        &desk,
        &[
            // A Monday in winter: UTC is one hour behind.
            ("2026-12-07T07:59:59.999Z", "closed", Some("2026-12-07T08:00:00Z")),
            ("2026-12-07T08:00:00Z", "open", Some("2026-12-07T08:00:00Z")),
            ("2026-12-07T10:59:59.999Z", "open", Some("2026-12-07T10:59:59.999Z")),
            ("2026-12-07T11:00:00Z", "closed", Some("2026-12-07T12:00:00Z")),
            ("2026-12-07T16:30:00Z", "closed", Some("2026-12-08T08:00:00Z")),
            // In summer, two hours.
            ("2026-07-06T07:00:00Z", "open", Some("2026-07-06T07:00:00Z")),
            // Friday evening, and the day before a holiday that is before a week-end.
            ("2026-12-11T18:00:00Z", "closed", Some("2026-12-14T08:00:00Z")),
            ("2026-12-24T10:30:00Z", "open", Some("2026-12-24T10:30:00Z")),
            ("2026-12-24T13:00:00Z", "closed", Some("2026-12-27T09:00:00Z")),
            ("2026-12-24T23:00:00Z", "Christmas", Some("2026-12-27T09:00:00Z")),
            ("2026-12-25T22:59:59Z", "Christmas", Some("2026-12-27T09:00:00Z")),
            ("2026-12-25T23:00:00Z", "closed", Some("2026-12-27T09:00:00Z")),
            ("2026-12-27T10:00:00Z", "closed", Some("2026-12-28T08:00:00Z")),
        ],
    );
}

#[test]
fn spans_go_over_midnight_and_over_the_week() {
    let bar = schedule("UTC", &["Fri,Sun 22:00-02:00", "Wed 00:00-24:00"], &[]);
    check(
        &bar,
        &[
            ("2026-12-04T21:59:00Z", "closed", Some("2026-12-04T22:00:00Z")),
            ("2026-12-04T23:59:59Z", "open", Some("2026-12-04T23:59:59Z")),
            ("2026-12-05T01:59:00Z", "open", Some("2026-12-05T01:59:00Z")),
            ("2026-12-05T02:00:00Z", "closed", Some("2026-12-06T22:00:00Z")),
            ("2026-12-07T00:30:00Z", "open", Some("2026-12-07T00:30:00Z")),
            ("2026-12-07T02:00:00Z", "closed", Some("2026-12-09T00:00:00Z")),
            ("2026-12-09T23:59:59Z", "open", Some("2026-12-09T23:59:59Z")),
            ("2026-12-10T00:00:00Z", "closed", Some("2026-12-11T22:00:00Z")),
        ],
    );
}

#[test]
fn clocks_that_are_set_forward_leave_hours_out() {
    // 02:00 to 03:00 is not shown: at 01:00 UTC in Paris, at 07:00 UTC in New York.
    let night = ["Sat,Sun 02:30-05:00"];
    check(
        &schedule("Europe/Paris", &night, &[]),
        &[
            ("2026-03-29T00:59:59Z", "closed", Some("2026-03-29T01:00:00Z")),
            ("2026-03-29T01:00:00Z", "open", Some("2026-03-29T01:00:00Z")),
            ("2026-03-29T02:59:59Z", "open", Some("2026-03-29T02:59:59Z")),
            ("2026-03-29T03:00:00Z", "closed", Some("2026-04-04T00:30:00Z")),
        ],
    );
    check(
        &schedule("America/New_York", &night, &[]),
        &[
            ("2026-03-08T06:59:59Z", "closed", Some("2026-03-08T07:00:00Z")),
            ("2026-03-08T07:00:00Z", "open", Some("2026-03-08T07:00:00Z")),
            ("2026-03-08T09:00:00Z", "closed", Some("2026-03-14T06:30:00Z")),
        ],
    );
    // Of hours that are left out whole nothing is left.
    check(
        &schedule("Europe/Paris", &["Sun 02:10-02:50"], &[]),
        &[("2026-03-29T00:00:00Z", "closed", Some("2026-04-05T00:10:00Z"))],
    );
}

#[test]
fn clocks_that_are_set_back_show_hours_twice() {
    let night = ["Sun 01:15-01:45", "Sun 02:15-02:45"];
    check(
        &schedule("Europe/Paris", &night, &[]),
        &[
            ("2026-10-25T00:15:00Z", "open", Some("2026-10-25T00:15:00Z")),
            ("2026-10-25T00:45:00Z", "closed", Some("2026-10-25T01:15:00Z")),
            ("2026-10-25T01:30:00Z", "open", Some("2026-10-25T01:30:00Z")),
            ("2026-10-25T01:45:00Z", "closed", Some("2026-11-01T00:15:00Z")),
        ],
    );
    check(
        &schedule("America/New_York", &night, &[]),
        &[
            ("2026-11-01T05:15:00Z", "open", Some("2026-11-01T05:15:00Z")),
            ("2026-11-01T05:45:00Z", "closed", Some("2026-11-01T06:15:00Z")),
            ("2026-11-01T06:45:00Z", "closed", Some("2026-11-01T07:15:00Z")),
        ],
    );
}

#[test]
fn a_zone_whose_clocks_do_not_change_is_no_different() {
    let desk = schedule("Asia/Kolkata", &["Mon-Sat 09:30-18:00"], &[]);
    for day in ["2026-03-30", "2026-07-06", "2026-10-26"] {
        check(
            &desk,
            &[
                (&format!("{day}T03:59:59Z"), "closed", Some(&format!("{day}T04:00:00Z"))),
                (&format!("{day}T12:29:59Z"), "open", Some(&format!("{day}T12:29:59Z"))),
            ],
        );
    }
}

#[test]
fn who_never_works_has_no_next_hours() {
    check(
        &schedule("UTC", &[], &["2026-12-25 Christmas"]),
        &[("2026-12-01T00:00:00Z", "closed", None), ("2026-12-25T00:00:00Z", "Christmas", None)],
    );
    check(
        &schedule("UTC", &[], &["2027-12-01 Fair 10:00-11:00"]),
        &[("2026-12-01T00:00:00Z", "closed", Some("2027-12-01T10:00:00Z"))],
    );
    let never = schedule("UTC", &["Mon-Sun 00:00-24:00"], &[]);
    let clock = Clock::new(&never).unwrap();
    assert_eq!(clock.standing(Timestamp(u64::MAX)), Standing::Open);
    let empty = schedule("UTC", &[], &[]);
    assert_eq!(Clock::new(&empty).unwrap().next_open(Timestamp(u64::MAX)), None);
}

#[test]
fn moments_are_shown_by_the_clocks_of_the_zone() {
    let schedule = schedule("Europe/Paris", &[], &[]);
    let clock = Clock::new(&schedule).unwrap();
    for (at, shown) in
        [("2026-11-30T08:00:00Z", "2026-11-30 09:00"), ("2026-07-31T23:30:59Z", "2026-08-01 01:30")]
    {
        assert_eq!(clock.shown(time(at)), shown);
    }
}

#[test]
fn hours_are_read() {
    let shown = |hours: &[WeeklyHours]| {
        let each =
            hours.iter().map(|one| format!("{}:{}-{}", one.weekday, one.hours.from, one.hours.to));
        each.collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("Mon 09:00-17:30", "1:540-1050"),
        ("  friday-MON  9:05-10:00 ", "5:545-600 6:545-600 7:545-600 1:545-600"),
        ("Tue,Thu 08:00-12:00 13:00-14:00", "2:480-720 2:780-840 4:480-720 4:780-840"),
        ("Sun 22:00-02:00", "7:1320-1440 1:0-120"),
        ("Sat 22:00-00:00", "6:1320-1440"),
        ("Sat 00:00-24:00", "6:0-1440"),
    ] {
        assert_eq!(weekly_hours(text).as_deref().map(shown).as_deref(), Ok(expected), "{text}");
    }
    for (text, expected) in [
        ("", "there are no days"),
        ("Mon", "there are no hours"),
        ("Mo 09:00-17:00", "`Mo` is no day of the week; allowed: `Mon`"),
        ("Mon- 09:00-17:00", "`` is no day of the week"),
        ("Mon 9-17", "`9` is no time of day"),
        ("Mon 09:00", "`09:00` are no hours"),
        ("Mon 09:60-10:00", "`09:60` is no time of day"),
        ("Mon 09:00-24:01", "`24:01` is no time of day"),
        ("Mon 09:0-10:00", "`09:0` is no time of day"),
        ("Mon +9:00-10:00", "`+9:00` is no time of day"),
        ("Mon 09:00-09:00", "`09:00-09:00` is no time at all; a whole day is `00:00-24:00`"),
        ("Mon 24:00-02:00", "`24:00-02:00` is no time at all"),
    ] {
        let error = weekly_hours(text).unwrap_err();
        assert!(error.starts_with(&format!("`{text}`: {expected}")), "{error}");
    }
}

#[test]
fn special_days_are_read() {
    let shown = |day: &SpecialDay| {
        let hours: Vec<_> = day.hours.iter().map(|hours| (hours.from, hours.to)).collect();
        format!("{}-{}-{} {} {hours:?}", day.year, day.month, day.day, day.name)
    };
    for (text, expected) in [
        ("2026-12-25 Christmas", "2026-12-25 Christmas []"),
        ("2026-12-24 Half day 09:00-12:00", "2026-12-24 Half day [(540, 720)]"),
        (
            "2028-02-29 Two 1-2 09:00-10:00 11:00-12:00",
            "2028-2-29 Two 1-2 [(540, 600), (660, 720)]",
        ),
    ] {
        assert_eq!(special_day(text).as_ref().map(shown).as_deref(), Ok(expected), "{text}");
    }
    for (text, expected) in [
        ("", "there is no date"),
        ("25.12.2026 Christmas", "`25.12.2026` is no date"),
        ("2026-02-29 Leap", "`2026-02-29` is no date"),
        ("20261225 Christmas", "`20261225` is no date"),
        ("2026-12-25", "its name has 1 to 64 characters"),
        ("2026-12-24 09:00-12:00", "its name has 1 to 64 characters"),
        ("2026-12-31 Eve 22:00-02:00", "hours end on the day they begin"),
        ("2026-12-31 Eve 22:00-25:00", "`25:00` is no time of day"),
    ] {
        let error = special_day(text).unwrap_err();
        assert!(error.starts_with(&format!("`{text}`: {expected}")), "{error}");
    }
}

#[test]
fn schedules_that_cannot_be_are_refused() {
    let good: [&str; 2] = ["Mon-Fri 09:00-12:00 12:00-17:00", "Fri 22:00-02:00"];
    assert_eq!(check_schedule(&schedule("Europe/Paris", &good, &["2026-12-25 Christmas"])), Ok(()));
    for (zone, hours, days, expected) in [
        ("Paris", &[][..], &[][..], "there is no time zone `Paris`"),
        ("", &[], &[], "there is no time zone ``"),
        (
            "UTC",
            &["Mon-Fri 09:00-17:00", "Fri 16:00-18:00"],
            &[],
            "on friday hours begin at 16:00, before others end at 17:00",
        ),
        ("UTC", &["Fri 22:00-02:00", "Sat 01:00-03:00"], &[], "on saturday hours begin at 01:00"),
        ("UTC", &[], &["2026-01-02 A", "2026-01-02 B 10:00-11:00"], "`2026-01-02` is named twice"),
        ("UTC", &[], &["2026-01-02 A 09:00-11:00 10:00-12:00"], "on A hours begin at 10:00"),
    ] {
        let error = check_schedule(&schedule(zone, hours, days)).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}
