//! Applications: which there are, their texts, and which ways contacts took through them.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use engine::Views;
use event::{
    ActionName, ApplicationName, ApplicationRef, ContactId, ExitName, Fact, Position, Step,
    StepFact, Timestamp,
};
use log::EventLog;
use projections::{DONE, Directory};

use super::{QueryError, person};
use crate::answer::{Application, ApplicationVersion, Way, instant};

/// How often a scan tells how far it is.
const PROGRESS_EVENTS: u64 = 10_000;

/// Every application, by name.
pub fn applications(views: &Views<'_>) -> Vec<Application> {
    let mut open: BTreeMap<&ApplicationName, BTreeMap<u32, usize>> = BTreeMap::new();
    for (_, contact) in views.hot.contacts.iter() {
        let ApplicationRef { name, version } = &contact.application;
        *open.entry(name).or_default().entry(*version).or_default() += 1;
    }
    let directory = &views.hot.directory;
    let listed = directory.newest_versions().filter_map(|(reference, _)| {
        let publication = directory.publication(&reference)?;
        let name = &reference.name;
        let mailboxes = directory.mailboxes.iter();
        let mailboxes = mailboxes.filter(|(_, entry)| entry.application.as_ref() == Some(name));
        Some(Application {
            version: reference.version,
            published: instant(publication.time),
            by: person(&publication.by),
            mailboxes: mailboxes.map(|(mailbox, _)| mailbox.to_string()).collect(),
            open: open.remove(name).unwrap_or_default(),
            name: name.to_string(),
        })
    });
    listed.collect()
}

/// One version of an application; the newest where none is named.
pub fn application(
    directory: &Directory,
    name: &ApplicationName,
    version: Option<u32>,
) -> Result<ApplicationVersion, QueryError> {
    let (newest, _) = directory.newest(name).ok_or_else(|| absent(directory, name))?;
    let version = version.unwrap_or(newest.version);
    let reference = ApplicationRef { name: name.clone(), version };
    let publication = directory.publication(&reference).ok_or_else(|| {
        let newest = newest.version;
        QueryError::Unknown(format!(
            "application `{name}` has no version {version}; the newest is {newest}"
        ))
    })?;
    Ok(ApplicationVersion {
        name: name.to_string(),
        version,
        published: instant(publication.time),
        by: person(&publication.by),
        text: publication.text.clone(),
        files: directory.files(&reference).map(|(name, _)| name.to_owned()).collect(),
    })
}

fn absent(directory: &Directory, name: &ApplicationName) -> QueryError {
    let known: Vec<String> =
        directory.newest_versions().map(|(known, _)| known.name.to_string()).collect();
    let known = if known.is_empty() { "none at all".to_owned() } else { known.join(", ") };
    QueryError::Unknown(format!("there is no application `{name}`; there are: {known}"))
}

/// How often contacts left the actions of an application by which exit in a period, whatever its
/// version; `progress` is told the position reached now and then.
pub fn ways(
    log: &dyn EventLog,
    name: &ApplicationName,
    period: &Range<Timestamp>,
    progress: &mut dyn FnMut(Position),
) -> Result<Vec<Way>, QueryError> {
    let mut counts: BTreeMap<(ActionName, Option<ExitName>), u64> = BTreeMap::new();
    let mut elsewhere = Elsewhere::of(name);
    log.scan(first_at(log, period.start)?, &mut |recorded| {
        if recorded.position.0.is_multiple_of(PROGRESS_EVENTS) {
            progress(recorded.position);
        }
        if recorded.event.time >= period.end {
            return ControlFlow::Break(());
        }
        let fact = &recorded.event.fact;
        let taken = taken(fact).filter(|(_, step, _)| step.application.name == *name);
        let taken = taken.map(|(_, step, exit)| (step.action.clone(), exit.cloned()));
        for left in taken.into_iter().chain(elsewhere.left(fact)) {
            *counts.entry(left).or_default() += 1;
        }
        ControlFlow::Continue(())
    })?;
    let way = |((action, exit), count): ((ActionName, Option<ExitName>), u64)| Way {
        action: action.to_string(),
        exit: exit.map(|exit| exit.to_string()),
        count,
    };
    Ok(counts.into_iter().map(way).collect())
}

/// Actions of an application that a contact leaves by facts about other things.
struct Elsewhere<'a> {
    application: &'a ApplicationName,
    /// Those that run parts, the outermost first; `None` is an action of another application.
    callers: BTreeMap<ContactId, Vec<Option<ActionName>>>,
    /// Those that passed the contact on.
    forwarded: BTreeMap<ContactId, ActionName>,
}

impl<'a> Elsewhere<'a> {
    fn of(application: &'a ApplicationName) -> Self {
        Self { application, callers: BTreeMap::new(), forwarded: BTreeMap::new() }
    }

    /// The action that is left by a fact that does not name it: one whose part ended, or one whose copy
    /// arrived, with which the contact ends.
    fn left(&mut self, fact: &Fact) -> Option<(ActionName, Option<ExitName>)> {
        match fact {
            Fact::Step(StepFact::SubApplicationEntered(entered)) => {
                let own = self.own(&entered.step);
                self.callers.entry(entered.contact).or_default().push(own);
                None
            }
            Fact::Step(StepFact::ContactForwarded(forwarded)) => {
                let own = self.own(&forwarded.step)?;
                self.forwarded.insert(forwarded.contact, own);
                None
            }
            Fact::Step(StepFact::ActionTaken(taken)) => {
                self.forwarded.remove(&taken.contact);
                let ended = taken.exit.is_none();
                let caller = self.callers.get_mut(&taken.contact).filter(|_| ended)?.pop()?;
                Some((caller?, ExitName::new(DONE).ok()))
            }
            Fact::ContactRestarted { contact } | Fact::ContactAssigned { contact, .. } => {
                self.callers.remove(contact);
                None
            }
            Fact::ContactReleased { contact, .. } => {
                self.callers.remove(contact);
                Some((self.forwarded.remove(contact)?, None))
            }
            _ => None,
        }
    }

