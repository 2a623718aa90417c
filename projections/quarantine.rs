//! Quarantine: mail that could not be read and has not been replayed since.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{Event, Fact, MessageRef, Position, QuarantineReason, Source, Timestamp};

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
    positions: BTreeMap<Source, Position>,
}

impl Quarantine {
    /// The mail put aside at this position.
    pub fn get(&self, position: Position) -> Option<&Quarantined> {
        self.mails.get(&position)
    }

    /// The position at which a mail was put aside, while it is.
    pub fn position(&self, source: &Source) -> Option<Position> {
        self.positions.get(source).copied()
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
        if !self.positions.is_empty()
            && let Some(position) = self.positions.remove(source)
        {
            self.mails.remove(&position);
        }
        if let Fact::MailQuarantined { source, message, reason } = &event.fact {
            self.positions.insert(source.clone(), at);
            let arrived = event.time;
            let mail =
                Quarantined { source: source.clone(), message: *message, reason: *reason, arrived };
            self.mails.insert(at, mail);
        }
    }
}
