//! What applications in force name that a new directory does not have.

use std::collections::{BTreeMap, BTreeSet};

use application::{ActionKind, Application, Problem};
use event::{ActionName, ApplicationName, ApplicationRef};
use projections::Directory;

use crate::load_problem::LoadProblem;
use crate::surroundings;

/// What would be wrong with the applications of `next` that mailboxes send their mail to, or that
/// those run, as far as they are `meant`. What was wrong with them before is not told.
pub(crate) fn names_used(
    before: &Directory,
    next: &Directory,
    meant: impl Fn(&ApplicationName) -> bool,
) -> Vec<LoadProblem> {
    let known = in_force(before);
    let mut found = Vec::new();
    for (application, text) in in_force(next).into_iter().filter(|(it, _)| meant(&it.name)) {
        let before = match known.get(&application) {
            Some(_) => wrong(before, &application, &text),
            None => Vec::new(),
        };
        for problem in wrong(next, &application, &text) {
            if !before.contains(&problem) {
                let (action, application) = (action_at(&text, problem.line), application.clone());
                found.push(LoadProblem::InForce { application, action, problem });
            }
        }
    }
    found
}

/// The newest version of every application that a mailbox sends its mail to, and of those which they
/// run, with its text.
fn in_force(directory: &Directory) -> BTreeMap<ApplicationRef, String> {
    let entries = directory.mailboxes.values();
    let mut wanted: Vec<ApplicationName> =
        entries.filter_map(|entry| entry.application.clone()).collect();
    let mut seen = BTreeSet::new();
    let mut found = BTreeMap::new();
    while let Some(name) = wanted.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some((application, text)) = directory.newest(&name) {
            wanted.extend(run_by(text));
            found.insert(application, text.to_owned());
        }
    }
    found
}

/// The applications that an application runs.
fn run_by(text: &str) -> Vec<ApplicationName> {
    let application = Application::parse(text).ok();
    let actions = application.into_iter().flat_map(|application| application.actions);
    let run = actions.filter_map(|(_, action)| match action.kind {
        ActionKind::RunApplication { application } => Some(application),
        ActionKind::WaitForEmail { .. }
        | ActionKind::CheckEmail(_)
        | ActionKind::ComposeReply(_)
        | ActionKind::Queue { .. }
        | ActionKind::RouteToAgent { .. }
        | ActionKind::TransferToAddress { .. }
        | ActionKind::SetParameter { .. }
        | ActionKind::ChooseBySchedule { .. }
        | ActionKind::Branch { .. }
        | ActionKind::Wait { .. }
        | ActionKind::Note { .. }
        | ActionKind::Tag { .. }
        | ActionKind::CallWebhook(_)
        | ActionKind::End => None,
    });
    run.collect()
}

fn wrong(directory: &Directory, application: &ApplicationRef, text: &str) -> Vec<Problem> {
    let mut problems = Application::check(text, &surroundings(directory, &application.name));
    problems.retain(Problem::is_error);
    // Which other names there are is no part of what is wrong.
    problems.iter_mut().for_each(|problem| problem.hint = None);
    problems
}

/// The action that a line belongs to.
fn action_at(text: &str, line: usize) -> Option<ActionName> {
    let application = Application::parse(text).ok()?;
    let actions = application.actions.into_iter().filter(|(_, action)| action.line <= line);
    actions.max_by_key(|(_, action)| action.line).map(|(name, _)| name)
}
