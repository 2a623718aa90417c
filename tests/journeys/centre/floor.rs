//! The agents and their supervisors at work: what they do with each contact follows from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use harness::{Mail, Program, Random, Servers, within};
use serde_json::Value;

use super::super::happenings::Happening;
use super::super::office::{LONG, Office, text};
use super::build::{ACCOUNTS, Member};
use super::letters::{Letter, number_of};

/// So many people type at once.
const HANDS: usize = 4;
/// Who is put in Cc by agents, and must stay unknown to customers.
pub(crate) const EXPERT: &str = "expert@ext.com";

/// Something a person does next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Act {
    /// Answer by mail, with or without the expert in Cc.
    Answer {
        copied: bool,
    },
    /// Note and label it, then answer.
    Note,
    /// Set the disposition code, where that is needed only after it was refused without, and release.
    Finish,
    /// Do without an answer.
    Dismiss,
    /// To somebody else, or to a queue.
    TransferTo(u32),
    TransferToQueue(&'static str),
    /// Put it aside, and take it back.
    Park,
    Decline,
    /// Take contacts again.
    Ready,
}

/// One act, of whom, and about which contact.
#[derive(Clone, Debug)]
struct Task {
    agent: u32,
    contact: String,
    /// How often the contact has been delivered, to whomever: who is slow to accept it may still
    /// answer, beside the one who gets it next.
    delivery: u64,
    act: Act,
}

/// An answer that an agent wrote.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) contact: String,
    /// Words that only this answer has.
    pub(crate) token: String,
}

/// Everybody at work.
pub(crate) struct Floor<'a> {
    pub(crate) office: Office<'a>,
    pub(crate) members: Vec<Member>,
    random: Random,
    /// How many events are known.
    known: usize,
    /// The letter each contact is.
    pub(crate) letters: BTreeMap<String, usize>,
    filed: BTreeSet<usize>,
    /// Contacts that are not released.
    pub(crate) open: BTreeSet<String>,
    /// Contacts that wait for nobody any more in their application.
    queued: BTreeSet<String>,
    deliveries: BTreeMap<String, u64>,
    holders: BTreeMap<String, u32>,
    todo: Vec<Task>,
    /// Contacts that have been answered or dismissed and only want to be finished.
    done: BTreeSet<String>,
    pub(crate) answers: Vec<Answer>,
    /// Commands that were refused, with what was said.
    pub(crate) refused: Vec<(String, String)>,
    /// How often a release was refused for want of a disposition code.
    pub(crate) reminded: usize,
    absent: BTreeSet<u32>,
}

impl<'a> Floor<'a> {
    pub(crate) fn new(office: Office<'a>, members: Vec<Member>, random: Random) -> Self {
        Self {
            office,
            members,
            random,
            known: 0,
            letters: BTreeMap::new(),
            filed: BTreeSet::new(),
            open: BTreeSet::new(),
            queued: BTreeSet::new(),
            deliveries: BTreeMap::new(),
            holders: BTreeMap::new(),
            todo: Vec::new(),
            done: BTreeSet::new(),
            answers: Vec::new(),
            refused: Vec::new(),
            reminded: 0,
            absent: BTreeSet::new(),
        }
    }

    /// Puts letters into their mailboxes.
    pub(crate) fn post(&self, letters: &[Letter]) -> Result<()> {
        for account in ACCOUNTS {
            let own = letters.iter().filter(|letter| letter.mailbox.addresses().1 == account);
            self.office.servers.fill(account, own.map(|letter| letter.raw.as_slice()))?;
        }
        Ok(())
    }

    /// Waits until so many letters have arrived.
    pub(crate) fn arrived(&mut self, count: usize) -> Result<()> {
        within(LONG, &format!("{count} letters have arrived"), || {
            self.look()?;
            Ok((self.letters.len() + self.filed.len() >= count).then_some(()))
        })
    }

    /// Waits until every open contact waits for people.
    pub(crate) fn lined_up(&mut self) -> Result<()> {
        within(LONG, "every contact is lined up or ended", || {
            self.look()?;
            Ok(self.open.is_subset(&self.queued).then_some(()))
        })
    }

