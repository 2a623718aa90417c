//! Queues, and what agents do.

use anyhow::Result;
use event::{AgentNumber, QueueName};
use http::answer::Carried;
use http::query;
use http::{DispositionRequest, ReleaseRequest, StateRequest, TransferRequest};
use serde::Serialize;

use super::{ask, data};
use crate::arguments::{AgentCommand, Common};
use crate::client::{Client, escape};
use crate::print;

/// The most rows a list shows.
const COUNT_MAX: usize = 10_000;

pub(crate) fn queue(common: &Common, name: Option<String>) -> Result<()> {
    match name {
        None => {
            let queues = ask(common, "/v1/queues", |views, _| Ok(query::queues(views)))?;
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
        carry(common, agent, "state", &request)
    };
    let name = |contact: Option<event::ContactId>| contact.map(|contact| contact.to_string());
    match command {
        AgentCommand::List => {
            let agents = ask(common, "/v1/agents", |views, _| Ok(query::agents(views)))?;
            print::show(common, &agents, print::agents)
        }
        AgentCommand::Ready { agent } => state(agent, "ready", None),
        AgentCommand::NotReady { agent, reason } => state(agent, "not ready", reason),
        AgentCommand::SignOut { agent } => state(agent, "signed out", None),
        AgentCommand::Release { agent, contact } => {
            carry(common, agent, "release", &ReleaseRequest { contact: name(contact) })
        }
        AgentCommand::Transfer { agent, contact, to } => {
            let request = TransferRequest {
                contact: name(contact),
                agent: to.to_agent.map(|number| number.0),
                queue: to.to_queue,
                address: to.to_address,
            };
            carry(common, agent, "transfer", &request)
        }
        AgentCommand::Disposition { agent, code, contact } => {
            let request = DispositionRequest { contact: name(contact), code };
            carry(common, agent, "disposition", &request)
        }
    }
}

fn carry(common: &Common, agent: AgentNumber, what: &str, body: &impl Serialize) -> Result<()> {
    let path = format!("/v1/agents/{agent}/{what}");
    let carried: Carried = Client::require(&data(common)?)?.post(&path, body)?;
    print::show(common, &carried, print::carried)
}
