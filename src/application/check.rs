//! Everything that is wrong with an application file before it is published.

use event::ActionName;

use crate::draft::{Draft, DraftAction};
use crate::nearest::did_you_mean;
use crate::paths::{Walk, show};
use crate::read::read;
use crate::reading::Reading;
use crate::{ActionKind, Application, Problem, Severity, Surroundings, check_parts};

/// So many names are listed where one is wrong.
const NAMES_LISTED_MAX: usize = 12;

impl Application {
    /// Everything that is wrong with a file, in the order of its lines. It may be published where
    /// nothing is an error.
    pub fn check(text: &str, surroundings: &Surroundings) -> Vec<Problem> {
        let (draft, reading) = read(text);
        let mut problems = names(&reading, surroundings);
        problems.extend(check_parts::problems(&reading, surroundings));
        problems.extend(exits(&draft));
        problems.extend(second_arrivals(&draft));
        problems.extend(unreached(&draft));
        problems.extend(circles(&draft));
        problems.extend(dropped(&draft));
        problems.extend(reading.refused);
        problems.extend(reading.remarked);
        problems.sort_by(|one, other| {
            (one.line, one.severity, &one.message).cmp(&(
                other.line,
                other.severity,
                &other.message,
            ))
        });
        problems
    }
}

/// A problem that keeps the file from being published.
pub(crate) fn error(line: usize, message: String, hint: impl Into<Option<String>>) -> Problem {
    Problem { line, severity: Severity::Error, message, hint: hint.into() }
}

/// Names of things that there are not.
fn names(reading: &Reading, surroundings: &Surroundings) -> Vec<Problem> {
    let problems = reading.mentions.iter().filter_map(|(line, mention)| {
        let (name, message, known) = surroundings.absent(mention)?;
        let hint =
            did_you_mean(&name, known.iter().map(String::as_str)).or_else(|| match known.len() {
                0 => Some("there is none at all".to_owned()),
                1..=NAMES_LISTED_MAX => Some(format!("there are: {}", known.join(", "))),
                _ => None,
            });
        Some(error(*line, message, hint))
    });
    problems.collect()
}

/// Exits that an action does not have, that lead nowhere, or to no action.
fn exits(draft: &Draft) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, action) in &draft.actions {
        for (exit, lead) in &action.leads {
            problems.extend(unknown_exit(name, action, exit, lead.line));
            problems.extend(no_action(draft, &format!("exit `{exit}`"), lead));
        }
        if let Some(then) = &action.then {
            problems.extend(no_action(draft, "`then`", then));
        }
        problems.extend(open_exits(name, action));
    }
    problems
}

fn unknown_exit(
    name: &ActionName,
    action: &DraftAction,
    exit: &str,
    line: usize,
) -> Option<Problem> {
    let known = action.exits.as_ref().filter(|known| !known.iter().any(|known| known == exit))?;
    let message = if known.is_empty() {
        format!("action `{name}` has no exit `{exit}`, nor any other")
    } else {
        format!("action `{name}` has no exit `{exit}`; allowed: {}", known.join(", "))
    };
    Some(error(line, message, did_you_mean(exit, known.iter().map(String::as_str))))
}

fn no_action(draft: &Draft, what: &str, lead: &crate::draft::Lead) -> Option<Problem> {
    let names = draft.actions.keys().map(ActionName::as_str);
    (!draft.actions.contains_key(&lead.to)).then(|| {
        let message = format!("{what} leads to `{}`, which is no action", lead.to);
        error(lead.line, message, did_you_mean(lead.to.as_str(), names))
    })
}

fn open_exits(name: &ActionName, action: &DraftAction) -> Option<Problem> {
    if action.then.is_some() {
        return None;
    }
    let exits = action.exits.iter().flatten();
    let open: Vec<&String> = exits.filter(|exit| !action.leads.contains_key(*exit)).collect();
    let hint = match open.as_slice() {
        [] => return None,
        [exit] => format!("add `{} = \"...\"`", written(exit)),
        [exit, ..] => {
            format!(
                "add `{} = \"...\"` and so on, or `then = \"...\"` for all of them",
                written(exit)
            )
        }
    };
    let message = match open.as_slice() {
        [exit] => format!("exit `{exit}` of action `{name}` leads nowhere"),
        open => {
            let open: Vec<String> = open.iter().map(|exit| format!("`{exit}`")).collect();
            format!("exits {} of action `{name}` lead nowhere", open.join(", "))
        }
    };
    Some(error(action.line, message, hint))
}

