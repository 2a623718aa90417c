//! Loading all that a configuration says.

use event::{Actor, ApplicationName, Cause, CommandId, Event, Position, Timestamp};
use projections::Directory;

use crate::in_force::names_used;
use crate::load_problem::LoadProblem;
use crate::{Decision, LoadDirectory, LoadSettings, NewEvent, Publish, Rejection, View};

/// The directory, the settings and the applications are as given: all of them, or nothing changes.
#[derive(Clone, Debug)]
pub struct LoadConfiguration {
    /// The directory.
    pub directory: LoadDirectory,
    /// The settings.
    pub settings: LoadSettings,
    /// The applications. One whose text has been a version is not published again: that would undo
    /// what was published in another way since.
    pub publish: Vec<Publish>,
}

impl LoadConfiguration {
    /// Refused, with every reason, where open contacts would be left where nobody looks, or an
    /// application in force would name what there is no more.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let before = &view.hot.directory;
        let is_new = |publish: &&Publish| !before.was_published(&publish.name, &publish.text);
        let new: Vec<&Publish> = self.publish.iter().filter(is_new).collect();
        let mut next = before.clone();
        let mut events = self.directory.events(view, now);
        events.extend(self.settings.decide(view, now).events);
        let at = view.hot.position;
        events.iter().for_each(|event| fold(&mut next, event, (at, now)));
        let running = next.settings.running_contacts;
        let published: Vec<NewEvent> =
            new.iter().flat_map(|publish| publish.events(view, running)).collect();
        published.iter().for_each(|event| fold(&mut next, event, (at, now)));
        events.extend(published);
        let mut problems = self.directory.orphans(view);
        for publish in &new {
            let wrong = publish.wrong(&next).into_iter();
            problems.extend(wrong.map(|it| LoadProblem::Published(publish.name.clone(), it)));
        }
        // What is wrong with a text that is published now has been told.
        let old = |name: &ApplicationName| !new.iter().any(|publish| publish.name == *name);
        problems.extend(names_used(before, &next, old));
        if problems.is_empty() {
            Ok(Decision::record(events))
        } else {
            Err(Rejection::Load(problems))
        }
    }
}

/// Takes an event in that may never be.
fn fold(directory: &mut Directory, new: &NewEvent, (at, time): (Position, Timestamp)) {
    let (actor, cause) = (Actor::Engine, Cause::Command(CommandId(0)));
    let (fact, private) = (new.fact.clone(), new.private.clone());
    directory.apply(at, &Event { time, actor, cause, fact, private });
}
