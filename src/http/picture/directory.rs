//! The directory and the settings as a picture, in the words of the configuration.

use std::collections::BTreeMap;

use application::duration::show as duration;
use event::{
    AgentNumber, CopyFrom, DirectoryEntry, HeldContacts, Hours, LEVEL_DEFAULT, NextAgent,
    PrivateEntry, QueueName, QueueRule, Quotes, RunningContacts, Schedule, Setting, SignedReplies,
};
use projections::Settings;

use super::{Kind, Picture, Thing};

impl Picture {
    /// The directory that such entries make.
    pub fn of_directory(entries: &[DirectoryEntry], private: &[PrivateEntry]) -> Self {
        let mut picture = Self::default();
        for entry in entries {
            picture.list(entry);
        }
        picture.describe_agents(entries);
        for entry in private {
            picture.name(entry);
        }
        picture
    }

    /// The settings that are in force where these were loaded: all of them.
    pub fn of_settings(loaded: &[Setting]) -> Self {
        let mut picture = Self::default();
        let settings = Settings::of(loaded);
        let mut say =
            |key: &str, value: String| picture.say(Thing::only(Kind::Settings), key, value);
        say("restart_held_contacts", held(settings.restart_held_contacts).to_owned());
        say("release_on_reply", settings.release_on_reply.to_string());
        say("agent_copy_from", copy_from(settings.agent_copy_from).to_owned());
        say("keep_internal_cc", settings.keep_internal_cc.to_string());
        say("keep_external_cc", settings.keep_external_cc.to_string());
        say("quotes", quotes(settings.quotes).to_owned());
        say("signed_replies", signed_replies(settings.signed_replies).to_owned());
        let limits = [
            ("automatic_replies_per_address_day", settings.automatic_replies_per_address_day),
            ("automatic_replies_per_domain_hour", settings.automatic_replies_per_domain_hour),
            ("automatic_replies_per_hour", settings.automatic_replies_per_hour),
        ];
        limits.into_iter().for_each(|(key, count)| say(key, count.to_string()));
        say("withheld_attachments", settings.withheld_attachments.join(", "));
        say("running_contacts", running(settings.running_contacts).to_owned());
        say("agent_wait", duration(settings.agent_wait_ms));
        say("webhook_hosts", settings.webhook_hosts.join(", "));
        picture
    }

    fn list(&mut self, entry: &DirectoryEntry) {
        match entry {
            DirectoryEntry::Queue { name } => {
                self.say(Thing::new(Kind::Queue, name), "next_agent", "longest-idle");
            }
            DirectoryEntry::QueueRule { queue, rule } => self.rule(queue, rule),
            DirectoryEntry::Agent { number, capacity, .. } => {
                self.say(Thing::new(Kind::Agent, number), "capacity", capacity);
            }
            DirectoryEntry::AgentTeam { number, team } => {
                self.say(Thing::new(Kind::Agent, number), "team", team);
            }
            DirectoryEntry::Mailbox { name, application } => {
                self.say(Thing::new(Kind::Mailbox, name), "application", application);
            }
            DirectoryEntry::Internal { name } => {
                self.say_all(Thing::new(Kind::Internal, name), Default::default());
            }
            DirectoryEntry::Skill { name } => {
                self.say_all(Thing::new(Kind::Skill, name), Default::default());
            }
            DirectoryEntry::Team { name } => {
                self.say_all(Thing::new(Kind::Team, name), Default::default());
            }
            DirectoryEntry::Disposition { code } => {
                self.say_all(Thing::new(Kind::Disposition, code), Default::default());
            }
            DirectoryEntry::Schedule(schedule) => self.schedule(schedule),
            DirectoryEntry::AgentLevel { .. } | DirectoryEntry::AgentSkill { .. } => {}
        }
    }

    /// What agents serve and can do, each with its level where that is not the usual one.
    fn describe_agents(&mut self, entries: &[DirectoryEntry]) {
        let mut levels = BTreeMap::new();
        let mut skills: BTreeMap<AgentNumber, Vec<String>> = BTreeMap::new();
        for entry in entries {
            if let DirectoryEntry::AgentLevel { number, queue, level } = entry {
                levels.insert((number, queue), *level);
            } else if let DirectoryEntry::AgentSkill { number, skill, level } = entry {
                skills.entry(*number).or_default().push(levelled(skill.as_str(), *level));
            }
        }
        for entry in entries {
            let DirectoryEntry::Agent { number, queues, .. } = entry else { continue };
            let level = |queue| levels.get(&(number, queue)).copied().unwrap_or(LEVEL_DEFAULT);
            let served = queues.iter().map(|queue| levelled(queue.as_str(), level(queue)));
            let served: Vec<String> = served.collect();
            self.say(Thing::new(Kind::Agent, number), "queues", served.join(", "));
            if let Some(skills) = skills.get(number) {
                self.say(Thing::new(Kind::Agent, number), "skills", skills.join(", "));
            }
        }
    }

