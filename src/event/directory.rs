//! The directory and the settings as events carry them.
//!
//! Both are lists of entries, because a stored variant never changes: what a later version adds
//! is a new variant of the entry.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    AgentNumber, ApplicationName, DispositionCode, MailboxName, QueueName, QueueRule, Schedule,
    SkillName, TeamName,
};

/// One thing the directory knows; names and addresses of people are in the private part.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum DirectoryEntry {
    /// A queue.
    Queue {
        /// Its name.
        name: QueueName,
    },
    /// An agent.
    Agent {
        /// The agent's number.
        number: AgentNumber,
        /// The queues the agent serves.
        queues: Vec<QueueName>,
        /// How many contacts the agent may hold at once.
        capacity: u16,
    },
    /// A public mailbox.
    Mailbox {
        /// Its name.
        name: MailboxName,
        /// The application its mail enters.
        application: ApplicationName,
    },
    /// The internal mailbox, where agents' replies arrive.
    Internal {
        /// Its name.
        name: MailboxName,
    },
    /// One rule of a queue.
    QueueRule {
        /// The queue.
        queue: QueueName,
        /// The rule; at most one of each kind.
        rule: QueueRule,
    },
    /// How well an agent serves a queue; `LEVEL_DEFAULT` where there is no such entry.
    AgentLevel {
        /// The agent.
        number: AgentNumber,
        /// A queue the agent serves.
        queue: QueueName,
        /// From 1 to 10; 10 is best.
        level: u8,
    },
    /// A skill.
    Skill {
        /// Its name.
        name: SkillName,
    },
    /// What an agent can do.
    AgentSkill {
        /// The agent.
        number: AgentNumber,
        /// The skill.
        skill: SkillName,
        /// From 1 to 10; 10 is best.
        level: u8,
    },
    /// A team.
    Team {
        /// Its name.
        name: TeamName,
    },
    /// The team an agent belongs to.
    AgentTeam {
        /// The agent.
        number: AgentNumber,
        /// The team.
        team: TeamName,
    },
    /// A disposition code that queues may offer.
    Disposition {
        /// The code.
        code: DispositionCode,
    },
    /// Hours in which somebody works.
    Schedule(Schedule),
}

/// How well an agent serves a queue, or can do something, where nothing else is said.
pub const LEVEL_DEFAULT: u8 = 5;
/// The best level.
pub const LEVEL_MAX: u8 = 10;

/// One setting that decides what happens to contacts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Setting {
    /// What a restart does with contacts that agents hold.
    RestartHeldContacts(HeldContacts),
    /// Whether a relayed reply releases the contact.
    ReleaseOnReply(bool),
    /// What agents see in From.
    AgentCopyFrom(CopyFrom),
    /// Whether people whom an agent puts on a reply stay hidden from the customer and get the next
    /// replies.
    KeepInternalCc(bool),
    /// Whether people whom the customer puts on a mail get the reply.
    KeepExternalCc(bool),
    /// What becomes of private addresses in what a reply quotes.
    Quotes(Quotes),
    /// What becomes of signed replies.
    SignedReplies(SignedReplies),
    /// How many automatic answers an address gets a day.
    AutomaticRepliesPerAddressDay(u32),
    /// How many automatic answers a domain gets an hour.
    AutomaticRepliesPerDomainHour(u32),
    /// How many automatic answers go out an hour.
    AutomaticRepliesPerHour(u32),
    /// The endings of file names (without the dot, in lower case) of attachments that agents do
    /// not get.
    WithheldAttachments(Vec<String>),
    /// What a new version of an application means to contacts that are still in it.
    RunningContacts(RunningContacts),
    /// How long a contact waits for one agent before it falls to a queue, in milliseconds; for ever
    /// where it is 0.
    AgentWaitMs(u64),
    /// The hosts that applications may call.
    WebhookHosts(Vec<String>),
}

/// What a new version of an application means to contacts that are still in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum RunningContacts {
    /// They finish in the version they began with.
    #[default]
    Finish,
    /// Those that are not queued yet begin anew in the new version.
    Move,
}

/// What a restart does with contacts that agents hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum HeldContacts {
    /// They are released, with the reason `restart`.
    #[default]
    Release,
    /// They stay with their agents.
    Keep,
}

/// What agents see in From of a delivered copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum CopyFrom {
    /// The customer's own address.
    #[default]
    Customer,
    /// "Customer via Queue" with the internal address, for domains that enforce DMARC.
    Via,
}

/// What becomes of private addresses in the lines of a reply that say who wrote what it quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Quotes {
    /// They are removed.
    #[default]
    Redact,
    /// They stay, and it is recorded.
    Warn,
    /// They stay, and nobody looks.
    Allow,
}

/// What becomes of a reply whose signature would show the customer who wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum SignedReplies {
    /// It is refused.
    #[default]
    Refuse,
    /// It is relayed as it is.
    Relay,
    /// It is relayed without the signature, or refused where that cannot be taken off.
    Strip,
}
