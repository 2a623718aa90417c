//! Open contacts that a new directory would leave where nobody looks.

use std::collections::{BTreeMap, BTreeSet};

use event::{ContactId, DirectoryEntry, Line, MailboxName, Position, SkillName};
use projections::{Course, OpenContact, Place};

use crate::View;
use crate::load_problem::{Affected, LoadProblem};

/// What an open contact needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Line(Line),
    Mailbox(MailboxName),
    Skill(SkillName),
}

/// Every need of open contacts that a directory of these entries does not meet.
pub(crate) fn orphans(view: &View<'_>, entries: &[DirectoryEntry]) -> Vec<LoadProblem> {
    let met: BTreeSet<Need> = entries.iter().filter_map(met_by).collect();
    let mut orphans: BTreeMap<Need, Vec<(Position, ContactId)>> = BTreeMap::new();
    for (contact, open) in view.hot.contacts.iter() {
        for need in needs(view, open).into_iter().filter(|need| !met.contains(need)) {
            orphans.entry(need).or_default().push((open.arrival, contact));
        }
    }
    let problem = |(need, mut contacts): (Need, Vec<(Position, ContactId)>)| {
        contacts.sort_unstable();
        let affected = Affected(contacts.into_iter().map(|(_, contact)| contact).collect());
        match need {
            Need::Line(Line::Queue(queue)) => LoadProblem::Queue(queue, affected),
            Need::Line(Line::Agent(agent)) => LoadProblem::Agent(agent, affected),
            Need::Mailbox(mailbox) => LoadProblem::Mailbox(mailbox, affected),
            Need::Skill(skill) => LoadProblem::Skill(skill, affected),
        }
    };
    orphans.into_iter().map(problem).collect()
}

fn met_by(entry: &DirectoryEntry) -> Option<Need> {
    match entry {
        DirectoryEntry::Queue { name } => Some(Need::Line(Line::Queue(name.clone()))),
        DirectoryEntry::Agent { number, .. } => Some(Need::Line(Line::Agent(*number))),
        DirectoryEntry::Mailbox { name, .. } | DirectoryEntry::Internal { name } => {
            Some(Need::Mailbox(name.clone()))
        }
        DirectoryEntry::Skill { name } => Some(Need::Skill(name.clone())),
        DirectoryEntry::AgentSkill { skill, .. } => Some(Need::Skill(skill.clone())),
        DirectoryEntry::QueueRule { .. }
        | DirectoryEntry::AgentLevel { .. }
        | DirectoryEntry::Team { .. }
        | DirectoryEntry::AgentTeam { .. }
        | DirectoryEntry::Disposition { .. }
        | DirectoryEntry::Schedule(_) => None,
    }
}

/// The mailbox a contact is answered from, the skills that whoever gets it must have, and the lines
/// it is in, goes back to, or may be sent to by the applications it is in.
fn needs(view: &View<'_>, open: &OpenContact) -> BTreeSet<Need> {
    let home = open.home.clone().map(Line::Queue);
    let line = match &open.place {
        Place::Waiting { line, .. } => Some(line.clone()),
        // Where an agent is to go, it goes back to the queue it was in before.
        Place::Held { line, .. } | Place::Leaving { line, .. } | Place::Parked { line, .. } => {
            home.is_none().then(|| line.clone())
        }
        Place::Forwarded { waited, .. } => waited.as_ref().map(|waited| waited.line.clone()),
        Place::Application => None,
    };
    let mut needs: BTreeSet<Need> = home.into_iter().chain(line).map(Need::Line).collect();
    needs.extend(open.skills.iter().map(|need| Need::Skill(need.skill.clone())));
    needs.insert(Need::Mailbox(open.mailbox.clone()));
    let running = open.course.iter().flat_map(Course::applications);
    for application in running.filter_map(|application| view.applications.get(application)) {
        let queues = application.queues().into_iter().cloned();
        needs.extend(queues.map(Line::Queue).map(Need::Line));
        needs.extend(application.skills().into_iter().cloned().map(Need::Skill));
    }
    needs
}
