//! Questions: what the views and the log answer, on a running server or a stopped data folder.

mod application;
mod directory;
mod open;
mod work;

pub use application::{application, applications, ways};
pub use directory::{AsOf, InForce, compare, directory, in_force, loads, position};
use engine::Views;
use event::{
    Actor, AgentNumber, Check, CheckedBy, ContactId, Fact, Line, MessageRef, Position, Recorded,
    ServiceFact,
};
use log::{EventLog, ReadError};
pub use open::{OpenFilter, open_contacts};
use projections::{ContactRecord, Flag, Place, SendState, ShelfError, Variables, What};
pub use work::{agents, alarms, queues, waiting};

use crate::answer::{
    Contact, Entry, Outgoing, Quarantined, SenderCheck, SenderResult, Transcript, Verified, instant,
};
use crate::describe::{describe, quarantine_reason};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is no such thing; the text names it.
    #[error("{0}")]
    Unknown(String),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] ReadError),
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ShelfError),
}

/// What the views know of a contact; the log has the rest.
#[derive(Debug)]
pub struct Story {
    positions: Vec<Position>,
    state: String,
    flags: Vec<String>,
    also_open: Vec<(String, String)>,
    variables: Variables,
}

/// What the views know of a contact.
pub fn story(views: &Views<'_>, contact: ContactId) -> Result<Story, QueryError> {
    let record = views.archive.contact(contact)?.ok_or_else(|| unknown(contact))?;
    let thread = views.archive.thread(record.thread)?.unwrap_or_default();
    Ok(Story {
        positions: views.archive.journal(contact)?,
        state: state(views, contact),
        flags: flags(&record),
        also_open: thread
            .interactions
            .iter()
            .filter(|(other, _)| *other != contact && views.hot.contacts.get(*other).is_some())
            .map(|(other, _)| (other.to_string(), state(views, *other)))
            .collect(),
        variables: thread.variables(contact),
    })
}

/// The position of a contact's arrival.
pub fn arrival(views: &Views<'_>, contact: ContactId) -> Result<Position, QueryError> {
    let record = views.archive.contact(contact)?.ok_or_else(|| unknown(contact))?;
    Ok(record.arrival)
}

/// The mail that became a contact.
pub fn mail(log: &dyn EventLog, arrival: Position) -> Result<MessageRef, QueryError> {
    match log.read(arrival, 1)?.pop().map(|recorded| recorded.event.fact) {
        Some(Fact::ContactArrived { message, .. }) => Ok(message),
        _ => Err(QueryError::Unknown(format!("no contact arrived at {arrival}"))),
    }
}

fn unknown(contact: ContactId) -> QueryError {
    QueryError::Unknown(format!(
        "there is no contact {contact}; `postbook journal list` shows the latest ones"
    ))
}

/// A contact with everything that happened to it.
pub fn transcript(log: &dyn EventLog, story: Story) -> Result<Transcript, QueryError> {
    let mut events = Vec::new();
    for position in story.positions {
        events.extend(log.read(position, 1)?);
    }
    let (state, flags) = (story.state, story.flags);
    let listed = events.iter().find_map(|recorded| listed(recorded, state.clone(), flags.clone()));
    let variables = story.variables;
    let named = [
        ("$Email:LastHandlingAgent", variables.last_handling_agent),
        ("$Email:OtherHandlingAgents", variables.other_handling_agents),
        ("$Email:InternalCCAddresses", variables.internal_cc_addresses),
        ("$Email:ExternalCCAddresses", variables.external_cc_addresses),
    ];
    Ok(Transcript {
        contact: listed.ok_or_else(|| {
            QueryError::Unknown("the log has no arrival of this contact".to_owned())
        })?,
        sender: sender(&events),
        also_open: story.also_open,
        variables: named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        events: events.iter().map(entry).collect(),
    })
}

