//! Queues, what agents do, and what supervisors do about contacts.

use anyhow::Result;
use event::{AgentNumber, ContactId, QueueName};
use http::answer::Carried;
use http::query::{self, OpenFilter};
use http::{
    AgentRequest, CodeRequest, ContactRequest, DeclineRequest, DispositionRequest, MoveRequest,
    NoteRequest, ParkRequest, PriorityRequest, PullRequest, StateRequest, TagRequest, TextRequest,
    TransferRequest, WordRequest,
};
use serde::Serialize;

use super::{ask, data};
use crate::arguments::{AgentCommand, Common, ContactCommand};
use crate::client::{Client, escape};
use crate::print;

/// The most rows a list shows.
const COUNT_MAX: usize = 10_000;

pub(crate) fn queue(common: &Common, name: Option<String>) -> Result<()> {
    match name {
        None => {
            let queues =
                ask(common, "/v1/queues", |views, _| Ok(query::queues(views, engine::now())))?;
            print::show(common, &queues, print::queues)
        }
        Some(name) => {
            let name = QueueName::new(name)?;
            let path = format!("/v1/queues/{}?count={COUNT_MAX}", escape(name.as_str()));
            let waiting = ask(common, &path, |views, _| query::waiting(views, &name, COUNT_MAX))?;
            print::show(common, &waiting, print::waiting)
        }
    }
}

pub(crate) fn agent(common: &Common, command: AgentCommand) -> Result<()> {
    let state = |agent, state: &str, reason| {
        let request = StateRequest { state: state.to_owned(), reason };
        act(common, agent, "state", &request)
    };
    match command {
        AgentCommand::List => {
            let agents = ask(common, "/v1/agents", |views, _| Ok(query::agents(views)))?;
            print::show(common, &agents, print::agents)
        }
        AgentCommand::Why { agent, count } => {
            let path = format!("/v1/agents/{agent}/assignments?count={count}");
            let assignments = ask(common, &path, |_, log| query::assignments(log, agent, count))?;
            print::show(common, &assignments, print::assignments)
        }
        AgentCommand::Ready { agent } => state(agent, "ready", None),
        AgentCommand::NotReady { agent, reason } => state(agent, "not ready", reason),
        AgentCommand::SignOut { agent } => state(agent, "signed out", None),
        AgentCommand::Accept { whose } => {
            act(common, whose.agent, "accept", &ContactRequest { contact: name(whose.contact) })
        }
        AgentCommand::Decline { whose, reason } => {
            let request = DeclineRequest { contact: name(whose.contact), reason };
            act(common, whose.agent, "decline", &request)
        }
        AgentCommand::Park { whose, until, until_answer } => {
            let until = until.map(|until| until.instant(&jiff::Zoned::now())).transpose()?;
            let until = until.map(|until| until.to_string());
            let request = ParkRequest { contact: name(whose.contact), until, until_answer };
            act(common, whose.agent, "park", &request)
        }
        AgentCommand::Unpark { agent, contact } => {
            act(common, agent, "unpark", &ContactRequest { contact: name(contact) })
        }
        AgentCommand::Pull { agent, contact } => {
            act(common, agent, "pull", &PullRequest { contact: contact.to_string() })
        }
        AgentCommand::Release { whose } => {
            act(common, whose.agent, "release", &ContactRequest { contact: name(whose.contact) })
        }
        AgentCommand::Transfer { whose, to, note } => {
            let request = TransferRequest {
                contact: name(whose.contact),
                agent: to.to_agent.map(|number| number.0),
                queue: to.to_queue,
                address: to.to_address,
                note,
            };
            act(common, whose.agent, "transfer", &request)
        }
        AgentCommand::Disposition { agent, code, contact } => {
            let request = DispositionRequest { contact: name(contact), code };
            act(common, agent, "disposition", &request)
        }
        AgentCommand::Note { agent, text, contact } => {
            act(common, agent, "note", &NoteRequest { contact: name(contact), text })
        }
        AgentCommand::Tag { agent, tag, contact } => {
            act(common, agent, "tag", &TagRequest { contact: name(contact), tag })
        }
    }
}

pub(crate) fn contact(common: &Common, command: ContactCommand) -> Result<()> {
    match command {
        ContactCommand::List { queue, agent, count } => list(common, queue, agent, count),
        ContactCommand::Move { contact, to } => {
            let agent = to.to_agent.map(|number| number.0);
            supervise(common, contact, "move", &MoveRequest { agent, queue: to.to_queue })
        }
        ContactCommand::Prioritise { contact, priority } => {
            supervise(common, contact, "prioritise", &PriorityRequest { priority })
        }
        ContactCommand::Assign { contact, agent } => {
            supervise(common, contact, "assign", &AgentRequest { agent: agent.0 })
        }
        ContactCommand::Release { contact } => supervise(common, contact, "release", &()),
        ContactCommand::Disposition { contact, code } => {
            supervise(common, contact, "disposition", &CodeRequest { code })
        }
        ContactCommand::Note { contact, text } => {
            supervise(common, contact, "note", &TextRequest { text })
        }
        ContactCommand::Tag { contact, tag } => {
            supervise(common, contact, "tag", &WordRequest { tag })
        }
    }
}

fn list(
    common: &Common,
    queue: Option<String>,
    agent: Option<AgentNumber>,
    count: usize,
) -> Result<()> {
    let filter = OpenFilter { queue: queue.map(QueueName::new).transpose()?, agent };
    let mut path = format!("/v1/contacts/open?count={count}");
    if let Some(queue) = &filter.queue {
        path += &format!("&queue={}", escape(queue.as_str()));
    }
    if let Some(agent) = agent {
        path += &format!("&agent={agent}");
    }
    let contacts = ask(common, &path, |views, _| Ok(query::open_contacts(views, &filter, count)))?;
    print::show(common, &contacts, print::open_contacts)
}

fn name(contact: Option<ContactId>) -> Option<String> {
    contact.map(|contact| contact.to_string())
}

fn act(common: &Common, agent: AgentNumber, what: &str, body: &impl Serialize) -> Result<()> {
    carry(common, &format!("/v1/agents/{agent}/{what}"), body)
}

fn supervise(common: &Common, contact: ContactId, what: &str, body: &impl Serialize) -> Result<()> {
    carry(common, &format!("/v1/contacts/{contact}/{what}"), body)
}

fn carry(common: &Common, path: &str, body: &impl Serialize) -> Result<()> {
    let carried: Carried = Client::require(&data(common)?)?.post(path, body)?;
    print::show(common, &carried, print::carried)
}
