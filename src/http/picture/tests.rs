//! Pictures of directories, and what is different between them.

use event::{
    AgentNumber, DirectoryEntry, Hours, NextAgent, PrivateEntry, QueueRule, Schedule, Setting,
    SpecialDay, WeeklyHours,
};
use gateway::Secret;

use super::*;

fn queue(name: &str) -> DirectoryEntry {
    DirectoryEntry::Queue { name: name.parse().unwrap() }
}

fn rule(queue: &str, rule: QueueRule) -> DirectoryEntry {
    DirectoryEntry::QueueRule { queue: queue.parse().unwrap(), rule }
}

/// Everything that a directory can have.
fn entries() -> Vec<DirectoryEntry> {
    let number = AgentNumber(1001);
    let hours = |weekday, from, to| WeeklyHours { weekday, hours: Hours { from, to } };
    let mut week: Vec<WeeklyHours> = (1..=5).map(|weekday| hours(weekday, 540, 720)).collect();
    week.extend((1..=4).map(|weekday| hours(weekday, 780, 1050)));
    week.push(hours(7, 0, 1440));
    vec![
        queue("support"),
        queue("sales"),
        rule("sales", QueueRule::NextAgent(NextAgent::HuntOrder(vec![number, AgentNumber(999)]))),
        rule("sales", QueueRule::AcceptWithin { ms: 120_000 }),
        rule("sales", QueueRule::ServiceLevel { percent: 80, within_ms: 14_400_000 }),
        rule("sales", QueueRule::RaisePriority { every_ms: 3_600_000, by: 1, to: 9 }),
        rule("sales", QueueRule::Overflow { after_ms: 7_200_000, to: "support".parse().unwrap() }),
        rule("sales", QueueRule::PreferLastAgent { wait_ms: 900_000 }),
        rule(
            "sales",
            QueueRule::Dispositions { codes: vec!["solved".parse().unwrap()], required: true },
        ),
        DirectoryEntry::Agent {
            number: AgentNumber(999),
            queues: vec!["support".parse().unwrap()],
            capacity: 2,
        },
        DirectoryEntry::Agent {
            number,
            queues: vec!["sales".parse().unwrap(), "support".parse().unwrap()],
            capacity: 1,
        },
        DirectoryEntry::AgentLevel { number, queue: "sales".parse().unwrap(), level: 8 },
        DirectoryEntry::AgentSkill { number, skill: "french".parse().unwrap(), level: 5 },
        DirectoryEntry::AgentSkill { number, skill: "german".parse().unwrap(), level: 3 },
        DirectoryEntry::AgentTeam { number, team: "Paris".parse().unwrap() },
        DirectoryEntry::Mailbox {
            name: "support".parse().unwrap(),
            application: "support".parse().unwrap(),
        },
        DirectoryEntry::Internal { name: "internal".parse().unwrap() },
        DirectoryEntry::Skill { name: "german".parse().unwrap() },
        DirectoryEntry::Team { name: "Paris".parse().unwrap() },
        DirectoryEntry::Disposition { code: "solved".parse().unwrap() },
        DirectoryEntry::Schedule(Schedule {
            name: "office".parse().unwrap(),
            zone: "Europe/Paris".to_owned(),
            hours: week,
            days: vec![
                SpecialDay {
                    year: 2026,
                    month: 12,
                    day: 25,
                    name: "Christmas".to_owned(),
                    hours: vec![],
                },
                SpecialDay {
                    year: 2026,
                    month: 12,
                    day: 24,
                    name: "Half day".to_owned(),
                    hours: vec![Hours { from: 540, to: 720 }],
                },
            ],
        }),
    ]
}

fn private(address: &str) -> Vec<PrivateEntry> {
    let mailbox =
        |name: &str, addresses: &[&str], display_name: Option<&str>| PrivateEntry::Mailbox {
            name: name.parse().unwrap(),
            display_name: display_name.map(str::to_owned),
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        };
    vec![
        PrivateEntry::Agent {
            number: AgentNumber(1001),
            name: "Ada".to_owned(),
            address: address.parse().unwrap(),
        },
        mailbox("support", &["support@desk.test", "help@desk.test"], Some("Desk")),
        mailbox("internal", &["replies@desk.test"], None),
    ]
}