/// An exit as a key of TOML.
fn written(exit: &str) -> String {
    let is_bare =
        exit.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { format!("exit.{exit}") } else { format!("exit.\"{exit}\"") }
}

/// Actions beside the first that wait for e-mail.
fn second_arrivals(draft: &Draft) -> Vec<Problem> {
    let later = draft.actions.iter().filter(|(name, action)| {
        matches!(action.kind, Some(ActionKind::WaitForEmail { .. }))
            && Some(*name) != draft.start.as_ref()
    });
    let problems = later.map(|(name, action)| {
        let message = format!("action `{name}` waits for e-mail and is not the start");
        let hint =
            "contacts only arrive at the start; take it out, or name it in `start`".to_owned();
        error(action.line, message, hint)
    });
    problems.collect()
}

/// Actions nobody comes to.
fn unreached(draft: &Draft) -> Vec<Problem> {
    let Some(start) = draft.start.as_ref().filter(|start| draft.actions.contains_key(*start))
    else {
        return Vec::new();
    };
    let reached: Vec<_> = Walk::from(draft, start, |_, _| true).actions().collect();
    let unreached = draft.actions.iter().filter(|(name, _)| !reached.contains(name));
    let problems = unreached.map(|(name, action)| {
        let hint = "lead an exit to it, or take it out".to_owned();
        error(action.line, format!("no contact ever comes to action `{name}`"), hint)
    });
    problems.collect()
}

/// Circles in which a contact would spin.
fn circles(draft: &Draft) -> Vec<Problem> {
    let mut by_line: Vec<_> = draft.actions.iter().collect();
    by_line.sort_by_key(|(_, action)| action.line);
    let mut told: Vec<&ActionName> = Vec::new();
    let mut problems = Vec::new();
    for (name, action) in by_line {
        if told.contains(&name) {
            continue;
        }
        let Some(way) = circle(draft, name) else { continue };
        let message =
            format!("a contact comes back here without a wait: {} → `{name}`", show(&way));
        let hint = "put a \"wait\" on the way, or lead one of these exits elsewhere".to_owned();
        problems.push(error(action.line, message, hint));
        told.extend(way);
    }
    problems
}

/// The shortest way from an action back to it on which nothing waits.
fn circle<'a>(draft: &'a Draft, name: &'a ActionName) -> Option<Vec<&'a ActionName>> {
    let walk = Walk::from(draft, name, is_instant);
    let last = walk.actions().find(|last| {
        draft.actions.get(*last).is_some_and(|action| {
            action.ways().any(|(exit, lead)| lead.to == *name && is_instant(action, exit))
        })
    })?;
    Some(walk.way_to(last))
}

/// Whether a contact leaves the action at once where it leaves by this exit.
fn is_instant(action: &DraftAction, exit: &str) -> bool {
    match &action.kind {
        Some(ActionKind::Wait { ms }) => *ms == 0,
        Some(ActionKind::RouteToAgent { wait_ms, .. }) => *wait_ms == 0 || exit != "timed out",
        Some(_) => true,
        // Whatever it is, it may wait.
        None => false,
    }
}

/// Ends at which a contact may come with nothing done about it.
fn dropped(draft: &Draft) -> Vec<Problem> {
    let Some(start) = &draft.start else { return Vec::new() };
    let kind = draft.actions.get(start).and_then(|action| action.kind.as_ref());
    if !matches!(kind, Some(ActionKind::WaitForEmail { .. })) {
        // In a part the application that runs it goes on.
        return Vec::new();
    }
    let walk = Walk::from(draft, start, |action, exit| !is_handled(action, exit));
    let ends = walk.actions().filter_map(|name| {
        let action = draft.actions.get(name)?;
        matches!(action.kind, Some(ActionKind::End)).then_some((name, action))
    });
    let problems = ends.map(|(name, action)| Problem {
        line: action.line,
        severity: Severity::Warning,
        message: format!(
            "a contact can end here that nobody answered or will see: {}",
            show(walk.way_to(name))
        ),
        hint: Some("queue it on the way, unless that is what you want".to_owned()),
    });
    problems.collect()
}

/// Whether a contact that leaves by this exit was queued or answered. One that was routed to an agent
/// or transferred does not leave, and what a part does is told where the part is checked.
fn is_handled(action: &DraftAction, exit: &str) -> bool {
    match &action.kind {
        Some(ActionKind::Queue { .. } | ActionKind::RunApplication { .. }) | None => true,
        Some(ActionKind::ComposeReply(_)) => exit == "sent",
        Some(_) => false,
    }
}
