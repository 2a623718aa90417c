//! The application file: a graph of named actions with named exits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use event::{ActionName, Check, CheckError, ExitName, NameError, ParameterName, QueueName};
use serde::Deserialize;
use toml::Spanned;

use crate::{SenderCondition, Template};

/// A workflow: where it begins, and its actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The first action.
    pub start: ActionName,
    /// All actions, by name.
    pub actions: BTreeMap<ActionName, Action>,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What it does.
    pub kind: ActionKind,
    /// Where its exits lead.
    pub exits: BTreeMap<ExitName, ActionName>,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Waits for e-mail; every contact begins here. Exit: `mail`.
    WaitForEmail,
    /// Waits for some time. Exit: `over`.
    Wait {
        /// How long.
        seconds: u32,
    },
    /// Looks at what was found out about the sender. Exits: `match`, `otherwise`.
    CheckEmail {
        /// What must have been found out.
        sender: SenderCondition,
    },
    /// Answers the customer without a person. Exits: `sent`, `withheld`.
    ComposeReply {
        /// The subject.
        subject: Template,
        /// The text.
        text: Template,
    },
    /// Puts the contact in a queue. Exit: `queued`.
    Queue {
        /// Which.
        queue: QueueName,
        /// Higher is served first.
        priority: u8,
    },
    /// Sets a parameter of the contact. Exit: `set`.
    SetParameter {
        /// Which.
        parameter: ParameterName,
        /// Its new value.
        value: String,
    },
    /// Ends the application.
    End,
}

/// The priority of a contact where the application names none.
const PRIORITY_DEFAULT: u8 = 5;

/// The subject of an automatic answer where the application names none (RFC 3834 section 3.1.5).
const REPLY_SUBJECT_DEFAULT: &str = "Auto: {{ subject }}";

/// All that is wrong with an application file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ApplicationError {
    /// The problems, in the order of the file.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for ApplicationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (problem, number) in self.problems.iter().zip(0..) {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "line {}: {}", problem.line, problem.message)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApplication {
    start: Spanned<String>,
    action: BTreeMap<String, Spanned<RawAction>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAction {
    r#do: Spanned<String>,
    queue: Option<Spanned<String>>,
    priority: Option<u8>,
    seconds: Option<u32>,
    subject: Option<Spanned<String>>,
    text: Option<Spanned<String>>,
    dmarc: Option<Vec<Spanned<String>>>,
    dkim: Option<Vec<Spanned<String>>>,
    spf: Option<Vec<Spanned<String>>>,
    parameter: Option<Spanned<String>>,
    value: Option<String>,
    #[serde(default)]
    exit: BTreeMap<String, Spanned<String>>,
}

impl Application {
    /// Reads an application file. Every problem is told at once.
    pub fn parse(text: &str) -> Result<Self, ApplicationError> {
        let mut check = Reading { text, problems: Vec::new() };
        let raw: RawApplication = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                check.report(error.span().unwrap_or_default(), error.message().to_owned());
                return Err(ApplicationError { problems: check.problems });
            }
        };
        let application = check.application(&raw);
        check.problems.sort_by_key(|problem| problem.line);
        match application {
            Some(application) if check.problems.is_empty() => Ok(application),
            Some(_) | None => Err(ApplicationError { problems: check.problems }),
        }
    }

    /// The queues it sends contacts to.
    pub fn queues(&self) -> BTreeSet<&QueueName> {
        self.actions
            .values()
            .filter_map(|action| match &action.kind {
                ActionKind::Queue { queue, .. } => Some(queue),
                ActionKind::WaitForEmail
                | ActionKind::Wait { .. }
                | ActionKind::CheckEmail { .. }
                | ActionKind::ComposeReply { .. }
                | ActionKind::SetParameter { .. }
                | ActionKind::End => None,
            })
            .collect()
    }
}

impl ActionKind {
    /// The exits it can leave by.
    pub fn exits(&self) -> &'static [&'static str] {
        match self {
            Self::WaitForEmail => &["mail"],
            Self::Wait { .. } => &["over"],
            Self::CheckEmail { .. } => &["match", "otherwise"],
            Self::ComposeReply { .. } => &["sent", "withheld"],
            Self::Queue { .. } => &["queued"],
            Self::SetParameter { .. } => &["set"],
            Self::End => &[],
        }
    }
}

