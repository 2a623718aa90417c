//! What an application would do with a mail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What an application would do with a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// The mail, as it was named.
    pub mail: String,
    /// The mailbox it would come to.
    pub mailbox: String,
    /// The steps, in order.
    pub steps: Vec<RehearsedStep>,
    /// Where the contact is then.
    pub end: End,
}

/// One step of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsedStep {
    /// The application and its version.
    pub application: String,
    /// The action.
    pub action: String,
    /// The exit by which it is left; absent where the contact stays there, or goes into another
    /// application, or the application ends.
    pub exit: Option<String>,
    /// Whether the application ends there.
    pub is_end: bool,
    /// Why it is left by that exit: for a table one line for each row that was looked at.
    pub why: Vec<String>,
    /// What it does.
    pub effects: Vec<Effect>,
}

/// Something that a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// The customer gets an automatic answer.
    Reply {
        /// Who gets it; absent where that is not known.
        to: Option<String>,
        /// Its subject.
        subject: String,
        /// Its text.
        text: String,
        /// The same as HTML, where there is that.
        html: Option<String>,
        /// The names of the files that go with it.
        attachments: Vec<String>,
    },
    /// The customer gets no automatic answer.
    Withheld {
        /// Why not.
        why: String,
    },
    /// Another program is asked.
    Webhook {
        /// Where.
        url: String,
        /// The body, as JSON.
        body: String,
        /// The status of the answer; absent where there is none.
        status: Option<u16>,
        /// The body of the answer, or why there is none.
        answer: String,
    },
    /// Time passes.
    Wait {
        /// How long, in milliseconds.
        ms: u64,
        /// Until when, RFC 3339.
        until: String,
    },
    /// A parameter is set.
    Parameter {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Something is noted.
    Note {
        /// What.
        text: String,
    },
    /// The contact gets a word by which it is found again.
    Tag {
        /// The word.
        tag: String,
    },
    /// The contact comes to wait in a line.
    LineUp {
        /// A queue or an agent.
        line: String,
        /// Higher is served first.
        priority: u8,
    },
    /// A copy goes to a plain address.
    Forward {
        /// The address; absent where it is not known.
        to: Option<String>,
    },
    /// Another application is run.
    Run {
        /// That one and its version.
        application: String,
    },
    /// The action cannot be carried out as written.
    Failure {
        /// Why not.
        why: String,
    },
}

/// Where a contact is in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The same as the rest, as a sentence.
    pub text: String,
    /// The queue it waits in.
    pub queue: Option<String>,
    /// The agent it waits for, or who gets it.
    pub agent: Option<u32>,
    /// The address a copy goes to.
    pub address: Option<String>,
    /// Its priority, where it waits or an agent gets it.
    pub priority: Option<u8>,
    /// What an agent must be able to do to get it, each with the least level.
    pub skills: BTreeMap<String, u8>,
}
