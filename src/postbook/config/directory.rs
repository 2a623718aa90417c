//! Who and what there is: applications, agents, skills, teams, disposition codes, schedules.

use std::path::PathBuf;

use event::{
    Address, AgentNumber, ApplicationName, DispositionCode, QueueName, ScheduleName, SkillName,
    TeamName,
};
use serde::Deserialize;
use toml::Spanned;

use super::{Checked, Day, Levelled, Week};

/// A workflow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    /// Its name.
    pub(crate) name: Spanned<Checked<ApplicationName>>,
    /// Its file.
    pub(crate) file: Spanned<PathBuf>,
}

/// An agent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    /// The number.
    pub(crate) number: Spanned<u32>,
    /// The name.
    pub(crate) name: String,
    /// Their own mailbox.
    pub(crate) address: Spanned<Checked<Address>>,
    /// The queues they serve.
    pub(crate) queues: Vec<Spanned<Levelled<QueueName>>>,
    /// What they can do.
    #[serde(default)]
    pub(crate) skills: Vec<Spanned<Levelled<SkillName>>>,
    /// The team they belong to.
    pub(crate) team: Option<Spanned<Checked<TeamName>>>,
    /// How many contacts they may hold at once.
    #[serde(default = "capacity")]
    pub(crate) capacity: Spanned<u16>,
}

/// Something that an agent can do and a contact may need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skill {
    /// Its name.
    pub(crate) name: Spanned<Checked<SkillName>>,
}

/// A team.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Team {
    /// Its name.
    pub(crate) name: Spanned<Checked<TeamName>>,
}

/// A disposition code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disposition {
    /// The code.
    pub(crate) code: Spanned<Checked<DispositionCode>>,
}

/// When somebody works.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// Its name.
    pub(crate) name: Spanned<Checked<ScheduleName>>,
    /// The time zone, as the IANA database names it.
    pub(crate) zone: String,
    /// The hours of an ordinary week, such as `Mon-Fri 09:00-17:30`.
    pub(crate) hours: Vec<Checked<Week>>,
    /// Days that are not as the week says, such as `2026-12-25 Christmas`.
    #[serde(default)]
    pub(crate) holidays: Vec<Checked<Day>>,
}

impl Agent {
    pub(crate) fn number(&self) -> AgentNumber {
        AgentNumber(*self.number.get_ref())
    }
}

impl Schedule {
    /// The schedule, as it is recorded.
    pub(crate) fn schedule(&self) -> event::Schedule {
        event::Schedule {
            name: self.name.get_ref().0.clone(),
            zone: self.zone.clone(),
            hours: self.hours.iter().flat_map(|week| week.0.0.iter().copied()).collect(),
            days: self.holidays.iter().map(|day| day.0.0.clone()).collect(),
        }
    }
}

fn capacity() -> Spanned<u16> {
    Spanned::new(0..0, 1)
}