    fn own(&self, step: &Step) -> Option<ActionName> {
        (step.application.name == *self.application).then(|| step.action.clone())
    }
}

/// The step of an application that a fact tells of, and the exit by which the action was left.
pub(crate) fn taken(fact: &Fact) -> Option<(ContactId, &Step, Option<&ExitName>)> {
    match fact {
        Fact::Step(StepFact::ActionTaken(taken)) => {
            Some((taken.contact, &taken.step, taken.exit.as_ref()))
        }
        Fact::StepTaken { contact, step, exit } => Some((*contact, step, exit.as_ref())),
        _ => None,
    }
}

/// The first position whose event is not before a time; time does not run backwards in a log.
fn first_at(log: &dyn EventLog, time: Timestamp) -> Result<Position, QueryError> {
    let (mut low, mut high) = (1, log.head().0.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let found = log.read(Position(middle), 1)?.pop();
        if found.is_some_and(|recorded| recorded.event.time < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Position(low))
}

#[cfg(test)]
mod tests {
    use event::{
        ActionTaken, Actor, Cause, CommandId, ContactForwarded, Event, ReleaseReason,
        SubApplicationEntered, ThreadId,
    };
    use log::MemoryLog;

    use super::*;

    fn took(seconds: u64, application: &str, version: u32, exit: Option<&str>) -> Event {
        let application = ApplicationRef { name: application.parse().unwrap(), version };
        let step = Step { application, action: "check".parse().unwrap(), visit: 1 };
        let contact = ContactId::from_digest(&[7; 32]);
        let exit = exit.map(|exit| exit.parse().unwrap());
        let fact = if version == 1 {
            Fact::StepTaken { contact, step, exit }
        } else {
            ActionTaken { contact, step, exit, row: None }.into()
        };
        let cause = Cause::Command(CommandId(1));
        let time = Timestamp(seconds * 1000);
        Event { time, actor: Actor::Engine, cause, fact, private: None }
    }

    #[test]
    fn ways_are_counted_in_their_period_over_all_versions() {
        let log = MemoryLog::default();
        let events = [
            took(1, "support", 1, Some("yes")),
            took(2, "support", 1, Some("yes")),
            took(2, "sales", 2, Some("yes")),
            took(3, "support", 2, Some("yes")),
            took(3, "support", 2, None),
            took(4, "support", 2, Some("no")),
            took(5, "support", 3, Some("yes")),
        ];
        log.append(Position(0), &events).unwrap();
        let support = "support".parse().unwrap();
        let count = |from: u64, to: u64| {
            let period = Timestamp(from * 1000)..Timestamp(to * 1000);
            let ways = ways(&log, &support, &period, &mut |_| {}).unwrap();
            let shown = ways.into_iter().map(|way| (way.exit.unwrap_or_default(), way.count));
            shown.collect::<Vec<_>>()
        };
        let shown = |ways: &[(&str, u64)]| -> Vec<(String, u64)> {
            ways.iter().map(|(exit, count)| ((*exit).to_owned(), *count)).collect()
        };
        assert_eq!(count(2, 5), shown(&[("", 1), ("no", 1), ("yes", 2)]));
        assert_eq!(count(0, 9), shown(&[("", 1), ("no", 1), ("yes", 4)]));
        assert_eq!(count(6, 9), []);
        assert_eq!(count(3, 3), []);
    }

    #[test]
    fn parts_and_forwarded_contacts_are_counted() {
        let log = MemoryLog::default();
        let contact = ContactId::from_digest(&[7; 32]);
        let step = |action: &str| Step {
            application: ApplicationRef { name: "support".parse().unwrap(), version: 2 },
            action: action.parse().unwrap(),
            visit: 1,
        };
        let part = ApplicationRef { name: "part".parse().unwrap(), version: 1 };
        let entered = SubApplicationEntered { contact, step: step("greet"), application: part };
        let thread = ThreadId(contact);
        let forwarded =
            ContactForwarded { contact, thread, arrival: Position(1), step: step("away") };
        let reason = ReleaseReason::TransferredOut;
        let facts = [
            entered.into(),
            took(1, "part", 2, None).fact,
            forwarded.into(),
            Fact::ContactReleased { contact, agent: None, reason },
        ];
        let events = facts.map(|fact| Event { fact, ..took(1, "support", 2, None) });
        log.append(Position(0), &events).unwrap();
        let period = Timestamp(0)..Timestamp(9_000);
        let ways = ways(&log, &"support".parse().unwrap(), &period, &mut |_| {}).unwrap();
        let shown: Vec<_> = ways
            .into_iter()
            .map(|way| (way.action, way.exit.unwrap_or_default(), way.count))
            .collect();
        let way = |action: &str, exit: &str| (action.to_owned(), exit.to_owned(), 1);
        assert_eq!(shown, [way("away", ""), way("greet", "done")]);
    }
}
