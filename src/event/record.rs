//! One event as the log keeps it.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{
    Address, AgentNumber, CommandId, Fact, Letter, MailDetails, MailboxName, Position, Private,
    SenderDomains, Timestamp, UserName,
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
        match self.private.as_ref()? {
            Private::Mail(details) => Some(details),
            Private::Letter(letter) => Some(&letter.mail),
            Private::Address(_)
            | Private::Text(_)
            | Private::Directory(_)
            | Private::Domains(_) => None,
        }
    }

    /// Who is on the answer it is about, where that was not erased.
    pub fn letter(&self) -> Option<&Letter> {
        match self.private.as_ref()? {
            Private::Letter(letter) => Some(letter),
            Private::Mail(_)
            | Private::Address(_)
            | Private::Text(_)
            | Private::Directory(_)
            | Private::Domains(_) => None,
        }
    }

    /// The address that goes with it, where there is one and it was not erased.
    pub fn address(&self) -> Option<&Address> {
        match self.private.as_ref()? {
            Private::Address(address) => Some(address),
            Private::Mail(_)
            | Private::Text(_)
            | Private::Directory(_)
            | Private::Letter(_)
            | Private::Domains(_) => None,
        }
    }

    /// The domains its sender was checked by, where it is about that and they were not erased.
    pub fn domains(&self) -> Option<&SenderDomains> {
        match self.private.as_ref()? {
            Private::Domains(domains) => Some(domains),
            Private::Mail(_)
            | Private::Address(_)
            | Private::Text(_)
            | Private::Directory(_)
            | Private::Letter(_) => None,
        }
    }

    /// The text that goes with it, where there is one and it was not erased.
    pub fn text(&self) -> Option<&str> {
        match self.private.as_ref()? {
            Private::Text(text) => Some(text),
            Private::Mail(_)
            | Private::Address(_)
            | Private::Directory(_)
            | Private::Letter(_)
            | Private::Domains(_) => None,
        }
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
