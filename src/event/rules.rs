//! How queues are served, and when somebody works.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{AgentNumber, DispositionCode, QueueName, ScheduleName, SkillName};

/// One rule of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum QueueRule {
    /// Which free agent is next.
    NextAgent(NextAgent),
    /// An agent who does not accept a contact within this time loses it and is not ready.
    AcceptWithin {
        /// The time, in milliseconds.
        ms: u64,
    },
    /// What the queue should reach; it decides nothing.
    ServiceLevel {
        /// So many of a hundred contacts...
        percent: u8,
        /// ...are with an agent within this time, in milliseconds.
        within_ms: u64,
    },
    /// Whoever waits long is served sooner.
    RaisePriority {
        /// After each such time, in milliseconds...
        every_ms: u64,
        /// ...the priority rises by so much...
        by: u8,
        /// ...up to this one.
        to: u8,
    },
    /// Whoever waits too long goes to another queue.
    Overflow {
        /// After this time in the queue, in milliseconds.
        after_ms: u64,
        /// There.
        to: QueueName,
    },
    /// A contact first waits for the agent who handled its thread last.
    PreferLastAgent {
        /// For so long, in milliseconds; then it is anybody's.
        wait_ms: u64,
    },
    /// The disposition codes that may be set.
    Dispositions {
        /// The codes.
        codes: Vec<DispositionCode>,
        /// Whether a contact can be released without one.
        required: bool,
    },
}

/// Which free agent of a queue is next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum NextAgent {
    /// Who has been idle longest.
    #[default]
    LongestIdle,
    /// The first of this order; those it does not name come after it, by number.
    HuntOrder(Vec<AgentNumber>),
    /// Who serves the queue best; of those, who has been idle longest.
    BestSkill,
}

/// A skill a contact needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct SkillNeed {
    /// The skill.
    pub skill: SkillName,
    /// The least level, from 1 to 10.
    pub level: u8,
}

/// The hours in which somebody works.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Schedule {
    /// Its name.
    pub name: ScheduleName,
    /// The time zone, as the IANA database names it: `Europe/Paris`.
    pub zone: String,
    /// The hours of an ordinary week.
    pub hours: Vec<WeeklyHours>,
    /// Days that are not as the week says.
    pub days: Vec<SpecialDay>,
}

/// Open hours on one day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct WeeklyHours {
    /// From 1, Monday, to 7, Sunday (ISO 8601).
    pub weekday: u8,
    /// When they are.
    pub hours: Hours,
}

/// A span of a day, in minutes of local time since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Hours {
    /// The first minute.
    pub from: u16,
    /// The minute after the last one; 1440 is midnight.
    pub to: u16,
}

/// A day that is not as the week says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct SpecialDay {
    /// The year.
    pub year: i16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
    /// What it is.
    pub name: String,
    /// The open hours; none on a holiday.
    pub hours: Vec<Hours>,
}