/// Collects problems while an application is read.
struct Reading<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn report(&mut self, span: Range<usize>, message: String) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        self.problems.push(Problem { line, message });
    }

    fn name<T>(&mut self, span: Range<usize>, name: Result<T, NameError>) -> Option<T> {
        name.map_err(|error| self.report(span, error.to_string())).ok()
    }

    fn application(&mut self, raw: &RawApplication) -> Option<Application> {
        let mut actions = BTreeMap::new();
        for (name, action) in &raw.action {
            let name = self.name(action.span(), ActionName::new(name));
            let action = self.action(raw, action);
            if let (Some(name), Some(action)) = (name, action) {
                actions.insert(name, action);
            }
        }
        let start = self.name(raw.start.span(), ActionName::new(raw.start.get_ref()))?;
        match actions.get(&start) {
            Some(Action { kind: ActionKind::WaitForEmail, .. }) => {}
            Some(_) => self.report(
                raw.start.span(),
                format!("`{start}` must be an action that does \"wait for e-mail\""),
            ),
            None if raw.action.contains_key(start.as_str()) => {}
            None => self.report(raw.start.span(), format!("there is no action `{start}`")),
        }
        let application = Application { start, actions };
        self.reachable(raw, &application);
        Some(application)
    }

    fn action(&mut self, raw: &RawApplication, action: &Spanned<RawAction>) -> Option<Action> {
        let kind = self.kind(action)?;
        let mut exits = BTreeMap::new();
        for (exit, to) in &action.get_ref().exit {
            if !kind.exits().contains(&exit.as_str()) {
                let allowed = kind.exits().join(", ");
                let allowed = if allowed.is_empty() { "none" } else { &allowed };
                self.report(
                    to.span(),
                    format!("there is no exit `{exit}` here; allowed: {allowed}"),
                );
            } else if !raw.action.contains_key(to.get_ref()) {
                let message =
                    format!("exit `{exit}` leads to `{}`, which is no action", to.get_ref());
                self.report(to.span(), message);
            }
            let exit = self.name(to.span(), ExitName::new(exit));
            let to = self.name(to.span(), ActionName::new(to.get_ref()));
            if let (Some(exit), Some(to)) = (exit, to) {
                exits.insert(exit, to);
            }
        }
        for exit in kind.exits() {
            if !action.get_ref().exit.contains_key(*exit) {
                self.report(
                    action.span(),
                    format!("exit `{exit}` leads nowhere: add `exit.{exit} = \"...\"`"),
                );
            }
        }
        Some(Action { kind, exits })
    }

    fn kind(&mut self, action: &Spanned<RawAction>) -> Option<ActionKind> {
        let raw = action.get_ref();
        let kind = match raw.r#do.get_ref().as_str() {
            "wait for e-mail" => ActionKind::WaitForEmail,
            "end" => ActionKind::End,
            "check e-mail" => self.check_email(raw)?,
            "compose reply" => self.compose_reply(raw)?,
            "wait" => match raw.seconds {
                Some(seconds) => ActionKind::Wait { seconds },
                None => {
                    self.report(raw.r#do.span(), "`wait` needs `seconds`".to_owned());
                    return None;
                }
            },
            "queue" => match &raw.queue {
                Some(queue) => ActionKind::Queue {
                    queue: self.name(queue.span(), QueueName::new(queue.get_ref()))?,
                    priority: raw.priority.unwrap_or(PRIORITY_DEFAULT),
                },
                None => {
                    self.report(
                        raw.r#do.span(),
                        "`queue` needs `queue`, the queue's name".to_owned(),
                    );
                    return None;
                }
            },
            "set parameter" => match (&raw.parameter, &raw.value) {
                (Some(parameter), Some(value)) => ActionKind::SetParameter {
                    parameter: self
                        .name(parameter.span(), ParameterName::new(parameter.get_ref()))?,
                    value: value.clone(),
                },
                (None, _) | (_, None) => {
                    self.report(
                        raw.r#do.span(),
                        "`set parameter` needs `parameter` and `value`".to_owned(),
                    );
                    return None;
                }
            },
            other => {
                let allowed = "\"wait for e-mail\", \"wait\", \"check e-mail\", \"compose reply\", \
                               \"queue\", \"set parameter\", \"end\"";
                self.report(raw.r#do.span(), format!("`{other}` is no action; allowed: {allowed}"));
                return None;
            }
        };
        self.unused(action, &kind);
        Some(kind)
    }

    fn check_email(&mut self, raw: &RawAction) -> Option<ActionKind> {
        let sender = SenderCondition {
            dmarc: self.results(raw.dmarc.as_deref()),
            dkim: self.results(raw.dkim.as_deref()),
            spf: self.results(raw.spf.as_deref()),
        };
        let mut given = [&raw.dmarc, &raw.dkim, &raw.spf].into_iter().flatten().peekable();
        if given.peek().is_none() || given.any(Vec::is_empty) {
            let message =
                "`check e-mail` needs `dmarc`, `dkim` or `spf`, each with the results that match";
            self.report(raw.r#do.span(), message.to_owned());
        }
        Some(ActionKind::CheckEmail { sender })
    }

    fn results(&mut self, words: Option<&[Spanned<String>]>) -> Option<Vec<Check>> {
        let results = words?.iter().filter_map(|word| {
            let result = word.get_ref().parse();
            result.map_err(|error: CheckError| self.report(word.span(), error.to_string())).ok()
        });
        Some(results.collect())
    }

    fn compose_reply(&mut self, raw: &RawAction) -> Option<ActionKind> {
        let Some(text) = &raw.text else {
            self.report(raw.r#do.span(), "`compose reply` needs `text`".to_owned());
            return None;
        };
        let given =
            raw.subject.as_ref().map(|subject| (subject.get_ref().as_str(), subject.span()));
        let (subject, span) = given.unwrap_or((REPLY_SUBJECT_DEFAULT, raw.r#do.span()));
        let subject = self.template(subject, span);
        let text = self.template(text.get_ref(), text.span());
        Some(ActionKind::ComposeReply { subject: subject?, text: text? })
    }

    fn template(&mut self, text: &str, span: Range<usize>) -> Option<Template> {
        Template::parse(text).map_err(|message| self.report(span, message)).ok()
    }

    /// Reports keys that mean nothing to an action of this kind.
    fn unused(&mut self, action: &Spanned<RawAction>, kind: &ActionKind) {
        let raw = action.get_ref();
        let is_queue = matches!(kind, ActionKind::Queue { .. });
        let is_wait = matches!(kind, ActionKind::Wait { .. });
        let is_check = matches!(kind, ActionKind::CheckEmail { .. });
        let is_reply = matches!(kind, ActionKind::ComposeReply { .. });
        let is_parameter = matches!(kind, ActionKind::SetParameter { .. });
        let keys = [
            ("queue", raw.queue.is_some() && !is_queue),
            ("priority", raw.priority.is_some() && !is_queue),
            ("seconds", raw.seconds.is_some() && !is_wait),
            ("subject", raw.subject.is_some() && !is_reply),
            ("text", raw.text.is_some() && !is_reply),
            ("dmarc", raw.dmarc.is_some() && !is_check),
            ("dkim", raw.dkim.is_some() && !is_check),
            ("spf", raw.spf.is_some() && !is_check),
            ("parameter", raw.parameter.is_some() && !is_parameter),
            ("value", raw.value.is_some() && !is_parameter),
        ];
        for (key, wrong) in keys {
            if wrong {
                let what = raw.r#do.get_ref();
                self.report(action.span(), format!("`{key}` means nothing to \"{what}\""));
            }
        }
    }

    /// Reports actions nobody comes to, and circles without a wait, in which a contact would spin.
    fn reachable(&mut self, raw: &RawApplication, application: &Application) {
        let mut seen = BTreeSet::new();
        let mut next = vec![&application.start];
        while let Some(name) = next.pop() {
            if seen.insert(name)
                && let Some(action) = application.actions.get(name)
            {
                next.extend(action.exits.values());
            }
        }
        for (name, action) in &raw.action {
            if !seen.iter().any(|seen| seen.as_str() == name) {
                self.report(action.span(), format!("no exit leads to action `{name}`"));
            }
        }
        for (name, action) in &raw.action {
            if let Ok(name) = ActionName::new(name)
                && spins(application, &name)
            {
                self.report(
                    action.span(),
                    format!("from action `{name}` a contact comes back to it without a \"wait\""),
                );
            }
        }
    }
}

/// Whether a contact that leaves the action can come back to it without waiting.
fn spins(application: &Application, start: &ActionName) -> bool {
    let instant = |name: &ActionName| {
        application
            .actions
            .get(name)
            .filter(|action| !matches!(action.kind, ActionKind::Wait { .. }))
    };
    let mut seen = BTreeSet::new();
    let mut next: Vec<&ActionName> =
        instant(start).into_iter().flat_map(|action| action.exits.values()).collect();
    while let Some(name) = next.pop() {
        if name == start {
            return true;
        }
        if seen.insert(name) {
            next.extend(instant(name).into_iter().flat_map(|action| action.exits.values()));
        }
    }
    false
}
