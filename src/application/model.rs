//! An application: a graph of named actions with named exits.

use std::collections::BTreeMap;

use event::{
    ActionName, AgentNumber, ApplicationName, ExitName, MailboxName, ParameterName, QueueName,
    ScheduleName, SkillNeed, Tag,
};

use crate::{Expression, Table, Template};

/// A workflow: where it begins, and its actions.
#[derive(Clone, Debug)]
pub struct Application {
    /// The first action. One that waits for e-mail makes it an application for mailboxes; another
    /// one makes it a part that other applications run.
    pub start: ActionName,
    /// All actions, by name.
    pub actions: BTreeMap<ActionName, Action>,
}

/// One action.
#[derive(Clone, Debug)]
pub struct Action {
    /// What it does.
    pub kind: ActionKind,
    /// Where its exits lead.
    pub exits: BTreeMap<ExitName, ActionName>,
    /// Its line in the file, from 1.
    pub line: usize,
}

/// What an action does.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// Waits for e-mail; every contact of a mailbox begins here. Exit: `mail`.
    WaitForEmail {
        /// The mailboxes whose mail comes here; all that name the application where it is empty.
        mailboxes: Vec<MailboxName>,
    },
    /// Looks at the mail. Exits: one for each row, `otherwise`, `error`.
    CheckEmail(Table),
    /// Answers the customer without a person. Exits: `sent`, `withheld`, `error`.
    ComposeReply(Box<Reply>),
    /// Puts the contact in a queue. Exit: `queued`.
    Queue {
        /// Which.
        queue: QueueName,
        /// Higher is served first.
        priority: u8,
        /// What an agent must be able to do.
        skills: Vec<SkillNeed>,
    },
    /// Has the contact wait for one agent. Exits: `no agent`, where there is none or they are signed
    /// out, and `timed out`.
    RouteToAgent {
        /// Which.
        agent: AgentRef,
        /// How long, in milliseconds.
        wait_ms: u64,
        /// Higher is served first.
        priority: u8,
    },
    /// Sends a copy to a plain address and ends the contact. Exits: `failed`, `error`.
    TransferToAddress {
        /// The address.
        address: Template,
    },
    /// Sets a parameter of the contact. Exits: `set`, `error`.
    SetParameter {
        /// Which.
        parameter: ParameterName,
        /// Its new value.
        value: Template,
    },
    /// Looks at the clock. Exits: `open`, `closed`, `holiday`.
    ChooseBySchedule {
        /// The schedule.
        schedule: ScheduleName,
    },
    /// Decides by what is known. Exits: `yes`, `no`, `error`.
    Branch {
        /// What must be true.
        condition: Expression,
    },
    /// Waits for some time. Exit: `over`.
    Wait {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Notes something for those who work here. Exits: `noted`, `error`.
    Note {
        /// What.
        text: Template,
    },
    /// Gives the contact a word by which it is found again. Exit: `tagged`.
    Tag {
        /// The word.
        tag: Tag,
    },
    /// Asks another program over HTTP. Exits: `answered`, `failed`, `error`.
    CallWebhook(Box<Webhook>),
    /// Runs another application, and goes on where that ends. Exit: `done`.
    RunApplication {
        /// Which; its newest version.
        application: ApplicationName,
    },
    /// Ends the application.
    End,
}

/// The agent a contact is routed to.
#[derive(Clone, Debug)]
pub enum AgentRef {
    /// A fixed one.
    Number(AgentNumber),
    /// The one a text gives: `1001`, or `1001:address` as in `$Email:LastHandlingAgent`.
    Variable(Template),
}

/// An automatic answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The subject.
    pub subject: Localised,
    /// The text.
    pub text: Localised,
    /// The same as HTML, where there is that.
    pub html: Option<Localised>,
    /// The names of the files that go with it, beside the application's file.
    pub attachments: Vec<String>,
}

/// A text in one language or several.
#[derive(Clone, Debug)]
pub struct Localised {
    /// For every language that has none of its own.
    pub default: Template,
    /// By language tag in small letters, such as `fr` or `pt-br` (RFC 5646).
    pub by_language: BTreeMap<String, Template>,
}

/// A question to another program.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where; `https`, or `http` to this machine. Its host must be in the settings.
    pub url: String,
    /// The body, which must come out as JSON.
    pub body: Template,
    /// How long one attempt may take, in milliseconds.
    pub timeout_ms: u32,
    /// How many attempts are made in all.
    pub attempts: u8,
    /// Parameters that are set from the answer, each from where a JSON Pointer (RFC 6901) leads.
    pub result: BTreeMap<ParameterName, String>,
}

impl Localised {
    /// The text for a language: of the tag, else of its first part (`fr` for `fr-CA`), else the
    /// default.
    pub fn choose(&self, language: &str) -> &Template {
        let language = language.to_ascii_lowercase();
        let primary = language.split('-').next().unwrap_or_default();
        let found = self.by_language.get(&language).or_else(|| self.by_language.get(primary));
        found.unwrap_or(&self.default)
    }
}
