//! Quarantine: mail that could not be read and has not been replayed since.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{
    Event, Fact, MessageDigest, MessageRef, Position, QuarantineReason, Source, Timestamp,
};

use crate::maildrops::received;

/// A mail in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Quarantined {
    /// Where it was found.
    pub source: Source,
    /// The mail as received; `None` where the server did not send it.
    pub message: Option<MessageRef>,
    /// Why it could not be read.
    pub reason: QuarantineReason,
    /// When it arrived.
    pub arrived: Timestamp,
}

/// By the bytes, too: a POP3 server may give an id of deleted mail to another one.
type Key = (Source, Option<MessageDigest>);

/// All mail in quarantine, named by the position of its event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Quarantine {
    mails: BTreeMap<Position, Quarantined>,
    positions: BTreeMap<Key, Position>,
}

impl Quarantine {
    /// The mail put aside at this position.
    pub fn get(&self, position: Position) -> Option<&Quarantined> {
        self.mails.get(&position)
    }

    /// Whether the mail that was found there is put aside: the one with these bytes, else any.
    pub fn holds(&self, source: &Source, digest: Option<MessageDigest>) -> bool {
        self.keys(source, digest).any(|(_, known)| digest.is_none() || *known == digest)
    }

    /// Whether a mail with these bytes that was found there may be one that is put aside: the
    /// bytes of some were never sent.
    pub fn may_hold(&self, source: &Source, digest: Option<MessageDigest>) -> bool {
        self.keys(source, digest).next().is_some()
    }

    /// All, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Position, &Quarantined)> {
        self.mails.iter().map(|(&position, mail)| (position, mail))
    }

    /// Takes in one event: any later account of the same mail ends its quarantine.
    pub fn apply(&mut self, at: Position, event: &Event) {
        let Some(source) = event.fact.source() else {
            return;
        };
        let ended: Vec<_> = self.keys(source, digest(received(&event.fact))).cloned().collect();
        for key in ended {
            if let Some(position) = self.positions.remove(&key) {
                self.mails.remove(&position);
            }
        }
        if let Fact::MailQuarantined { source, message, reason } = &event.fact {
            let (message, arrived) = (Some(*message), event.time);
            self.put_aside(
                at,
                Quarantined { source: source.clone(), message, reason: *reason, arrived },
            );
        }
        if let Fact::MailSetAside { source, message, reason, received } = &event.fact {
            let (message, arrived) = (*message, *received);
            self.put_aside(
                at,
                Quarantined { source: source.clone(), message, reason: *reason, arrived },
            );
        }
    }

    fn put_aside(&mut self, at: Position, mail: Quarantined) {
        self.positions.insert((mail.source.clone(), digest(mail.message.as_ref())), at);
        self.mails.insert(at, mail);
    }

    /// What a mail with these bytes that was found there may be: the one with these bytes, or the one
    /// whose bytes were not sent; any where none are given.
    fn keys(&self, source: &Source, wanted: Option<MessageDigest>) -> impl Iterator<Item = &Key> {
        // Nearly always it is empty, and then nothing needs to be compared.
        let from = (!self.positions.is_empty()).then(|| (source.clone(), None));
        from.into_iter()
            .flat_map(|from| self.positions.range(from..))
            .map(|(key, _)| key)
            .take_while(move |(found, _)| found == source)
            .filter(move |(_, digest)| wanted.is_none() || digest.is_none() || *digest == wanted)
    }
}

fn digest(message: Option<&MessageRef>) -> Option<MessageDigest> {
    message.map(|message| message.digest)
}
