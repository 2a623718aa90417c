//! Why a command is not carried out.

use application::ApplicationError;
use event::{AgentNumber, ContactId, DispositionCode, Line, MailboxName, OutgoingId, QueueName};
use projections::ShelfError;

use crate::LoadProblem;

/// Why a command is not carried out; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such agent.
    #[error("there is no agent {0}; `postbook agent list` shows who there is")]
    UnknownAgent(AgentNumber),
    /// No such queue.
    #[error("there is no queue `{0}`; `postbook queue` shows which there are")]
    UnknownQueue(QueueName),
    /// No such mailbox.
    #[error("there is no mailbox `{0}` in the directory")]
    UnknownMailbox(MailboxName),
    /// No such contact.
    #[error("there is no contact {0}; `postbook journal list` shows the latest ones")]
    UnknownContact(ContactId),
    /// The contact is released.
    #[error(
        "contact {0} is released; only a note, a tag or another disposition code can be added to it"
    )]
    NotOpen(ContactId),
    /// The contact is not with that agent.
    #[error("agent {0} does not hold contact {1}; `postbook contact list` shows who does")]
    NotHeld(AgentNumber, ContactId),
    /// The contact is with nobody.
    #[error(
        "nobody holds contact {0}, so it cannot be transferred; `postbook contact move {0}` moves one that waits"
    )]
    HeldByNobody(ContactId),
    /// The agent holds nothing.
    #[error(
        "agent {0} holds no contact; name one that they have parked, or see `postbook contact list --agent {0}`"
    )]
    HoldsNothing(AgentNumber),
    /// The agent holds several; one must be named.
    #[error("agent {0} holds {1} contacts: name one; `postbook agent list` shows them")]
    HoldsSeveral(AgentNumber, usize),
    /// Neither a contact nor an agent is named.
    #[error("name a contact; `postbook contact list` shows those that are open")]
    NothingNamed,
    /// An agent is given what is theirs.
    #[error("contact {1} is with agent {0} already")]
    SameAgent(AgentNumber, ContactId),
    /// What an agent works on is not declined.
    #[error(
        "agent {0} works on contact {1} already, so it cannot be declined; pass it on with `postbook agent transfer {0} {1}`"
    )]
    Begun(AgentNumber, ContactId),
    /// The contact is parked.
    #[error("contact {1} is parked already; `postbook agent unpark {0} {1}` takes it back first")]
    Parked(AgentNumber, ContactId),
    /// The agent has parked nothing.
    #[error("agent {0} has parked no contact")]
    ParkedNothing(AgentNumber),
    /// The agent has parked several; one must be named.
    #[error(
        "agent {0} has parked {1} contacts: name one; `postbook contact list --agent {0}` shows them"
    )]
    ParkedSeveral(AgentNumber, usize),
    /// A contact cannot be parked until a time that is over.
    #[error("that time is past; give one to come, or none")]
    TimePast,
    /// The contact waits nowhere.
    #[error("contact {0} does not wait; `postbook contact list` shows where it is")]
    NotWaiting(ContactId),
    /// The contact is neither waiting nor with an agent.
    #[error(
        "contact {0} is in its application or on its way to an address; it can be moved once it waits, or released"
    )]
    NotToMove(ContactId),
    /// Its queue wants a disposition code before a contact is released.
    #[error(
        "contact {0} needs a disposition code before it is released ({codes}): `postbook agent disposition AGENT CODE {0}` or `postbook contact disposition {0} CODE`",
        codes = list(.1)
    )]
    NoDisposition(ContactId, Vec<DispositionCode>),
    /// The code is none of those that may be set.
    #[error("`{0}` cannot be set here; allowed: {codes}", codes = list(.1))]
    UnknownDisposition(DispositionCode, Vec<DispositionCode>),
    /// Only agents who are at work get contacts.
    #[error(
        "agent {0} is signed out; `postbook agent ready {0}` or `postbook agent not-ready {0}` signs them in"
    )]
    SignedOut(AgentNumber),
    /// The agent holds as many contacts as they may.
    #[error(
        "agent {0} holds as many contacts as they may ({1}): one of them has to be released, parked or passed on first"
    )]
    AtCapacity(AgentNumber, usize),
    /// Agents take contacts from lines that are theirs only.
    #[error(
        "it waits {place}, which is not agent {0}'s line; a supervisor can give it to them with `postbook contact assign`",
        place = place(.1)
    )]
    NotServed(AgentNumber, Line),
    /// The contact is with another agent.
    #[error(
        "agent {0} holds contact {1}; `postbook contact move {1} --to-agent {2}` takes it from them"
    )]
    HeldByAnother(AgentNumber, ContactId, AgentNumber),
    /// An agent does what supervisors do.
    #[error(
        "agent {0} cannot do that as an agent: it is for supervisors, `postbook contact --help` shows how"
    )]
    ForSupervisors(AgentNumber),
    /// Mail to ourselves would go in circles.
    #[error("that address is one of our own mailboxes; transfer to a queue instead")]
    OwnAddress,
    /// A directory cannot come into force.
    #[error("{}", lines(.0))]
    Load(Vec<LoadProblem>),
    /// The outgoing mail is settled, or not in that state.
    #[error("outgoing mail {0} is not waiting to be sent")]
    NotToSend(OutgoingId),
    /// The application cannot work.
    #[error("{0}")]
    Application(#[from] ApplicationError),
    /// The mailbox has no application in force.
    #[error("mailbox `{0}` has no application")]
    NoApplication(MailboxName),
    /// The views on disk cannot be read.
    #[error("{0}")]
    Archive(String),
}

fn lines(problems: &[LoadProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(LoadProblem::to_string).collect();
    lines.join("\n")
}

impl From<ShelfError> for Rejection {
    fn from(error: ShelfError) -> Self {
        Self::Archive(error.to_string())
    }
}

/// Where a contact waits, in a sentence.
fn place(line: &Line) -> String {
    match line {
        Line::Queue(queue) => format!("in queue {queue}"),
        Line::Agent(agent) => format!("for agent {agent}"),
    }
}

/// Codes as a sentence lists them.
fn list(codes: &[DispositionCode]) -> String {
    let codes: Vec<&str> = codes.iter().map(DispositionCode::as_str).collect();
    if codes.is_empty() { "any code".to_owned() } else { codes.join(", ") }
}
