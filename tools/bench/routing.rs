//! Routing: how long one decision takes that gives a contact to an agent, with all that follows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use command::{Command, Envelope, Release, State};
use event::{
    Actor, AgentNumber, AgentPreferred, AgentState, ApplicationRef, Cause, CommandId, ContactId,
    DirectoryEntry, Event, Fact, Fingerprint, Line, Mark, MessageDigest, MessageRef, NextAgent,
    QueueName, QueueReason, QueueRule, SkillName, SkillNeed, SkillsRequired, Source, Step,
    ThreadId, Timestamp,
};
use projections::{Archive, DiskShelf, Hot, MemoryShelf, Shelf};
use serde_json::Value;

use crate::life::{digest, mixed};
use crate::measure::Durations;
use crate::report::{Report, rounded};

/// What there is on the floor.
#[derive(Args)]
pub(crate) struct Options {
    /// How many contacts wait, on the average.
    #[arg(long, default_value_t = 10_000)]
    waiting: u32,
    /// How many agents there are, all of them busy.
    #[arg(long, default_value_t = 1_000)]
    agents: u32,
    /// How many queues there are; each agent serves five.
    #[arg(long, default_value_t = 200)]
    queues: u32,
    /// How many skills there are; each agent has six.
    #[arg(long, default_value_t = 20)]
    skills: u32,
    /// How many times the floor is set up, and every agent becomes free once.
    #[arg(long, default_value_t = 20)]
    rounds: u32,
    /// A folder for the archive.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
}

const AGENT_FIRST: u32 = 1001;
const QUEUES_SERVED: u64 = 5;
const SKILLS_HAD: u64 = 6;

/// What waiting contacts want.
#[derive(Clone, Copy)]
enum Mix {
    Plain,
    Skills,
    Affinity,
}

impl Mix {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Skills => "one or two skills needed",
            Self::Affinity => "half of them wait for their last agent",
        }
    }
}

/// Runs the benchmark.
pub(crate) fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(
        "an agent becomes free and gets the next contact: decided and folded",
        &["contacts", "archive", "decisions", "median us", "p99 us", "max us"],
    );
    for mix in [Mix::Plain, Mix::Skills, Mix::Affinity] {
        for is_cold in [false, true] {
            let (mut taken, mut decisions) = (Durations::default(), 0);
            for round in 0..options.rounds.max(1) {
                let folder =
                    tempfile::tempdir_in(&options.folder).context("a folder to write in")?;
                let folder = folder.path();
                let took = Floor::new(options, mix, round, is_cold.then_some(folder))?;
                let took = took.release_all()?;
                decisions += took.len();
                taken.extend(took);
            }
            let figures =
                [500, 990, 1000].map(|permille| rounded(taken.quantile_ms(permille) * 1e3));
            let archive = if is_cold { "cold on disk" } else { "in memory" };
            let names = [mix.name(), archive].map(Value::from);
            report.row(names.into_iter().chain([decisions.into()]).chain(figures));
        }
    }
    Ok(report)
}

/// Busy agents, and contacts that wait.
struct Floor {
    state: State,
    held: Vec<(AgentNumber, ContactId)>,
}

impl Floor {
    /// Half the agents' number more than the average wait at first. The archive is in the folder, and
    /// nothing of it has been read; or in memory.
    fn new(options: &Options, mix: Mix, round: u32, folder: Option<&Path>) -> Result<Self> {
        let shelf: Arc<dyn Shelf> = match folder {
            Some(folder) => Arc::new(DiskShelf::open(&folder.join("views"))?),
            None => Arc::new(MemoryShelf::default()),
        };
        let (hot, archive) = (Hot::default(), Archive::open(shelf)?);
        let mut setting = Setting { hot, archive, names: Names::new(options)? };
        setting.fold(Fact::DirectoryLoaded { entries: setting.names.directory(options)? });
        let mut numbers = u64::from(round) << 40..;
        let mut held = Vec::new();
        for (number, agent) in numbers.by_ref().zip(AGENT_FIRST..AGENT_FIRST + options.agents) {
            let agent = AgentNumber(agent);
            setting.fold(Fact::AgentStateChanged { agent, state: AgentState::Ready });
            held.push((agent, setting.hold(agent, number)?));
        }
        for number in numbers.take((options.waiting + options.agents / 2) as usize) {
            setting.wait(mix, number, options.agents)?;
        }
        let Setting { hot, mut archive, .. } = setting;
        archive.flush()?;
        let state = State::new(hot, archive).map_err(|name| anyhow::anyhow!("{name}"))?;
        Ok(Self { state, held })
    }

    /// Every agent lets go of the contact they hold; gives how long it took where they got another.
    fn release_all(mut self) -> Result<Vec<Duration>> {
        let one = |(agent, contact): (AgentNumber, ContactId)| {
            let release = Release { agent: Some(agent), contact: Some(contact) };
            let envelope = Envelope {
                id: CommandId(0),
                time: self.state.hot().time.plus_ms(1),
                actor: Actor::Engine,
                command: Command::Release(release),
            };
            let started = Instant::now();
            let carried = self.state.carry_out(&envelope)?;
            let took = started.elapsed();
            let is_given =
                carried.events.iter().any(|event| event.fact.name() == "ContactAssigned");
            Ok(is_given.then_some(took))
        };
        self.held.into_iter().map(one).filter_map(Result::transpose).collect()
    }
}

/// The views while they are filled.
struct Setting {
    hot: Hot,
    archive: Archive,
    names: Names,
}

struct Names {
    queues: Vec<QueueName>,
    skills: Vec<SkillName>,
    application: ApplicationRef,
    source: Source,
    step: Step,
}

