//! The private part of an event: what can be erased without breaking the log.
//!
//! A view must work without it: it is absent once its key has been destroyed.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::{Address, AgentNumber, MailboxName, MessageRef, Timestamp};

/// What reports do not need and people may ask us to forget.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum Private {
    /// The header of a mail, as far as it matters.
    Mail(Box<MailDetails>),
    /// One address.
    Address(Address),
    /// Free text.
    Text(String),
    /// Names and addresses of the directory.
    Directory(Vec<PrivateEntry>),
    /// A handler's answer, with who is on it.
    Letter(Box<Letter>),
    /// The domains a mail's sender was checked by.
    Domains(SenderDomains),
    /// A mail of our own.
    Written(Box<Written>),
    /// What another program is asked.
    Call(Box<Call>),
    /// A mail of our own with an HTML part or attachments.
    Composed(Box<Composed>),
}

/// A request to another program (RFC 9110).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Call {
    /// Where.
    pub url: String,
    /// The body, as JSON.
    pub body: String,
}

/// A mail of our own with more than a text.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Composed {
    /// Recipient, subject and text.
    pub written: Written,
    /// The same as HTML, where there is that.
    pub html: Option<String>,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
}

/// A file that goes with a mail of our own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type (RFC 2046).
    pub media_type: String,
    /// Its bytes, in the message store.
    pub content: MessageRef,
}

/// The domain that each check of a mail's sender is about, in lower case; `None` where it is not
/// known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct SenderDomains {
    /// Who signed (RFC 6376 section 3.5, `d=`).
    pub dkim: Option<String>,
    /// The domain of the envelope sender.
    pub spf: Option<String>,
    /// The domain of From.
    pub dmarc: Option<String>,
}

/// A mail of our own, as it is to be composed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Written {
    /// Who gets it.
    pub to: Address,
    /// Subject.
    pub subject: String,
    /// The text, in lines.
    pub text: String,
}

/// A handler's answer as it is to be relayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Letter {
    /// The header of the answer as received.
    pub mail: MailDetails,
    /// In Cc of what the customer gets; each of them gets it, too.
    pub cc: Vec<Address>,
    /// In Cc of what the customer gets, while their copy came from the handler's own server.
    pub shown: Vec<Address>,
    /// So many people more were named than may get the answer.
    pub left_out: u32,
}

/// A name and an address, as a header shows them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Person {
    /// The display name, decoded.
    pub name: Option<String>,
    /// The address.
    pub address: Address,
}

/// The header of a mail, decoded, as far as it matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct MailDetails {
    /// From; `None` where it cannot be read.
    pub from: Option<Person>,
    /// Where answers go: Reply-To, else From.
    pub answer_to: Option<Address>,
    /// Subject.
    pub subject: String,
    /// Message-ID without its angle brackets.
    pub message_id: Option<String>,
    /// Date as the sender claims it.
    pub date: Option<Timestamp>,
    /// Cc and extra To, without our own addresses, the sender and the customer.
    pub others: Vec<Address>,
    /// File names of the attachments.
    pub attachments: Vec<String>,
}

/// The private side of a directory entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
pub enum PrivateEntry {
    /// An agent.
    Agent {
        /// The agent's number.
        number: AgentNumber,
        /// The agent's name.
        name: String,
        /// The agent's own mailbox.
        address: Address,
    },
    /// A public mailbox or the internal one.
    Mailbox {
        /// Its name.
        name: MailboxName,
        /// The name shown in From of what it sends.
        display_name: Option<String>,
        /// Its addresses; the first one is what customers see in From.
        addresses: Vec<Address>,
    },
}
