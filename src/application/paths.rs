//! The ways contacts can take through an application.

use std::collections::BTreeSet;

use event::ActionName;

use crate::draft::{Draft, DraftAction};

/// Actions in the order of how many exits lead there.
pub(crate) struct Walk<'a> {
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    action: &'a ActionName,
    /// The step it was come from; `None` for the first one.
    before: Option<usize>,
}

impl<'a> Walk<'a> {
    /// Walks from an action along every exit that `may` be taken.
    pub(crate) fn from(
        draft: &'a Draft,
        start: &'a ActionName,
        may: impl Fn(&DraftAction, &str) -> bool,
    ) -> Self {
        let mut seen = BTreeSet::from([start]);
        let mut steps = vec![Step { action: start, before: None }];
        let mut at = 0;
        while let Some(action) = steps.get(at).and_then(|step| draft.actions.get(step.action)) {
            for (_, lead) in action.ways().filter(|(exit, _)| may(action, exit)) {
                if draft.actions.contains_key(&lead.to) && seen.insert(&lead.to) {
                    steps.push(Step { action: &lead.to, before: Some(at) });
                }
            }
            at += 1;
        }
        Self { steps }
    }

    /// Every action that was come to, the nearest first.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &'a ActionName> {
        self.steps.iter().map(|step| step.action)
    }

    /// The actions on the way to one of them.
    pub(crate) fn way_to(&self, action: &ActionName) -> Vec<&'a ActionName> {
        let mut at = self.steps.iter().position(|step| step.action == action);
        let mut way = Vec::new();
        while let Some(step) = at.and_then(|at| self.steps.get(at)) {
            way.push(step.action);
            at = step.before;
        }
        way.reverse();
        way
    }
}

/// The way as people read it.
pub(crate) fn show<T: ToString>(way: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> =
        way.into_iter().map(|name| format!("`{}`", name.to_string())).collect();
    names.join(" → ")
}