#[test]
fn a_directory_is_shown_in_the_words_of_the_configuration() {
    let picture = Picture::of_directory(&entries(), &private("ada@desk.test"));
    let shown: Vec<String> = picture
        .items()
        .into_iter()
        .flat_map(|item| {
            let thing = format!("{} {}", item.kind, item.name);
            let keys = item.keys.into_iter().map(|(key, value)| format!("  {key} = {value}"));
            std::iter::once(thing).chain(keys).collect::<Vec<_>>()
        })
        .collect();
    let expected = "\
internal internal
  address = replies@desk.test
mailbox support
  addresses = support@desk.test, help@desk.test
  application = support
  display_name = Desk
queue sales
  accept_within = 2 min
  disposition_required = true
  dispositions = solved
  hunt_order = 1001, 999
  next_agent = hunt-order
  overflow = after 2 h to support
  prefer_last_agent = 15 min
  raise_priority = every 1 h by 1 to 9
  service_level = 80 % within 4 h
queue support
  next_agent = longest-idle
agent 999
  capacity = 2
  queues = support
agent 1001
  address = ada@desk.test
  capacity = 1
  name = Ada
  queues = sales (level 8), support
  skills = french, german (level 3)
  team = Paris
team Paris
skill german
disposition solved
schedule office
  holidays = 2026-12-25 Christmas, 2026-12-24 Half day 09:00-12:00
  hours = Mon-Thu 09:00-12:00 13:00-17:30, Fri 09:00-12:00, Sun 00:00-24:00
  zone = Europe/Paris";
    assert_eq!(shown.join("\n"), expected);
}

#[test]
fn settings_that_were_not_given_are_shown_with_their_defaults() {
    let picture = Picture::of_settings(&[Setting::AgentWaitMs(60_000)]);
    let [settings] = &picture.items()[..] else { panic!("{picture:?}") };
    assert_eq!(settings.keys["agent_wait"], "1 min");
    assert_eq!(settings.keys["quotes"], "redact");
    assert_eq!(settings.keys.len(), 14);
    assert_eq!(Picture::of_settings(&[]).changes(&picture).len(), 1);
}

#[test]
fn what_is_different_is_told_by_thing_and_key() {
    let before = Picture::of_directory(&entries(), &private("ada@desk.test"));
    assert_eq!(before.changes(&before.clone()), []);
    let mut next = entries();
    next.retain(|entry| !matches!(entry, DirectoryEntry::Team { .. }));
    next.push(queue("billing"));
    let next = Picture::of_directory(&next, &private("ada@home.test"));
    let told: Vec<String> = before
        .changes(&next)
        .into_iter()
        .flat_map(|change| {
            let thing = format!("{} {} {}", change.change, change.kind, change.name);
            let keys = change.keys.into_iter().map(|key| {
                format!("{}: {:?} {:?}", key.key, key.from.as_deref(), key.to.as_deref())
            });
            std::iter::once(thing).chain(keys).collect::<Vec<_>>()
        })
        .collect();
    let expected = [
        "added queue billing",
        "next_agent: None Some(\"longest-idle\")",
        "changed agent 1001",
        "address: Some(\"ada@desk.test\") Some(\"ada@home.test\")",
        "removed team Paris",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_secret_is_compared_and_never_shown() {
    let picture = |password: Option<&str>| {
        let mut picture = Picture::default();
        let mailbox = Thing::new(Kind::Mailbox, "support");
        picture.say(mailbox.clone(), "imap.password_file", "secret.txt");
        if let Some(password) = password {
            picture.say(mailbox, "imap.password", Value::Hidden(Secret::new(password)));
        }
        picture
    };
    let changes = picture(Some("one")).changes(&picture(Some("two")));
    let expected = KeyChange { key: "imap.password".to_owned(), from: None, to: None };
    assert_eq!(changes[0].keys, [expected]);
    assert_eq!(picture(Some("one")).changes(&picture(Some("one"))), []);
    // One that comes or goes does so with the key that says where it is.
    let came = Picture::default().changes(&picture(Some("one")));
    assert_eq!(came[0].keys.len(), 1);
    let debug = format!("{:?}{:?}", picture(Some("hunter2")), picture(Some("hunter2")).items());
    assert!(!debug.contains("hunter2"), "{debug}");
}