/// What the events of a contact say about the sender of its mail.
fn sender(events: &[Recorded]) -> SenderCheck {
    let checked = events.iter().find_map(|recorded| match recorded.event.fact {
        Fact::SenderChecked { verification, .. } => Some((verification, recorded.event.domains())),
        _ => None,
    });
    let (verification, domains) = checked.unwrap_or_default();
    let domains = domains.cloned().unwrap_or_default();
    let result = |check: Check, domain| SenderResult { result: check.to_string(), domain };
    SenderCheck {
        by: match verification.by {
            CheckedBy::Nobody => "nobody",
            CheckedBy::Server => "server",
            CheckedBy::Ourselves => "postbook",
        }
        .to_owned(),
        dmarc: result(verification.dmarc, domains.dmarc),
        dkim: result(verification.dkim, domains.dkim),
        spf: result(verification.spf, domains.spf),
    }
}

/// How many events are read at a time when looking backwards.
const WINDOW: u64 = 1024;

/// The newest arrivals before `before` (0: the head), newest first.
pub fn arrivals(
    log: &dyn EventLog,
    before: Position,
    count_max: usize,
) -> Result<Vec<Recorded>, QueryError> {
    newest(log, before, u64::MAX, count_max, |fact| matches!(fact, Fact::ContactArrived { .. }))
}

/// How many of the latest events are looked at for an agent's assignments.
const ASSIGNMENTS_AMONG: u64 = 500_000;

/// Why an agent got the contacts they got last, newest first; nothing that is long ago.
pub fn assignments(
    log: &dyn EventLog,
    agent: AgentNumber,
    count_max: usize,
) -> Result<Vec<Entry>, QueryError> {
    let explained = |fact: &Fact| match fact {
        Fact::Service(ServiceFact::AssignmentExplained(explained)) => explained.agent == agent,
        _ => false,
    };
    let found = newest(log, Position(0), ASSIGNMENTS_AMONG, count_max, explained)?;
    Ok(found.iter().map(entry).collect())
}

/// The newest events that are wanted before `before` (0: the head), newest first; as many as
/// `among` are looked at.
fn newest(
    log: &dyn EventLog,
    before: Position,
    among: u64,
    count_max: usize,
    wanted: impl Fn(&Fact) -> bool,
) -> Result<Vec<Recorded>, QueryError> {
    let mut end = if before.0 == 0 { log.head().0.saturating_add(1) } else { before.0 };
    let first = end.saturating_sub(among).max(1);
    let mut found = Vec::new();
    while end > first && found.len() < count_max {
        let start = end.saturating_sub(WINDOW).max(first);
        let count = usize::try_from(end - start).unwrap_or(usize::MAX);
        let events = log.read(Position(start), count)?.into_iter().rev();
        found.extend(events.filter(|recorded| wanted(&recorded.event.fact)));
        end = start;
    }
    found.truncate(count_max);
    Ok(found)
}

/// The contacts that arrived with these events, as they are now.
pub fn contacts(views: &Views<'_>, arrivals: &[Recorded]) -> Result<Vec<Contact>, QueryError> {
    let mut contacts = Vec::new();
    for recorded in arrivals {
        if let Some(contact) = recorded.event.fact.contact() {
            let flags = views.archive.contact(contact)?.as_ref().map(flags).unwrap_or_default();
            contacts.extend(listed(recorded, state(views, contact), flags));
        }
    }
    Ok(contacts)
}

/// The contact that arrived with this event, as lists show it.
fn listed(recorded: &Recorded, state: String, flags: Vec<String>) -> Option<Contact> {
    let Fact::ContactArrived { contact, thread, source, received, .. } = &recorded.event.fact
    else {
        return None;
    };
    let details = recorded.event.mail();
    let from = details.and_then(|details| details.from.as_ref());
    Some(Contact {
        contact: contact.to_string(),
        thread: thread.to_string(),
        mailbox: source.mailbox.to_string(),
        arrived: instant(*received),
        from: from.map(|from| from.address.to_string()),
        subject: details.map(|details| details.subject.clone()),
        state,
        flags,
    })
}

fn flags(record: &ContactRecord) -> Vec<String> {
    let text = |flag: &Flag| match flag {
        Flag::MessageIdRepeated => "Message-ID of another mail",
        Flag::SubjectChanged => "subject changed",
        Flag::Encrypted => "encrypted",
        Flag::AttachmentsWithheld => "attachments withheld",
        Flag::AddressShown => "answer shows a private address",
        Flag::CopyReduced => "too large for the agent's mailbox",
    };
    record.flags.iter().map(|flag| text(flag).to_owned()).collect()
}

