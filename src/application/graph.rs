//! An application as a graph that can be drawn.

use std::collections::BTreeMap;

use event::{ActionName, ExitName};
use serde::Serialize;

use crate::{ActionKind, Application};

/// How many contacts left each action by each exit; under `None` how many ended there.
pub type Taken = BTreeMap<(ActionName, Option<ExitName>), u64>;

/// Actions and where their exits lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Graph {
    /// The actions; the first one comes first, then in the order of the file.
    pub nodes: Vec<Node>,
    /// The exits, in the order of the nodes and of their exits.
    pub edges: Vec<Edge>,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name.
    pub name: ActionName,
    /// The word of `do`.
    pub does: &'static str,
    /// What it does beyond that, on one line.
    pub says: String,
    /// The kind of thing it does.
    pub group: Group,
    /// How many contacts left it or ended there, where that was counted.
    pub count: Option<u64>,
}

/// Kinds of things actions do; each has a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// A contact comes.
    Arrival,
    /// It is decided where the contact goes.
    Decision,
    /// A mail is sent.
    Mail,
    /// The contact waits for somebody.
    Line,
    /// Something is written down.
    Record,
    /// Something else is asked or run.
    Call,
    /// Time passes.
    Time,
    /// The application ends.
    End,
}

/// One exit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The action it leaves, as an index of nodes.
    pub from: usize,
    /// Its name.
    pub exit: ExitName,
    /// The action it leads to, as an index of nodes.
    pub to: usize,
    /// How many contacts took it, where that was counted.
    pub count: Option<u64>,
}

impl Graph {
    /// The graph of an application, perhaps with how many contacts took which exit. Exits that lead
    /// to no action are left out.
    pub fn new(application: &Application, taken: Option<&Taken>) -> Self {
        let mut actions: Vec<_> = application.actions.iter().collect();
        actions.sort_by_key(|(name, action)| (**name != application.start, action.line));
        let indices: BTreeMap<&ActionName, usize> =
            actions.iter().zip(0..).map(|((name, _), index)| (*name, index)).collect();
        let count = |name: &ActionName, exit: Option<&ExitName>| {
            let key = (name.clone(), exit.cloned());
            taken.map(|taken| taken.get(&key).copied().unwrap_or_default())
        };
        let mut edges = Vec::new();
        let mut nodes = Vec::new();
        for (from, (name, action)) in actions.iter().enumerate() {
            let exits = action.kind.exits();
            let mut exits: Vec<_> = action
                .exits
                .iter()
                .map(|(exit, to)| {
                    let rank = exits.iter().position(|known| *known == exit.as_str());
                    (rank, exit, to)
                })
                .collect();
            exits.sort();
            for (_, exit, to) in exits {
                let Some(&to) = indices.get(to) else { continue };
                edges.push(Edge { from, exit: exit.clone(), to, count: count(name, Some(exit)) });
            }
            let ways = action.exits.keys().map(Some).chain([None]);
            let left: Option<u64> = ways.map(|exit| count(name, exit)).sum();
            nodes.push(Node {
                name: (*name).clone(),
                does: action.kind.does(),
                says: action.kind.says(),
                group: action.kind.group(),
                count: left,
            });
        }
        Self { nodes, edges }
    }
}

impl ActionKind {
    fn group(&self) -> Group {
        match self {
            Self::WaitForEmail { .. } => Group::Arrival,
            Self::CheckEmail(_) | Self::ChooseBySchedule { .. } | Self::Branch { .. } => {
                Group::Decision
            }
            Self::ComposeReply(_) | Self::TransferToAddress { .. } => Group::Mail,
            Self::Queue { .. } | Self::RouteToAgent { .. } => Group::Line,
            Self::SetParameter { .. } | Self::Note { .. } | Self::Tag { .. } => Group::Record,
            Self::CallWebhook(_) | Self::RunApplication { .. } => Group::Call,
            Self::Wait { .. } => Group::Time,
            Self::End => Group::End,
        }
    }
}

impl Group {
    /// The name of its class in drawings.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::Decision => "decision",
            Self::Mail => "mail",
            Self::Line => "line",
            Self::Record => "record",
            Self::Call => "call",
            Self::Time => "time",
            Self::End => "end",
        }
    }
}
