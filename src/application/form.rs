//! What an action of each kind is made of in the file: keys, exits, and what they are for.

use crate::ActionKind;
use crate::forms;
use crate::part::Part;

/// How one kind of action is written.
pub(crate) struct Form {
    /// The word of `do`.
    pub(crate) does: &'static str,
    /// What it is for, in sentences.
    pub(crate) about: &'static str,
    /// The keys beside `do`, `exit` and `then`.
    pub(crate) keys: &'static [Key],
    /// Keys of which at least one must be there.
    pub(crate) needs_one_of: &'static [&'static str],
    /// The exits every such action has, and what leads to them.
    pub(crate) exits: &'static [(&'static str, &'static str)],
    /// Makes the action of its keys; `None` where it cannot, after it was said why.
    pub(crate) read: fn(&mut Part<'_, '_>) -> Option<ActionKind>,
}

/// A key of an action.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it says, in sentences.
    pub(crate) about: &'static str,
    /// A value for it as it stands in the file.
    pub(crate) example: &'static str,
    pub(crate) takes: Takes,
    pub(crate) is_needed: bool,
}

/// What kinds of value a key takes.
pub(crate) enum Takes {
    /// A text.
    Text,
    /// A text, or one for each language.
    Localised,
    /// A whole number between these.
    Number(i64, i64),
    /// A duration as text.
    Duration,
    /// A list of texts.
    Texts,
    /// A list of skills, some with a level.
    Skills,
    /// An agent's number, or a text that gives it.
    Agent,
    /// What must hold of a part of a mail, with these operators.
    Condition(&'static [&'static str]),
    /// The same for each named header field.
    Headers(&'static [&'static str]),
    /// Rows of conditions.
    Rows,
    /// A text for each parameter.
    Parameters,
}

impl Form {
    /// The form of a word of `do`.
    pub(crate) fn of(does: &str) -> Option<&'static Self> {
        forms::ALL.into_iter().find(|form| form.does == does)
    }

    /// The key of this name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Every key an action of this kind may have.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &'static str> {
        let leading: &[&str] = if self.exits.is_empty() { &[] } else { &["exit", "then"] };
        let own = self.keys.iter().map(|key| key.name);
        ["do"].into_iter().chain(own).chain(leading.iter().copied())
    }
}

impl ActionKind {
    /// The word of `do`.
    pub fn does(&self) -> &'static str {
        self.form().does
    }

    /// The exits it can leave by.
    pub fn exits(&self) -> Vec<&str> {
        let rows = match self {
            Self::CheckEmail(table) => table.rows.as_slice(),
            _ => &[],
        };
        let rows = rows.iter().map(|row| row.exit.as_str());
        rows.chain(self.form().exits.iter().map(|(exit, _)| *exit)).collect()
    }

    pub(crate) fn form(&self) -> &'static Form {
        match self {
            Self::WaitForEmail { .. } => &forms::WAIT_FOR_EMAIL,
            Self::CheckEmail(_) => &forms::CHECK_EMAIL,
            Self::ComposeReply(_) => &forms::COMPOSE_REPLY,
            Self::Queue { .. } => &forms::QUEUE,
            Self::RouteToAgent { .. } => &forms::ROUTE_TO_AGENT,
            Self::TransferToAddress { .. } => &forms::TRANSFER_TO_ADDRESS,
            Self::SetParameter { .. } => &forms::SET_PARAMETER,
            Self::ChooseBySchedule { .. } => &forms::CHOOSE_BY_SCHEDULE,
            Self::Branch { .. } => &forms::BRANCH,
            Self::Wait { .. } => &forms::WAIT,
            Self::Note { .. } => &forms::NOTE,
            Self::Tag { .. } => &forms::TAG,
            Self::CallWebhook(_) => &forms::CALL_WEBHOOK,
            Self::RunApplication { .. } => &forms::RUN_APPLICATION,
            Self::End => &forms::END,
        }
    }
}