fn state(views: &Views<'_>, contact: ContactId) -> String {
    let Some(open) = views.hot.contacts.get(contact) else { return "released".to_owned() };
    match &open.place {
        Place::Application => format!("in application {}", open.application),
        Place::Waiting { line: Line::Queue(queue), .. } => format!("waiting in {queue}"),
        Place::Waiting { line: Line::Agent(agent), .. } => format!("waiting for agent {agent}"),
        Place::Held { agent, delivered: true, .. } => format!("with agent {agent}"),
        Place::Held { agent, .. } => format!("assigned to agent {agent}"),
        Place::Parked { agent, .. } => format!("parked by agent {agent}"),
        Place::Leaving { .. } | Place::Forwarded { .. } => "on its way to an address".to_owned(),
    }
}

/// Events of the log from `from` on, at most `count_max`.
pub fn events(
    log: &dyn EventLog,
    from: Position,
    count_max: usize,
) -> Result<Vec<Entry>, QueryError> {
    Ok(log.read(from, count_max)?.iter().map(entry).collect())
}

/// One event as the API shows it.
pub fn entry(recorded: &Recorded) -> Entry {
    Entry {
        position: recorded.position.0,
        time: instant(recorded.event.time),
        text: describe(&recorded.event),
        by: person(&recorded.event.actor),
        event: serde_json::to_value(&recorded.event).unwrap_or_default(),
    }
}

/// The person who acts, where one does.
pub fn person(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Agent(number) => Some(format!("agent {number}")),
        Actor::User(name) => Some(name.to_string()),
        Actor::Engine | Actor::Mailbox(_) | Actor::Sender => None,
    }
}

/// Checks the whole log; `progress` is told the position reached now and then.
pub fn verify(
    log: &dyn EventLog,
    progress: &mut dyn FnMut(Position),
) -> Result<Verified, QueryError> {
    let verified = log.verify(progress)?;
    Ok(Verified {
        head: verified.head.0,
        events: verified.events,
        chunks: verified.chunks,
        commits: verified.commits,
        head_hash: verified.head_hash.to_string(),
    })
}

/// Outgoing mail that is not settled, oldest first.
pub fn outbox(views: &Views<'_>) -> Vec<Outgoing> {
    let outgoing = |(id, outgoing): (event::OutgoingId, &projections::Outgoing)| {
        let (state, until) = match outgoing.state {
            SendState::Ready => ("ready", None),
            SendState::Started => ("started", None),
            SendState::Deferred { until } => ("deferred", Some(instant(until))),
            SendState::Uncertain { .. } => ("uncertain", None),
        };
        Outgoing {
            id: id.0.0,
            contact: outgoing.contact.to_string(),
            what: match outgoing.what {
                What::Copy { .. } => "copy".to_owned(),
                What::Reply { .. } => "reply".to_owned(),
                What::ReplyCopy { .. } => "reply copy".to_owned(),
                What::Note { .. } => "note".to_owned(),
                What::AutomaticReply => "automatic reply".to_owned(),
                What::OversizeNotice => "size notice".to_owned(),
                What::Notice { .. } => "notice".to_owned(),
            },
            state: state.to_owned(),
            until,
            attempts: outgoing.attempts,
            requested: instant(outgoing.requested),
        }
    };
    views.hot.outbox.iter().map(outgoing).collect()
}

/// Mail in quarantine, oldest first.
pub fn quarantine(views: &Views<'_>) -> Vec<Quarantined> {
    let quarantined = |(position, mail): (Position, &projections::Quarantined)| Quarantined {
        position: position.0,
        mailbox: mail.source.mailbox.to_string(),
        mark: mail.source.mark.to_string(),
        reason: quarantine_reason(mail.reason).to_owned(),
        arrived: instant(mail.arrived),
        size: mail.message.map(|message| message.size),
        message: mail.message.map(|message| message.digest.to_string()),
    };
    views.hot.quarantine.iter().map(quarantined).collect()
}
