//! What an application file may name beside its own actions.

use std::collections::{BTreeMap, BTreeSet};

use event::{AgentNumber, ApplicationName, MailboxName, QueueName, ScheduleName, SkillName};

/// The names there are where an application runs. What is `None` is not known, and names of that
/// kind are not checked.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The name the file is published under.
    pub name: Option<ApplicationName>,
    /// The text of every other application, to see whether they run each other in a circle.
    pub applications: Option<BTreeMap<ApplicationName, String>>,
    /// The queues.
    pub queues: Option<BTreeSet<QueueName>>,
    /// The skills that agents have.
    pub skills: Option<BTreeSet<SkillName>>,
    /// The agents.
    pub agents: Option<BTreeSet<AgentNumber>>,
    /// The schedules.
    pub schedules: Option<BTreeSet<ScheduleName>>,
    /// The mailboxes that customers write to.
    pub mailboxes: Option<BTreeSet<MailboxName>>,
    /// The hosts that webhooks may call, in small letters and without a port.
    pub webhook_hosts: Option<BTreeSet<String>>,
    /// The files beside the application file.
    pub files: Option<BTreeSet<String>>,
}

/// Something that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mention {
    Queue(QueueName),
    Skill(SkillName),
    Agent(AgentNumber),
    Schedule(ScheduleName),
    Mailbox(MailboxName),
    Application(ApplicationName),
    WebhookHost(String),
    File(String),
}

impl Surroundings {
    /// Where there is nothing of a mentioned name: the name, a sentence that says so, and the names
    /// there are.
    pub(crate) fn absent(&self, mention: &Mention) -> Option<(String, String, Vec<String>)> {
        match mention {
            Mention::Queue(name) => absent("queue", name, self.queues.as_ref()),
            Mention::Skill(name) => absent("skill", name, self.skills.as_ref()),
            Mention::Agent(number) => absent("agent", number, self.agents.as_ref()),
            Mention::Schedule(name) => absent("schedule", name, self.schedules.as_ref()),
            Mention::Mailbox(name) => absent("mailbox", name, self.mailboxes.as_ref()),
            Mention::File(name) => absent("file", name, self.files.as_ref()),
            Mention::WebhookHost(name) => {
                let (name, _, known) = absent("host", name, self.webhook_hosts.as_ref())?;
                let message = format!("webhooks may not call `{name}`");
                Some((name, message, known))
            }
            Mention::Application(name) => {
                let others = self.applications.as_ref()?.keys();
                let known = others.chain(&self.name).cloned().collect();
                absent("application", name, Some(&known))
            }
        }
    }
}

fn absent<T: Ord + ToString>(
    what: &str,
    name: &T,
    known: Option<&BTreeSet<T>>,
) -> Option<(String, String, Vec<String>)> {
    let known = known.filter(|known| !known.contains(name))?;
    let name = name.to_string();
    let message = format!("there is no {what} `{name}`");
    Some((name, message, known.iter().map(T::to_string).collect()))
}