impl Names {
    fn new(options: &Options) -> Result<Self> {
        let application = ApplicationRef { name: "floor".parse()?, version: 1 };
        let queue = |number| Ok(format!("queue {number}").parse()?);
        let skill = |number| Ok(format!("skill {number}").parse()?);
        Ok(Self {
            queues: (0..options.queues).map(queue).collect::<Result<_>>()?,
            skills: (0..options.skills).map(skill).collect::<Result<_>>()?,
            step: Step { application: application.clone(), action: "queue".parse()?, visit: 1 },
            application,
            source: Source {
                mailbox: "floor".parse()?,
                mark: Mark::Imap { uid_validity: 1, uid: 1 },
            },
        })
    }

    fn directory(&self, options: &Options) -> Result<Vec<DirectoryEntry>> {
        let mut entries = Vec::new();
        for (name, number) in self.queues.iter().zip(0..) {
            entries.push(DirectoryEntry::Queue { name: name.clone() });
            let next = if number % 2 == 0 { NextAgent::LongestIdle } else { NextAgent::BestSkill };
            let rule = QueueRule::NextAgent(next);
            entries.push(DirectoryEntry::QueueRule { queue: name.clone(), rule });
        }
        for agent in 0..options.agents {
            let number = AgentNumber(AGENT_FIRST + agent);
            let seed = |nth: u64| u64::from(agent) << 32 | nth;
            let queues = (0..QUEUES_SERVED).map(|nth| pick(&self.queues, seed(nth)));
            let queues = queues.collect::<Result<_>>()?;
            entries.push(DirectoryEntry::Agent { number, queues, capacity: 1 });
            for nth in 0..SKILLS_HAD {
                let (skill, level) = (pick(&self.skills, seed(100 + nth))?, level(seed(nth)));
                entries.push(DirectoryEntry::AgentSkill { number, skill, level });
            }
        }
        Ok(entries)
    }
}

impl Setting {
    fn fold(&mut self, fact: Fact) {
        let at = self.hot.position.next();
        let cause = Cause::Command(CommandId(at.0));
        let (time, actor) = (Timestamp(at.0), Actor::Engine);
        let event = Event { time, actor, cause, fact, private: None };
        self.hot.apply(at, &event);
        self.archive.apply(at, &event);
    }

    /// A contact whose application has ended.
    fn arrive(&mut self, number: u64) -> ContactId {
        let digest = digest(number);
        let contact = ContactId::from_digest(&digest);
        self.fold(Fact::ContactArrived {
            contact,
            thread: ThreadId(contact),
            source: self.names.source.clone(),
            message: MessageRef { digest: MessageDigest(digest), size: 5_000 },
            fingerprint: Fingerprint([0; 16]),
            application: self.names.application.clone(),
            received: Timestamp(0),
            repeated_message_id: false,
        });
        self.fold(Fact::StepTaken { contact, step: self.names.step.clone(), exit: None });
        contact
    }

    fn queue(&mut self, contact: ContactId, queue: QueueName, number: u64) {
        let (line, entered) = (Line::Queue(queue), Timestamp(self.hot.position.0));
        let priority = (mixed(number) % 10) as u8;
        let reason = QueueReason::Application;
        self.fold(Fact::ContactQueued { contact, line, priority, entered, reason });
    }

    /// A contact that an agent has.
    fn hold(&mut self, agent: AgentNumber, number: u64) -> Result<ContactId> {
        let contact = self.arrive(number);
        let queue = pick(&self.names.queues, number)?;
        self.queue(contact, queue.clone(), number);
        self.fold(Fact::ContactAssigned {
            contact,
            thread: ThreadId(contact),
            line: Line::Queue(queue),
            agent,
            arrival: self.hot.position,
            waited_ms: 0,
            idle_ms: 0,
        });
        Ok(contact)
    }

    /// A contact that waits.
    fn wait(&mut self, mix: Mix, number: u64, agents: u32) -> Result<()> {
        let contact = self.arrive(number);
        let last = match mix {
            Mix::Affinity if number.is_multiple_of(2) => Some(agent(number, agents)),
            Mix::Plain | Mix::Skills | Mix::Affinity => None,
        };
        if let Mix::Skills = mix {
            let need = |seed| -> Result<SkillNeed> {
                Ok(SkillNeed { skill: pick(&self.names.skills, seed)?, level: level(seed).min(8) })
            };
            let seeds = (0..=number % 2).map(|nth| number ^ (nth << 60));
            let skills = seeds.map(need).collect::<Result<_>>()?;
            self.fold(SkillsRequired { contact, skills }.into());
        }
        let served = last.and_then(|agent| self.hot.agents.get(agent)).map(|agent| &agent.queues);
        let queue = pick(served.unwrap_or(&self.names.queues), number)?;
        self.queue(contact, queue, number);
        if let Some(agent) = last {
            self.fold(AgentPreferred { contact, agent, until: Timestamp(u64::MAX) }.into());
        }
        Ok(())
    }
}

fn agent(number: u64, agents: u32) -> AgentNumber {
    AgentNumber(AGENT_FIRST + (mixed(number) % u64::from(agents)) as u32)
}

/// A level from 1 to 10.
fn level(number: u64) -> u8 {
    1 + (mixed(number ^ (1 << 61)) % 10) as u8
}

fn pick<T: Clone>(choices: &[T], number: u64) -> Result<T> {
    let place = mixed(number ^ (1 << 62)) % choices.len().max(1) as u64;
    choices.get(place as usize).cloned().context("there is nothing to choose from")
}
