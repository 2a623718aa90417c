//! Whether the applications that a file runs as its parts can be run.

use std::collections::{BTreeMap, BTreeSet};

use event::ApplicationName;

use crate::check::error;
use crate::paths::show;
use crate::read::read;
use crate::reading::Reading;
use crate::surroundings::Mention;
use crate::{ActionKind, Problem, Surroundings};

/// What is known of an application that is run as a part.
struct Part {
    runs: BTreeSet<ApplicationName>,
    waits_for_email: bool,
}

/// Parts that cannot be run, and parts that lead in a circle.
pub(crate) fn problems(reading: &Reading, surroundings: &Surroundings) -> Vec<Problem> {
    let Some(texts) = &surroundings.applications else { return Vec::new() };
    let others = texts.iter().filter(|(name, _)| Some(*name) != surroundings.name.as_ref());
    let mut parts: BTreeMap<&ApplicationName, Part> =
        others.map(|(name, text)| (name, part(text))).collect();
    if let Some(name) = &surroundings.name {
        let runs = runs(reading).map(|(_, name)| name.clone()).collect();
        parts.insert(name, Part { runs, waits_for_email: false });
    }
    let mut problems = Vec::new();
    for (line, name) in runs(reading) {
        if parts.get(name).is_some_and(|part| part.waits_for_email) {
            let message =
                format!("application `{name}` waits for e-mail, so it is no part to be run");
            let hint = "run one that begins with another action".to_owned();
            problems.push(error(line, message, hint));
        }
        let mut way = surroundings.name.iter().collect();
        if let Some(circle) = circle(&parts, name, &mut way, &mut BTreeSet::new()) {
            let message = format!("applications run each other in a circle: {}", show(circle));
            problems.push(error(line, message, "take one of these steps out".to_owned()));
        }
    }
    problems
}

fn part(text: &str) -> Part {
    let (draft, reading) = read(text);
    let start = draft.start.and_then(|start| draft.actions.get(&start)?.kind.as_ref());
    let waits_for_email = matches!(start, Some(ActionKind::WaitForEmail { .. }));
    Part { runs: runs(&reading).map(|(_, name)| name.clone()).collect(), waits_for_email }
}

/// The applications a file runs, and the lines where it says so.
fn runs(reading: &Reading) -> impl Iterator<Item = (usize, &ApplicationName)> {
    reading.mentions.iter().filter_map(|(line, mention)| match mention {
        Mention::Application(name) => Some((*line, name)),
        _ => None,
    })
}

/// The first circle that begins on the way or after it.
fn circle<'a>(
    parts: &'a BTreeMap<&ApplicationName, Part>,
    name: &'a ApplicationName,
    way: &mut Vec<&'a ApplicationName>,
    done: &mut BTreeSet<&'a ApplicationName>,
) -> Option<Vec<&'a ApplicationName>> {
    if let Some(first) = way.iter().position(|earlier| *earlier == name) {
        return Some(way.iter().skip(first).copied().chain([name]).collect());
    }
    if !done.insert(name) {
        return None;
    }
    way.push(name);
    let runs = parts.get(name).map(|part| &part.runs);
    let found = runs.into_iter().flatten().find_map(|next| circle(parts, next, way, done));
    way.pop();
    found
}
