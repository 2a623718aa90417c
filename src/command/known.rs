//! What is known of a contact, for the templates and conditions of applications.

use std::collections::{BTreeMap, BTreeSet};

use application::{
    AgentValues, Clock, ContactValues, MailboxValues, Name, QueueValues, ScheduleValues, Standing,
    ThreadValues, Values, Variables, VerificationValues,
};
use event::{AgentState, ContactId, Line, Schedule, Timestamp};
use projections::{OpenContact, Place};

use crate::interpreter::At;
use crate::{Fault, View};

/// What can be named, as it is now; of threads, agents, schedules and queues only what one of these
/// names is about, since that takes a look into the archive, or at all there are.
pub(crate) fn variables<'n>(
    at: &At<'_>,
    names: impl IntoIterator<Item = &'n Name>,
) -> Result<Variables, Fault> {
    let At { view, contact, open, now, .. } = *at;
    let groups: BTreeSet<&str> =
        names.into_iter().filter_map(|name| name.first()).map(String::as_str).collect();
    let parameters = open.parameters.iter();
    let mut values = Values {
        contact: contact_values(contact, open),
        verification: VerificationValues {
            dmarc: open.verification.dmarc.to_string(),
            dkim: open.verification.dkim.to_string(),
            spf: open.verification.spf.to_string(),
        },
        mailbox: mailbox_values(view, open),
        parameters: parameters
            .map(|(name, value)| (name.clone(), value.clone().unwrap_or_default()))
            .collect(),
        now,
        ..Values::default()
    };
    if groups.contains("thread") {
        values.thread = thread_values(view, contact, open)?;
    }
    if groups.contains("agents") {
        values.agents = agent_values(view);
    }
    if groups.contains("schedule") {
        values.schedules = schedules(view, now);
    }
    if groups.contains("queue") {
        values.queues = queues(view, now);
    }
    Ok(Variables::from(&values))
}

fn contact_values(contact: ContactId, open: &OpenContact) -> ContactValues {
    let sender = open.sender.as_ref();
    ContactValues {
        id: contact.to_string(),
        mailbox: open.mailbox.to_string(),
        subject: open.subject.clone(),
        sender: sender.map(|from| from.address.to_string()).unwrap_or_default(),
        sender_name: sender.and_then(|from| from.name.clone()).unwrap_or_default(),
        language: open.language.clone().unwrap_or_default(),
        automatic: open.automatic.map_or("", application::automatic_word).to_owned(),
        received: application::instant(open.received),
        size: open.message.size,
        attachments: open.attachments.clone(),
        priority: u64::from(match open.place {
            Place::Waiting { priority, .. }
            | Place::Held { priority, .. }
            | Place::Parked { priority, .. }
            | Place::Leaving { priority, .. } => priority,
            Place::Application | Place::Forwarded { .. } => 0,
        }),
        tags: open.tags.iter().map(ToString::to_string).collect(),
    }
}

fn mailbox_values(view: &View<'_>, open: &OpenContact) -> MailboxValues {
    let name = open.mailbox.to_string();
    let public = view.hot.directory.public(&open.mailbox);
    MailboxValues {
        display_name: public.and_then(|(_, shown)| shown).unwrap_or(&name).to_owned(),
        address: public.map(|(address, _)| address.to_string()).unwrap_or_default(),
        name,
    }
}

fn thread_values(
    view: &View<'_>,
    contact: ContactId,
    open: &OpenContact,
) -> Result<ThreadValues, Fault> {
    let record = view.archive.thread(open.thread)?;
    let variables = record.map(|record| record.variables(contact)).unwrap_or_default();
    let number = variables.last_handling_agent.split(':').next().unwrap_or_default();
    Ok(ThreadValues {
        id: open.thread.to_string(),
        last_handling_agent_number: number.to_owned(),
        last_handling_agent: variables.last_handling_agent,
        other_handling_agents: variables.other_handling_agents,
        internal_cc_addresses: variables.internal_cc_addresses,
        external_cc_addresses: variables.external_cc_addresses,
    })
}

fn agent_values(view: &View<'_>) -> AgentValues {
    let mut values = AgentValues::default();
    for (_, agent) in view.hot.agents.iter().filter(|(_, agent)| agent.listed) {
        match agent.state {
            AgentState::SignedOut => continue,
            _ if !agent.held.is_empty() => values.email += 1,
            AgentState::NotReady { .. } => values.not_ready += 1,
            AgentState::Ready => values.ready += 1,
        }
        values.signed_in += 1;
    }
    values
}

fn schedules(view: &View<'_>, now: Timestamp) -> BTreeMap<event::ScheduleName, ScheduleValues> {
    let values = |schedule: &Schedule| {
        let Ok(clock) = Clock::new(schedule) else { return ScheduleValues::default() };
        let (open, holiday) = match clock.standing(now) {
            Standing::Open => (true, String::new()),
            Standing::Holiday { name } => (false, name),
            Standing::Closed => (false, String::new()),
        };
        let next_open = if open { None } else { clock.next_open(now) };
        let next_open = next_open.map(|at| clock.shown(at)).unwrap_or_default();
        ScheduleValues { open, holiday, next_open }
    };
    let schedules = view.hot.directory.schedules.iter();
    schedules.map(|(name, schedule)| (name.clone(), values(schedule))).collect()
}

fn queues(view: &View<'_>, now: Timestamp) -> BTreeMap<event::QueueName, QueueValues> {
    let (queues, agents) = (&view.hot.queues, &view.hot.agents);
    let values = |name: &event::QueueName| {
        let line = Line::Queue(name.clone());
        QueueValues {
            waiting: queues.len(&line) as u64,
            longest_wait_s: queues.longest(&line).map_or(0, |since| now.ms_since(since) / 1000),
            free_agents: agents.free_len(name) as u64,
            signed_in_agents: agents.signed_in_len(name) as u64,
        }
    };
    view.hot.directory.queues.keys().map(|name| (name.clone(), values(name))).collect()
}
