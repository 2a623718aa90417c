//! Names people give to things: agents, queues, mailboxes, actions.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::Serialize;

/// A name that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a {what}: {allowed}")]
pub struct NameError {
    /// The text that was given.
    pub name: String,
    /// What it should have named.
    pub what: &'static str,
    /// What would be accepted.
    pub allowed: &'static str,
}

const LENGTH_MAX: usize = 64;
const ALLOWED: &str =
    "1 to 64 letters, digits, spaces, `-`, `_` or `.` are allowed, a letter or digit first";

fn is_name(text: &str) -> bool {
    text.chars().count() <= LENGTH_MAX
        && text.chars().next().is_some_and(char::is_alphanumeric)
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'))
        && !text.ends_with(' ')
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize,
        )]
        pub struct $type(String);

        impl $type {
            /// Takes a name of 1 to 64 letters, digits, spaces, `-`, `_` and `.`.
            pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
                let name = name.into();
                if is_name(&name) {
                    Ok(Self(name))
                } else {
                    Err(NameError { name, what: $what, allowed: ALLOWED })
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
    };
}

name!(
    /// A polled account that customers write to, or the internal one.
    MailboxName,
    "mailbox name"
);
name!(
    /// A queue of contacts waiting for an agent.
    QueueName,
    "queue name"
);
name!(
    /// A workflow.
    ApplicationName,
    "application name"
);
name!(
    /// One action in an application.
    ActionName,
    "action name"
);
name!(
    /// One way out of an action.
    ExitName,
    "exit name"
);
name!(
    /// A parameter an application sets on a contact, such as `wf.internalccaddresses`.
    ParameterName,
    "parameter name"
);
name!(
    /// The resolution code that labels a finished interaction.
    DispositionCode,
    "disposition code"
);
name!(
    /// Why an agent is not ready, as the team words it.
    TeamReason,
    "reason"
);
name!(
    /// What an agent can do and a contact may need, such as a language.
    SkillName,
    "skill name"
);
name!(
    /// Agents who work together under a team leader.
    TeamName,
    "team name"
);
name!(
    /// The hours in which somebody works.
    ScheduleName,
    "schedule name"
);
name!(
    /// A word by which contacts are found again.
    Tag,
    "tag"
);
name!(
    /// A person who gives commands: an operating-system or Postbook user.
    UserName,
    "user name"
);

/// An agent's number, as dialled: `1001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct AgentNumber(pub u32);

impl fmt::Display for AgentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AgentNumber {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.parse().map(Self).map_err(|_| NameError {
            name: text.to_owned(),
            what: "agent number",
            allowed: "digits are expected, such as 1001",
        })
    }
}

/// One version of an application; versions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
pub struct ApplicationRef {
    /// The application.
    pub name: ApplicationName,
    /// Its version.
    pub version: u32,
}

impl fmt::Display for ApplicationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["support", "Service à la clientèle", "wf.internalccaddresses", "2nd-level_x"]
        {
            assert!(QueueName::new(good).is_ok(), "{good}");
        }
        for wrong in ["", " a", "a ", "a/b", "a\n", ".hidden", &"x".repeat(65)] {
            let error = QueueName::new(wrong).unwrap_err();
            assert!(error.to_string().contains("queue name"), "{error}");
        }
    }
}