    /// Everybody but those who stay away takes contacts.
    pub(crate) fn sign_in(&self) -> Result<()> {
        self.each(|program, agent| program.text(&["agent", "ready", agent]).map(|_| ()))
    }

    /// Everybody goes home.
    pub(crate) fn sign_out(&self) -> Result<()> {
        self.each(|program, agent| program.text(&["agent", "sign-out", agent]).map(|_| ()))
    }

    /// Some stay away from now on.
    pub(crate) fn leave(&mut self, agents: &[u32]) -> Result<()> {
        for agent in agents {
            self.office.program.text(&["agent", "sign-out", &agent.to_string()])?;
            self.absent.insert(*agent);
        }
        Ok(())
    }

    pub(crate) fn is_absent(&self, agent: u32) -> bool {
        self.absent.contains(&agent)
    }

    fn each(&self, act: impl Fn(&Program, &str) -> Result<()>) -> Result<()> {
        let present = self.members.iter().filter(|it| !self.absent.contains(&it.agent.number));
        present
            .into_iter()
            .try_for_each(|it| act(&self.office.program, &it.agent.number.to_string()))
    }

    /// What supervisors do while nobody is at work yet: some contacts go first, some elsewhere.
    pub(crate) fn supervise(&mut self) -> Result<()> {
        for row in self.office.queue("languages")?.iter().take(2) {
            self.supervised(&["move", &text(row, "contact"), "--to-queue", "general"])?;
        }
        let waiting = self.office.queue("general")?;
        for row in waiting.iter().rev().take(3) {
            self.supervised(&["prioritise", &text(row, "contact"), "40"])?;
        }
        for row in waiting.iter().take(2) {
            self.supervised(&["move", &text(row, "contact"), "--to-agent", "1005"])?;
        }
        Ok(())
    }

    fn supervised(&self, arguments: &[&str]) -> Result<()> {
        let arguments: Vec<&str> = ["contact"].iter().chain(arguments).copied().collect();
        self.office.program.text(&arguments).map(|_| ())
    }

    /// Supervisors give waiting contacts to people who have room, and people help themselves.
    pub(crate) fn hand_out(&mut self) -> Result<()> {
        let waiting = self.office.queue("complaints")?;
        for (row, agent) in waiting.iter().rev().zip(["1017", "1018"]) {
            self.office.program.text(&["agent", "not-ready", agent])?;
            self.office.program.text(&["contact", "assign", &text(row, "contact"), agent])?;
        }
        let waiting = self.office.queue("orders")?;
        if let Some(row) = waiting.last() {
            self.office.program.text(&["agent", "not-ready", "1016"])?;
            self.office.program.text(&["agent", "pull", "1016", &text(row, "contact")])?;
        }
        Ok(())
    }

    /// Works until nothing is open, or `enough` says so.
    pub(crate) fn work(&mut self, mut enough: impl FnMut(&Self) -> bool) -> Result<()> {
        within(LONG, "everything is done", || {
            self.look()?;
            self.perform()?;
            Ok((enough(self) || (self.open.is_empty() && self.todo.is_empty())).then_some(()))
        })
        .with_context(|| format!("open: {:?}", self.whereabouts()))
    }

    fn whereabouts(&self) -> Vec<String> {
        let listed = self.office.program.json(&["contact", "list"]).unwrap_or_default();
        let listed = listed.as_array().cloned().unwrap_or_else(|| vec![listed]);
        listed.iter().map(Value::to_string).collect()
    }

    /// Sends again what may not have arrived, until nothing is left to be sent.
    pub(crate) fn settle(&mut self) -> Result<()> {
        within(LONG, "everything is sent", || {
            let left = self.office.outbox()?;
            for entry in left.iter().filter(|entry| text(entry, "state") == "uncertain") {
                let id = entry.get("id").map(Value::to_string).context("it has an id")?;
                // A moment later it may be on its way.
                self.office.program.run(&["outbox", "send-again", &id])?;
            }
            Ok(left.is_empty().then_some(()))
        })?;
        self.office.servers.wait_until_delivered()
    }

    /// Learns what happened.
    pub(crate) fn look(&mut self) -> Result<()> {
        let news = self.office.news(self.known)?;
        self.known += news.len();
        news.iter().try_for_each(|happening| self.learn(happening))
    }

