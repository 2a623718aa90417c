//! Maildrops: the recorded mail that still lies on POP3 servers.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{
    Event, Fact, MailRefusal, MailboxName, Mark, MessageDigest, MessageRef, Source, Timestamp,
};

/// Servers tell the time of receipt in whole seconds.
const RECEIVED_ROUNDING_MS: u64 = 1000;

/// What became of a mail that lies on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Accounted {
    /// It lay there before the activation.
    History,
    /// It was too large to be fetched.
    Oversize,
    /// It was recorded, with these bytes where its event names them.
    Recorded(Option<MessageDigest>),
}

/// What is known of one mailbox. Its size follows what lies on the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Maildrop {
    mails: BTreeMap<String, Accounted>,
    activated: Option<Timestamp>,
    /// Whether history lies no longer under the ids it had at the activation.
    history_moved: bool,
}

impl Maildrop {
    /// What became of the mail under a unique id.
    pub fn get(&self, uidl: &str) -> Option<Accounted> {
        self.mails.get(uidl).copied()
    }

    /// The ids of all recorded mail that lay on the server when it was last looked at.
    pub fn uidls(&self) -> impl Iterator<Item = &str> {
        self.mails.keys().map(String::as_str)
    }

    /// Whether a mail that is new by its id lay there before the activation all the same. Such mail
    /// comes when a server gives its mail other ids; where history lies as it did, there is none.
    pub fn is_history(&self, received: Timestamp) -> bool {
        self.history_moved
            && self.activated.is_some_and(|time| received.plus_ms(RECEIVED_ROUNDING_MS) < time)
    }
}

/// All POP3 mailboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Maildrops {
    maildrops: BTreeMap<MailboxName, Maildrop>,
}

impl Maildrops {
    /// A mailbox; `None` before its activation is complete.
    pub fn get(&self, mailbox: &MailboxName) -> Option<&Maildrop> {
        self.maildrops.get(mailbox).filter(|known| known.activated.is_some())
    }

    /// What became of a mail, also before the activation is complete.
    pub fn accounted(&self, mailbox: &MailboxName, uidl: &str) -> Option<Accounted> {
        self.maildrops.get(mailbox)?.get(uidl)
    }

    /// Takes in one event: every fact that accounts for a mail puts it down.
    pub fn apply(&mut self, event: &Event) {
        if let Fact::MailVanished { mailbox, marks } = &event.fact {
            let Some(known) = self.maildrops.get_mut(mailbox) else { return };
            for mark in marks {
                if let Mark::Pop3 { uidl } = mark
                    && known.mails.remove(uidl) == Some(Accounted::History)
                {
                    known.history_moved = true;
                }
            }
            return;
        }
        let Some(Source { mailbox, mark: Mark::Pop3 { uidl } }) = event.fact.source() else {
            return;
        };
        let known = self.maildrops.entry(mailbox.clone()).or_default();
        if let Fact::MailboxActivated { .. } = &event.fact {
            known.activated = known.activated.or(Some(event.time));
        } else {
            known.mails.insert(uidl.clone(), accounted(&event.fact));
        }
    }
}

fn accounted(fact: &Fact) -> Accounted {
    if let Fact::MailRefused { reason: MailRefusal::History, .. } = fact {
        return Accounted::History;
    }
    if let Fact::MailRefused { reason: MailRefusal::Oversize, .. } = fact {
        return Accounted::Oversize;
    }
    Accounted::Recorded(received(fact).map(|message| message.digest))
}

/// The mail as received that a fact accounts for, where it names it.
pub(crate) fn received(fact: &Fact) -> Option<&MessageRef> {
    if let Fact::MailSetAside { message, .. } = fact {
        return message.as_ref();
    }
    let (Fact::ContactArrived { message, .. }
    | Fact::MailFiled { message, .. }
    | Fact::MailQuarantined { message, .. }
    | Fact::ReplyReceived { message, .. }
    | Fact::ReplyRefused { message, .. }
    | Fact::NoteReceived { message, .. }
    | Fact::DeliveryReported { message, .. }) = fact
    else {
        return None;
    };
    Some(message)
}
