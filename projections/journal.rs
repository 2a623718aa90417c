//! The journal's index: which events tell the story of a contact.

use bincode::{Decode, Encode};
use event::{ContactId, Event, Fact, Position};

use crate::shelf::Pair;
use crate::table::Table;
use crate::{Shelf, ShelfError};

/// The positions of a contact's events, oldest first, each as the distance from the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
struct Steps {
    last: Position,
    distances: Vec<u64>,
}

/// The events of every contact there ever was.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    contacts: Table<ContactId, Steps, b'j'>,
}

impl Journal {
    /// The positions of a contact's events, oldest first; empty for a contact nobody knows.
    pub fn positions(
        &self,
        shelf: &dyn Shelf,
        contact: ContactId,
    ) -> Result<Vec<Position>, ShelfError> {
        let steps = self.contacts.get(shelf, contact)?.unwrap_or_default();
        let mut at = Position::default();
        Ok(steps
            .distances
            .iter()
            .map(|&distance| {
                at = at.plus(distance);
                at
            })
            .collect())
    }

    /// Takes in one event; fails only where the shelf does.
    pub fn apply(
        &mut self,
        shelf: &dyn Shelf,
        at: Position,
        event: &Event,
    ) -> Result<(), ShelfError> {
        let Some(contact) = event.fact.contact() else {
            return Ok(());
        };
        if let Fact::ContactArrived { .. } = &event.fact {
            // The first event of its contact, so that the shelf need not be asked.
            self.contacts.put(contact, Steps { last: at, distances: vec![at.0] });
        } else if let Some(steps) = self.contacts.change(shelf, contact)? {
            steps.distances.push(at.0.saturating_sub(steps.last.0));
            steps.last = at;
        } else {
            self.contacts.put(contact, Steps { last: at, distances: vec![at.0] });
        }
        Ok(())
    }

    pub(crate) fn fresh_len(&self) -> usize {
        self.contacts.fresh_len()
    }

    pub(crate) fn collect(&self, pairs: &mut Vec<Pair>) -> Result<(), ShelfError> {
        self.contacts.collect(pairs)
    }

    pub(crate) fn clear(&mut self) {
        self.contacts.clear();
    }
}
