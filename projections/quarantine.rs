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
    /// The mail as received.
    pub message: MessageRef,
    /// Why it could not be read.
    pub reason: QuarantineReason,
    /// When it arrived.
    pub arrived: Timestamp,
}

/// All mail in quarantine, named by the position of its event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Quarantine {
    mails: BTreeMap<Position, Quarantined>,
    /// By the bytes, too: a POP3 server may give an id of deleted mail to another one.
    positions: BTreeMap<(Source, MessageDigest), Position>,
}

impl Quarantine {
    /// The mail put aside at this position.
    pub fn get(&self, position: Position) -> Option<&Quarantined> {
        self.mails.get(&position)
    }

    /// Whether the mail that was found there is put aside: the one with these bytes, else any.
    pub fn holds(&self, source: &Source, message: Option<&MessageRef>) -> bool {
        self.keys(source, message).next().is_some()
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
        let ended: Vec<_> = self.keys(source, received(&event.fact)).cloned().collect();
        for key in ended {
            if let Some(position) = self.positions.remove(&key) {
                self.mails.remove(&position);
            }
        }
        if let Fact::MailQuarantined { source, message, reason } = &event.fact {
            self.positions.insert((source.clone(), message.digest), at);
            let arrived = event.time;
            let mail =
                Quarantined { source: source.clone(), message: *message, reason: *reason, arrived };
            self.mails.insert(at, mail);
        }
    }

    fn keys(
        &self,
        source: &Source,
        message: Option<&MessageRef>,
    ) -> impl Iterator<Item = &(Source, MessageDigest)> {
        let digest = message.map(|message| message.digest);
        let (first, last) = digest.map_or(([0; 32], [u8::MAX; 32]), |digest| (digest.0, digest.0));
        let key = |digest| (source.clone(), MessageDigest(digest));
        // Nearly always it is empty, and then nothing needs to be compared.
        let range = (!self.positions.is_empty()).then(|| key(first)..=key(last));
        range.into_iter().flat_map(|range| self.positions.range(range)).map(|(key, _)| key)
    }
}