    fn learn(&mut self, happening: &Happening) -> Result<()> {
        let contact = happening.text("contact");
        match happening.kind.as_str() {
            "ContactArrived" => {
                self.letters.insert(contact.clone(), letter(happening)?);
                self.open.insert(contact);
            }
            "MailFiled" => {
                self.filed.insert(letter(happening)?);
            }
            "ContactQueued" => {
                self.queued.insert(contact);
            }
            "ContactReleased" => {
                self.open.remove(&contact);
            }
            "ContactAssigned" => {
                self.holders.insert(contact, u32::try_from(happening.number("agent"))?);
            }
            "ContactDelivered" => self.delivered(happening, contact)?,
            "ReplyReceived" => {
                if let Some(agent) = handler(happening) {
                    self.done.insert(contact.clone());
                    self.plan(agent, contact, Act::Finish);
                }
            }
            "ContactRequeued" => {
                let agent = *self.holders.get(&contact).context("somebody had it")?;
                self.plan(agent, contact, Act::Ready);
            }
            _ => {}
        }
        Ok(())
    }

    /// What an agent does with what they got: the second time they answer.
    fn delivered(&mut self, happening: &Happening, contact: String) -> Result<()> {
        let Some(agent) = handler(happening) else { return Ok(()) };
        let count = self.deliveries.entry(contact.clone()).or_default();
        *count += 1;
        let number = *self.letters.get(&contact).context("it arrived")?;
        let choice = self.random.part(90_000 + number as u64).below(16);
        let act = match choice {
            _ if *count > 1 => Act::Answer { copied: false },
            0 | 1 => Act::Answer { copied: true },
            2 => Act::Note,
            3 => Act::Dismiss,
            4 => Act::TransferTo(if agent == 1006 { 1007 } else { 1006 }),
            5 => Act::TransferToQueue("general"),
            6 | 7 => Act::Park,
            8 => Act::Decline,
            // In `gold` who does not accept loses it.
            9 if self.queue_of(happening, &contact)? == "gold" => return Ok(()),
            _ => Act::Answer { copied: false },
        };
        self.plan(agent, contact, act);
        Ok(())
    }

    fn queue_of(&self, before: &Happening, contact: &str) -> Result<String> {
        let assigned = self.office.all("ContactAssigned")?;
        let last = assigned
            .into_iter()
            .rev()
            .find(|it| it.position < before.position && it.text("contact") == contact);
        let line = last.and_then(|it| it.fact["line"]["Queue"].as_str().map(str::to_owned));
        Ok(line.unwrap_or_default())
    }

    fn plan(&mut self, agent: u32, contact: String, act: Act) {
        let delivery = self.deliveries.get(&contact).copied().unwrap_or_default();
        self.todo.push(Task { agent, contact, delivery, act });
    }

    /// Everybody does what they have to do.
    fn perform(&mut self) -> Result<()> {
        let tasks = std::mem::take(&mut self.todo);
        let outcomes = Mutex::new(Vec::new());
        let queue = Mutex::new(tasks.into_iter());
        let (program, servers) = (&self.office.program, self.office.servers);
        let members = &self.members;
        thread::scope(|scope| {
            let hands: Vec<_> = (0..HANDS)
                .map(|_| {
                    scope.spawn(|| {
                        loop {
                            let Some(task) = queue.lock().ok().and_then(|mut it| it.next()) else {
                                return;
                            };
                            let outcome = perform(program, servers, members, &task);
                            if let Ok(mut outcomes) = outcomes.lock() {
                                outcomes.push((task, outcome));
                            }
                        }
                    })
                })
                .collect();
            hands.into_iter().try_for_each(|hand| hand.join())
        })
        .map_err(|_| anyhow!("somebody panicked"))?;
        let outcomes = outcomes.into_inner().map_err(|_| anyhow!("somebody panicked"))?;
        let mut replies = Vec::new();
        for (task, outcome) in outcomes {
            match outcome? {
                Outcome::Done => {}
                Outcome::NotYet => self.todo.push(task),
                Outcome::Reminded => self.reminded += 1,
                Outcome::Refused(said) => self.refused.push((task.contact, said)),
                Outcome::Written(raw, token) => {
                    self.answers.push(Answer { contact: task.contact, token });
                    replies.push(raw);
                }
            }
        }
        self.office.servers.fill(ACCOUNTS[3], replies.iter().map(Vec::as_slice))
    }
}

