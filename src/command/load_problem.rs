//! Why a directory cannot come into force.

use std::fmt;

use application::Problem;
use event::{
    ActionName, AgentNumber, ApplicationName, ApplicationRef, ContactId, MailboxName, QueueName,
    SkillName,
};

/// So many contacts are named.
const NAMED_MAX: usize = 5;

/// One reason why a directory cannot come into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// Open contacts are in a queue that is to go, or would come to it.
    Queue(QueueName, Affected),
    /// Contacts wait for an agent who is to go, and would wait for ever.
    Agent(AgentNumber, Affected),
    /// Open contacts are answered under the address of a mailbox that is to go.
    Mailbox(MailboxName, Affected),
    /// Open contacts need a skill that is to go.
    Skill(SkillName, Affected),
    /// An application in force names something that is to go.
    InForce {
        /// The version in force.
        application: ApplicationRef,
        /// The action that names it.
        action: Option<ActionName>,
        /// What is wrong then.
        problem: Problem,
    },
    /// An application that is to be published cannot work.
    Published(ApplicationName, Problem),
}

/// The open contacts that something concerns, in the order they arrived in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected(pub Vec<ContactId>);

impl Affected {
    fn is_one(&self) -> bool {
        self.0.len() == 1
    }

    /// How many they are.
    fn count(&self) -> String {
        format!("{} open contact{}", self.0.len(), if self.is_one() { "" } else { "s" })
    }

    /// The first ones by their names.
    fn names(&self) -> String {
        let names: Vec<String> = self.0.iter().take(NAMED_MAX).map(ContactId::to_string).collect();
        match self.0.len().saturating_sub(NAMED_MAX) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }

    fn first(&self) -> String {
        self.0.first().map(ContactId::to_string).unwrap_or_default()
    }
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(queue, affected) => write!(
                f,
                "{} {} to queue `{queue}`, which the new directory does not have: {}; move those that \
                 wait (`postbook contact move {} --to-queue QUEUE`), or keep the queue until they are \
                 released",
                affected.count(),
                if affected.is_one() { "belongs" } else { "belong" },
                affected.names(),
                affected.first(),
            ),
            Self::Agent(agent, affected) => write!(
                f,
                "{} {} for agent {agent}, whom the new directory does not have: {}; move them \
                 (`postbook contact move {} --to-queue QUEUE`), or keep the agent",
                affected.count(),
                if affected.is_one() { "waits" } else { "wait" },
                affected.names(),
                affected.first(),
            ),
            Self::Mailbox(mailbox, affected) => write!(
                f,
                "{} came to mailbox `{mailbox}`, which the new directory does not have, so that no \
                 answer could be sent: {}; keep the mailbox until they are released (`postbook contact \
                 release {}`)",
                affected.count(),
                affected.names(),
                affected.first(),
            ),
            Self::Skill(skill, affected) => write!(
                f,
                "{} {} the skill `{skill}`, which the new directory does not have: {}; give them to \
                 an agent (`postbook contact move {} --to-agent NUMBER`), or keep the skill until they \
                 are released",
                affected.count(),
                if affected.is_one() { "needs" } else { "need" },
                affected.names(),
                affected.first(),
            ),
            Self::InForce { application, action, problem } => {
                write!(f, "application {application} is in force: ")?;
                if let Some(action) = action {
                    write!(f, "action `{action}`, ")?;
                }
                write!(
                    f,
                    "{problem}; publish a version that does without it first (`postbook application \
                     publish {} FILE`), or keep it",
                    application.name
                )
            }
            Self::Published(application, problem) => {
                write!(f, "application {application}: {problem}")
            }
        }
    }
}
