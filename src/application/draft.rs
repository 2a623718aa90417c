//! What was read of a file, whether or not all of it can be used.

use std::collections::BTreeMap;

use event::{ActionName, ExitName};

use crate::{Action, ActionKind, Application};

/// A file as far as it could be read.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) start: Option<ActionName>,
    pub(crate) actions: BTreeMap<ActionName, DraftAction>,
}

pub(crate) struct DraftAction {
    pub(crate) line: usize,
    /// What it does, where that could be read.
    pub(crate) kind: Option<ActionKind>,
    /// Its exits; `None` where nobody knows them.
    pub(crate) exits: Option<Vec<String>>,
    /// Where its exits lead.
    pub(crate) leads: BTreeMap<String, Lead>,
    /// Where those exits lead that do not say.
    pub(crate) then: Option<Lead>,
}

/// Where an exit leads.
#[derive(Clone)]
pub(crate) struct Lead {
    pub(crate) line: usize,
    pub(crate) to: ActionName,
}

impl Draft {
    /// The application, where all of it could be read.
    pub(crate) fn application(self) -> Option<Application> {
        let start = self.start?;
        let actions: Option<BTreeMap<_, _>> = self
            .actions
            .into_iter()
            .map(|(name, draft)| {
                let exits = draft
                    .edges()
                    .filter_map(|(exit, lead)| Some((ExitName::new(exit).ok()?, lead.to.clone())));
                let exits = exits.collect();
                Some((name, Action { kind: draft.kind?, exits, line: draft.line }))
            })
            .collect();
        Some(Application { start, actions: actions? })
    }
}

impl DraftAction {
    /// Its exits that lead somewhere.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (&str, &Lead)> {
        let exits = self.exits.iter().flatten();
        exits.filter_map(|exit| {
            let lead = self.leads.get(exit).or(self.then.as_ref())?;
            Some((exit.as_str(), lead))
        })
    }

    /// The same, and exits that it should not have: whoever misspelt one meant another.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (&str, &Lead)> {
        let named = self.leads.iter().map(|(exit, lead)| (exit.as_str(), lead));
        let known = self.edges().filter(|(exit, _)| !self.leads.contains_key(*exit));
        let then = self.then.iter().filter(|_| self.exits.is_none()).map(|lead| ("then", lead));
        named.chain(known).chain(then)
    }
}