    fn name(&mut self, entry: &PrivateEntry) {
        match entry {
            PrivateEntry::Agent { number, name, address } => {
                self.say(Thing::new(Kind::Agent, number), "name", name);
                self.say(Thing::new(Kind::Agent, number), "address", address);
            }
            PrivateEntry::Mailbox { name, display_name, addresses } => {
                let internal = Thing::new(Kind::Internal, name);
                if self.keys(&internal).is_some() {
                    return addresses
                        .iter()
                        .for_each(|it| self.say(internal.clone(), "address", it));
                }
                let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                let mailbox = Thing::new(Kind::Mailbox, name);
                self.say(mailbox.clone(), "addresses", addresses.join(", "));
                if let Some(display_name) = display_name {
                    self.say(mailbox, "display_name", display_name);
                }
            }
        }
    }

    fn rule(&mut self, queue: &QueueName, rule: &QueueRule) {
        let mut say =
            |key: &str, value: String| self.say(Thing::new(Kind::Queue, queue), key, value);
        match rule {
            QueueRule::NextAgent(NextAgent::LongestIdle) => {}
            QueueRule::NextAgent(NextAgent::BestSkill) => {
                say("next_agent", "best-skill".to_owned())
            }
            QueueRule::NextAgent(NextAgent::HuntOrder(order)) => {
                let order: Vec<String> = order.iter().map(ToString::to_string).collect();
                say("next_agent", "hunt-order".to_owned());
                say("hunt_order", order.join(", "));
            }
            QueueRule::AcceptWithin { ms } => say("accept_within", duration(*ms)),
            QueueRule::ServiceLevel { percent, within_ms } => {
                say("service_level", format!("{percent} % within {}", duration(*within_ms)));
            }
            QueueRule::RaisePriority { every_ms, by, to } => {
                say("raise_priority", format!("every {} by {by} to {to}", duration(*every_ms)));
            }
            QueueRule::Overflow { after_ms, to } => {
                say("overflow", format!("after {} to {to}", duration(*after_ms)));
            }
            QueueRule::PreferLastAgent { wait_ms } => say("prefer_last_agent", duration(*wait_ms)),
            QueueRule::Dispositions { codes, required } => {
                let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
                if !codes.is_empty() {
                    say("dispositions", codes.join(", "));
                }
                say("disposition_required", required.to_string());
            }
        }
    }

    fn schedule(&mut self, schedule: &Schedule) {
        let thing = Thing::new(Kind::Schedule, &schedule.name);
        let days = schedule.days.iter().map(|day| {
            let date = format!("{}-{:02}-{:02} {}", day.year, day.month, day.day, day.name);
            std::iter::once(date).chain(day.hours.iter().map(span)).collect::<Vec<_>>().join(" ")
        });
        let days: Vec<String> = days.collect();
        self.say(thing.clone(), "zone", &schedule.zone);
        self.say(thing.clone(), "hours", week(schedule));
        if !days.is_empty() {
            self.say(thing, "holidays", days.join(", "));
        }
    }
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The hours of a week; days in a row with the same hours are written together.
fn week(schedule: &Schedule) -> String {
    let mut parts: Vec<(usize, usize, String)> = Vec::new();
    for (number, weekday) in (1_u8..=7).enumerate() {
        let of_day = schedule.hours.iter().filter(|hours| hours.weekday == weekday);
        let mut spans: Vec<Hours> = of_day.map(|hours| hours.hours).collect();
        spans.sort_by_key(|hours| hours.from);
        let spans: Vec<String> = spans.iter().map(span).collect();
        let spans = spans.join(" ");
        match parts.last_mut() {
            _ if spans.is_empty() => {}
            Some((_, last, same)) if *last + 1 == number && *same == spans => *last = number,
            _ => parts.push((number, number, spans)),
        }
    }
    let name = |day: usize| WEEKDAYS.get(day).copied().unwrap_or_default();
    let parts = parts.into_iter().map(|(first, last, spans)| match first == last {
        true => format!("{} {spans}", name(first)),
        false => format!("{}-{} {spans}", name(first), name(last)),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn span(hours: &Hours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", clock(hours.from), clock(hours.to))
}

fn levelled(name: &str, level: u8) -> String {
    if level == LEVEL_DEFAULT { name.to_owned() } else { format!("{name} (level {level})") }
}

fn held(held: HeldContacts) -> &'static str {
    match held {
        HeldContacts::Release => "release",
        HeldContacts::Keep => "keep",
    }
}

fn copy_from(from: CopyFrom) -> &'static str {
    match from {
        CopyFrom::Customer => "customer",
        CopyFrom::Via => "via",
    }
}

fn quotes(quotes: Quotes) -> &'static str {
    match quotes {
        Quotes::Redact => "redact",
        Quotes::Warn => "warn",
        Quotes::Allow => "allow",
    }
}

fn signed_replies(signed: SignedReplies) -> &'static str {
    match signed {
        SignedReplies::Refuse => "refuse",
        SignedReplies::Relay => "relay",
        SignedReplies::Strip => "strip",
    }
}

fn running(running: RunningContacts) -> &'static str {
    match running {
        RunningContacts::Finish => "finish",
        RunningContacts::Move => "move",
    }
}
