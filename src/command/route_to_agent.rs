//! The actions that route a contact: to one agent, to a plain address, by the clock.

use application::{AgentRef, Clock, Standing, Template};
use event::{
    Address, AgentNumber, ContactForwarded, Fact, Line, Private, QueueReason, ScheduleName,
};

use crate::interpreter::At;
use crate::queueing::Entry;
use crate::{Fault, NewEvent};

impl At<'_> {
    /// The contact waits for one agent; once they have it, its application is over.
    pub(crate) fn route_to_agent(
        &self,
        agent: &AgentRef,
        wait_ms: u64,
        priority: u8,
    ) -> Result<Vec<NewEvent>, Fault> {
        if self.resumed {
            return Ok(vec![self.leave("timed out", "")]);
        }
        let number = match agent {
            AgentRef::Number(number) => *number,
            AgentRef::Variable(template) => {
                let named = template.render(&self.variables(template.names())?);
                match named.as_deref().map(agent_number) {
                    Ok(Some(number)) => number,
                    Ok(None) => {
                        let named = named.unwrap_or_default();
                        let why = format!("`{named}` names no agent");
                        return Ok(vec![self.leave("no agent", &why)]);
                    }
                    Err(error) => return Ok(vec![self.leave("no agent", error)]),
                }
            }
        };
        let agent = self.view.hot.agents.get(number).filter(|agent| agent.is_signed_in());
        let Some(agent) = agent else {
            return Ok(vec![self.leave("no agent", &format!("agent {number} is not signed in"))]);
        };
        if wait_ms == 0 && !agent.is_free() {
            return Ok(vec![self.leave("timed out", &format!("agent {number} is not free"))]);
        }
        let entry = Entry {
            line: Line::Agent(number),
            priority,
            entered: self.waits_since(),
            reason: QueueReason::Application,
            skills: Vec::new(),
        };
        self.line_up(entry, self.pause(wait_ms))
    }

    /// A copy goes to a plain address; the contact ends once it has arrived, else it leaves by
    /// `failed`.
    pub(crate) fn transfer_to_address(&self, address: &Template) -> Result<Vec<NewEvent>, Fault> {
        if self.resumed {
            return Ok(vec![self.leave("failed", "")]);
        }
        self.rendered(address, |text| {
            let address = match Address::new(text.trim()) {
                Ok(address) => address,
                Err(error) => return self.fail(&error.to_string()),
            };
            if self.view.hot.directory.is_own(&address) {
                return self.fail("that address is one of our own mailboxes; use a queue instead");
            }
            let (contact, step) = (self.contact, self.step.clone());
            let (thread, arrival) = (self.open.thread, self.open.arrival);
            let forwarded = ContactForwarded { contact, thread, arrival, step };
            vec![NewEvent::with(Fact::from(forwarded), Private::Address(address))]
        })
    }

    /// Open, closed, or a holiday.
    pub(crate) fn choose_by_schedule(&self, name: &ScheduleName) -> Vec<NewEvent> {
        let Some(schedule) = self.view.hot.directory.schedules.get(name) else {
            let why = format!("there is no schedule `{name}`");
            return vec![self.leave("closed", &why)];
        };
        vec![match Clock::new(schedule).map(|clock| clock.standing(self.now)) {
            Ok(Standing::Open) => self.leave("open", ""),
            Ok(Standing::Closed) => self.leave("closed", ""),
            Ok(Standing::Holiday { name }) => self.leave("holiday", &name),
            Err(error) => self.leave("closed", &error),
        }]
    }
}

/// The agent whom a text names: `1001`, or `1001:address`.
fn agent_number(text: &str) -> Option<AgentNumber> {
    text.trim().split(':').next()?.parse().ok()
}
