//! A rehearsal: what an application would do with a mail, with nothing sent, asked or recorded.

mod plan;
mod story;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use application::{ApplicationError, Problem};
use command::{
    Command, Envelope, Fire, ReceiveMail, RecordWebhook, SetAgentState, State, SupplyMail,
};
use event::{
    Actor, AgentState, Cause, CommandId, ContactId, Event, Mark, MessageDigest, MessageRef, Source,
    Timer, Timestamp,
};
use mail::SenderCheck;
use projections::{Archive, Directory, Errand, Hot, MemoryShelf};

use crate::answer::{End, Rehearsed};
use crate::commands::RehearseRequest;
use crate::describe::quarantine_reason;
use plan::Plan;
use story::Story;

/// After so many waits and questions a contact goes round in circles.
const ROUNDS_MAX: usize = 200;
/// What is said of other programs where the plan does not say what they answer.
const NOBODY_ASKED: &str = "no answer: a test calls nobody";

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// What is asked for is wrong; the text says how.
    #[error("{0}")]
    Bad(String),
    /// The application cannot work.
    #[error(transparent)]
    Application(#[from] ApplicationError),
}

/// What an application would do with each mail, each of them alone. Where there is no directory, no
/// name is refused, and there is nobody to wait for.
pub fn rehearse(
    directory: Option<&Directory>,
    name: &str,
    request: RehearseRequest,
) -> Result<Vec<Rehearsed>, RehearsalError> {
    let mails = request.mails.iter().map(plan::raw).collect::<Result<Vec<_>, _>>()?;
    let plan = Plan::new(directory, name, request)?;
    let mut problems = plan.problems(directory);
    problems.retain(Problem::is_error);
    if !problems.is_empty() {
        return Err(ApplicationError { problems }.into());
    }
    let mails = mails.into_iter();
    mails.map(|(name, raw)| Rehearsal::new(directory, &plan)?.run(name, &raw)).collect()
}

/// A contact centre in memory.
struct Rehearsal<'a> {
    plan: &'a Plan,
    state: State,
    now: Timestamp,
    commands: u64,
}

impl<'a> Rehearsal<'a> {
    fn new(directory: Option<&Directory>, plan: &'a Plan) -> Result<Self, RehearsalError> {
        let mut hot = Hot { directory: directory.cloned().unwrap_or_default(), ..Hot::default() };
        for (fact, private) in plan.facts(&hot.directory) {
            let (actor, cause) = (Actor::Engine, Cause::Command(CommandId(0)));
            let event = Event { time: plan.at, actor, cause, fact, private };
            hot.apply(hot.position.next(), &event);
        }
        let archive = Archive::open(Arc::new(MemoryShelf::default())).map_err(bad)?;
        let state = State::new(hot, archive)
            .map_err(|application| bad(format!("application {application} cannot be read")))?;
        let mut rehearsal = Self { plan, state, now: plan.at, commands: 0 };
        for &agent in &plan.signed_in {
            let state = AgentState::Ready;
            rehearsal.carry_out(Command::SetAgentState(SetAgentState { agent, state }))?;
        }
        Ok(rehearsal)
    }

    fn run(mut self, mail: String, raw: &[u8]) -> Result<Rehearsed, RehearsalError> {
        let mailbox = self.plan.mailbox.to_string();
        let parsed = match mail::parse(raw) {
            Ok(parsed) => parsed,
            Err(reason) => {
                let reason = quarantine_reason(reason);
                let text = format!("it would be put in quarantine: {reason}");
                let end = End { text, ..End::default() };
                return Ok(Rehearsed { mail, mailbox, steps: Vec::new(), end });
            }
        };
        let digest = mail::fingerprint(raw);
        let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        let receive = ReceiveMail {
            source: Source {
                mailbox: self.plan.mailbox.clone(),
                mark: Mark::Maildir { name: "rehearsal".to_owned() },
            },
            message: MessageRef { digest: MessageDigest(digest), size },
            received: self.now,
            digest,
            parsed,
            answers: None,
            sender: SenderCheck { verification: self.plan.verification, ..SenderCheck::default() },
        };
        let mut events = self.carry_out(Command::ReceiveMail(Box::new(receive)))?;
        let contact = events.iter().find_map(|event| event.fact.contact());
        let contact = contact.ok_or_else(|| bad("the mail becomes no contact"))?;
        let mut rounds = 0;
        while let Some(command) = self.next(contact, raw, size) {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                break;
            }
            events.extend(self.carry_out(command)?);
        }
        let open = self.state.hot().contacts.get(contact);
        let Story { steps, end } = Story::tell(&events, contact, open, rounds > ROUNDS_MAX);
        Ok(Rehearsed { mail, mailbox, steps, end })
    }

    /// What takes the contact on: what its application asked for, or the end of a wait, at once.
    fn next(&mut self, contact: ContactId, raw: &[u8], size: u64) -> Option<Command> {
        match self.state.hot().errands.get(contact) {
            Some(Errand::Mail { step }) => {
                let (step, mail) = (step.clone(), gateway::checked_mail(raw, size));
                return Some(Command::SupplyMail(Box::new(SupplyMail { contact, step, mail })));
            }
            Some(Errand::Webhook { step, .. }) => {
                let (status, text) = match &self.plan.webhook {
                    Some((status, body)) => (Some(*status), body.clone()),
                    None => (None, NOBODY_ASKED.to_owned()),
                };
                let step = step.clone();
                let answer = RecordWebhook { contact, step, status, text, attempts: 1 };
                return Some(Command::RecordWebhook(answer));
            }
            None => {}
        }
        let timer = Timer::WaitOver(contact);
        self.now = self.now.max(self.state.hot().timers.due(timer)?);
        Some(Command::Fire(Fire { timer }))
    }

    fn carry_out(&mut self, command: Command) -> Result<Vec<Event>, RehearsalError> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let envelope = Envelope { id, time: self.now, actor: Actor::Engine, command };
        Ok(self.state.carry_out(&envelope).map_err(bad)?.events)
    }
}

fn bad(error: impl ToString) -> RehearsalError {
    RehearsalError::Bad(error.to_string())
}