/// What came of a task.
enum Outcome {
    Done,
    /// The copy is not in the mailbox yet.
    NotYet,
    /// A release was refused first for want of a code.
    Reminded,
    Refused(String),
    Written(Vec<u8>, String),
}

fn perform(
    program: &Program,
    servers: &Servers,
    members: &[Member],
    task: &Task,
) -> Result<Outcome> {
    let agent = task.agent.to_string();
    let (agent, contact) = (agent.as_str(), task.contact.as_str());
    let run = |arguments: &[&str]| -> Result<Outcome> {
        let output = program.run(arguments)?;
        Ok(if output.status.success() {
            Outcome::Done
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Outcome::Refused(format!("{}: {said}", arguments.join(" ")))
        })
    };
    match &task.act {
        Act::Answer { copied } => answer(servers, members, task, *copied),
        Act::Note => {
            run(&["agent", "note", agent, "Looked it up.", contact])?;
            run(&["agent", "tag", agent, "looked up", contact])?;
            answer(servers, members, task, false)
        }
        Act::Finish => {
            let early = run(&["agent", "release", agent, contact])?;
            let reminded = match early {
                Outcome::Refused(said) if said.contains("disposition") => true,
                other => return Ok(other),
            };
            for step in [
                &["agent", "disposition", agent, "solved", contact][..],
                &["agent", "release", agent, contact],
            ] {
                if let Outcome::Refused(said) = run(step)? {
                    return Ok(Outcome::Refused(said));
                }
            }
            Ok(if reminded { Outcome::Reminded } else { Outcome::Done })
        }
        Act::Dismiss => {
            let wrong = run(&["agent", "disposition", agent, "made up", contact])?;
            ensure!(matches!(wrong, Outcome::Refused(_)), "a code that does not exist was taken");
            run(&["agent", "disposition", agent, "solved", contact])?;
            run(&["agent", "release", agent, contact])
        }
        Act::TransferTo(other) => {
            let note = "Please have a look.";
            let other = other.to_string();
            run(&["agent", "transfer", agent, contact, "--to-agent", &other, "--note", note])
        }
        Act::TransferToQueue(queue) => {
            run(&["agent", "transfer", agent, contact, "--to-queue", queue])
        }
        Act::Park => match run(&["agent", "park", agent, contact, "--until-answer"])? {
            Outcome::Done => run(&["agent", "unpark", agent, contact]),
            other => Ok(other),
        },
        Act::Decline => run(&["agent", "decline", agent, contact, "--reason", "lunch"]),
        Act::Ready => run(&["agent", "ready", agent]),
    }
}

/// The agent answers in their own mail client, once the copy is there.
fn answer(servers: &Servers, members: &[Member], task: &Task, copied: bool) -> Result<Outcome> {
    let member = members.iter().find(|it| it.agent.number == task.agent);
    let agent = &member.context("agents are listed")?.agent;
    let copies: Vec<Mail> = servers
        .mailbox(&agent.address)?
        .into_iter()
        .filter(|mail| mail.field("X-Postbook-Contact") == task.contact)
        .collect();
    let Some(copy) = copies.last() else { return Ok(Outcome::NotYet) };
    let token = format!("Answer {} of {}.", task.delivery, task.contact);
    let others: &[&str] = if copied { &[EXPERT] } else { &[] };
    Ok(Outcome::Written(agent.reply_with_copies(copy, others, &token).raw, token))
}

/// The letter that an event is about.
fn letter(happening: &Happening) -> Result<usize> {
    let id = happening.private["Mail"]["message_id"].as_str().unwrap_or_default();
    match number_of(id) {
        Some(number) => Ok(number),
        None => bail!("whose is {id}? {happening:?}"),
    }
}

/// The agent whom an event names.
fn handler(happening: &Happening) -> Option<u32> {
    u32::try_from(happening.fact["handler"]["Agent"].as_u64()?).ok()
}
