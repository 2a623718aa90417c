//! Reads what an action of each kind does; those that take much have files of their own.

use event::{
    AgentNumber, ApplicationName, MailboxName, QueueName, ScheduleName, SkillName, SkillNeed,
};
use toml::de::DeValue;

use crate::part::{Part, integer};
use crate::reading::{Entry, Place};
use crate::surroundings::Mention;
use crate::{ActionKind, AgentRef, Expression, Template};

/// The priority of a contact where the application names none.
pub(crate) const PRIORITY_DEFAULT: u8 = 5;
/// The level of a skill where the application names none.
const LEVEL_DEFAULT: u8 = 1;

pub(crate) fn wait_for_email(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let mut mailboxes = Vec::new();
    if let Some(entry) = part.get("mailboxes") {
        for (name, at) in part.texts("mailboxes", entry)? {
            let name: MailboxName = part.ok("mailboxes", &at, name.parse())?;
            part.reading.mention(&at, Mention::Mailbox(name.clone()));
            mailboxes.push(name);
        }
    }
    Some(ActionKind::WaitForEmail { mailboxes })
}

pub(crate) fn queue(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let (priority, skills) = (priority(part), skills(part));
    let (queue, at): (QueueName, Place) = part.name("queue")?;
    part.reading.mention(&at, Mention::Queue(queue.clone()));
    Some(ActionKind::Queue { queue, priority: priority?, skills: skills? })
}

pub(crate) fn route_to_agent(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let (agent, priority) = (agent(part), priority(part));
    let wait = part.need("wait")?;
    let wait_ms = part.duration("wait", wait)?;
    Some(ActionKind::RouteToAgent { agent: agent?, wait_ms, priority: priority? })
}

pub(crate) fn transfer_to_address(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    Some(ActionKind::TransferToAddress { address: part.template("address", Template::parse)? })
}

pub(crate) fn set_parameter(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let (parameter, value) = (part.name("parameter"), part.template("value", Template::parse));
    Some(ActionKind::SetParameter { parameter: parameter?.0, value: value? })
}

pub(crate) fn choose_by_schedule(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let (schedule, at): (ScheduleName, Place) = part.name("schedule")?;
    part.reading.mention(&at, Mention::Schedule(schedule.clone()));
    Some(ActionKind::ChooseBySchedule { schedule })
}

pub(crate) fn branch(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let entry = part.need("when")?;
    let text = part.text("when", entry)?;
    let condition = part.ok("when", &entry.span(), Expression::parse(text))?;
    part.mention_names(&entry.span(), condition.names());
    Some(ActionKind::Branch { condition })
}

pub(crate) fn wait(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let ms = match (part.get("wait"), part.get("seconds")) {
        (Some(entry), None) => part.duration("wait", entry)?,
        (None, Some(entry)) => {
            let seconds = part.number("seconds", entry, [0, u32::MAX.into()])?;
            u64::try_from(seconds).ok()?.checked_mul(1_000)?
        }
        (Some(_), Some(entry)) => {
            part.reading.refuse(
                &entry.span(),
                "`seconds` and `wait` say the same",
                Some("keep `wait`".to_owned()),
            );
            return None;
        }
        (None, None) => {
            part.need("wait");
            return None;
        }
    };
    Some(ActionKind::Wait { ms })
}

pub(crate) fn note(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    Some(ActionKind::Note { text: part.template("text", Template::parse)? })
}

pub(crate) fn tag(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    Some(ActionKind::Tag { tag: part.name("tag")?.0 })
}

pub(crate) fn run_application(part: &mut Part<'_, '_>) -> Option<ActionKind> {
    let (application, at): (ApplicationName, Place) = part.name("application")?;
    part.reading.mention(&at, Mention::Application(application.clone()));
    Some(ActionKind::RunApplication { application })
}

pub(crate) fn end(_: &mut Part<'_, '_>) -> Option<ActionKind> {
    Some(ActionKind::End)
}

fn priority(part: &mut Part<'_, '_>) -> Option<u8> {
    match part.get("priority") {
        Some(entry) => u8::try_from(part.number("priority", entry, [0, 255])?).ok(),
        None => Some(PRIORITY_DEFAULT),
    }
}

fn skills(part: &mut Part<'_, '_>) -> Option<Vec<SkillNeed>> {
    let Some(entry) = part.get("skills") else { return Some(Vec::new()) };
    let list = part.list("skills", entry)?;
    list.iter().map(|entry| skill(part, entry)).collect()
}

/// A skill by its name, or with its level.
fn skill<'t>(part: &mut Part<'_, 't>, entry: &'t Entry<'t>) -> Option<SkillNeed> {
    let mut level = LEVEL_DEFAULT;
    let name = match entry.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "skill" => {}
                    "level" => level = u8::try_from(part.number("level", value, [1, 10])?).ok()?,
                    other => part.reading.remark(
                        &key.span(),
                        format!("`{other}` means nothing to a skill; allowed: skill, level"),
                        None,
                    ),
                }
            }
            let name = table.get("skill");
            if name.is_none() {
                part.reading.refuse(&entry.span(), "a skill needs `skill`, its name", None);
            }
            name?
        }
        _ => entry,
    };
    let text = part.text("skills", name)?;
    let skill: SkillName = part.ok("skills", &name.span(), text.parse())?;
    part.reading.mention(&name.span(), Mention::Skill(skill.clone()));
    Some(SkillNeed { skill, level })
}

/// An agent's number, as a number or as text, or a template that gives one.
fn agent(part: &mut Part<'_, '_>) -> Option<AgentRef> {
    let entry = part.need("agent")?;
    let at = entry.span();
    let number = match integer(entry.get_ref()) {
        Some(_) => Some(part.number("agent", entry, [0, u32::MAX.into()])?),
        None => part.text("agent", entry)?.parse().ok(),
    };
    if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
        let number = AgentNumber(number);
        part.reading.mention(&at, Mention::Agent(number));
        return Some(AgentRef::Number(number));
    }
    let template = part.template("agent", Template::parse)?;
    if template.names().is_empty() {
        let hint = "give a number, or a variable such as \"{{ thread.last_handling_agent }}\"";
        part.reading.refuse(&at, "`agent` is not the number of an agent", Some(hint.to_owned()));
        return None;
    }
    Some(AgentRef::Variable(template))
}
