//! One event as the log keeps it.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    Address, AgentNumber, Call, CommandId, Composed, Fact, Letter, MailDetails, MailboxName,
    Position, Private, SenderDomains, Timestamp, UserName, Written,
};

/// A fact with its circumstances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When it happened.
    pub time: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// What led to it.
    pub cause: Cause,
    /// What happened.
    pub fact: Fact,
    /// What can be forgotten; `None` where there is nothing, or it was erased.
    pub private: Option<Private>,
}

impl Event {
    /// The header of the mail it is about, where it has one and that was not erased.
    pub fn mail(&self) -> Option<&MailDetails> {
        if let Some(Private::Mail(details)) = &self.private {
            return Some(details);
        }
        self.letter().map(|letter| &letter.mail)
    }

    /// Who is on the answer it is about, where that was not erased.
    pub fn letter(&self) -> Option<&Letter> {
        if let Some(Private::Letter(letter)) = &self.private { Some(letter) } else { None }
    }

    /// The address that goes with it, where there is one and it was not erased.
    pub fn address(&self) -> Option<&Address> {
        if let Some(Private::Address(address)) = &self.private { Some(address) } else { None }
    }

    /// The text that goes with it, where there is one and it was not erased.
    pub fn text(&self) -> Option<&str> {
        if let Some(Private::Text(text)) = &self.private { Some(text) } else { None }
    }

    /// The domains its sender was checked by, where it is about that and they were not erased.
    pub fn domains(&self) -> Option<&SenderDomains> {
        if let Some(Private::Domains(domains)) = &self.private { Some(domains) } else { None }
    }

    /// The mail of our own that it asks for, where that was not erased.
    pub fn written(&self) -> Option<&Written> {
        if let Some(Private::Written(written)) = &self.private {
            return Some(written);
        }
        self.composed().map(|composed| &composed.written)
    }

    /// The same with its HTML and its attachments, where it has any.
    pub fn composed(&self) -> Option<&Composed> {
        if let Some(Private::Composed(composed)) = &self.private { Some(composed) } else { None }
    }

    /// What another program is asked, where it is about that and that was not erased.
    pub fn call(&self) -> Option<&Call> {
        if let Some(Private::Call(call)) = &self.private { Some(call) } else { None }
    }
}

/// An event at its place in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Its place.
    pub position: Position,
    /// The event.
    pub event: Event,
}

/// Who made something happen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Actor {
    /// The engine, following its rules.
    Engine,
    /// A mailbox's gateway.
    Mailbox(MailboxName),
    /// The outgoing mail gateway.
    Sender,
    /// An agent.
    Agent(AgentNumber),
    /// Another person.
    User(UserName),
}

/// What led to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Cause {
    /// A command.
    Command(CommandId),
    /// An earlier event.
    Event(Position),
}
