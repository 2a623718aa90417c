//! Start and stop: what a restart makes of each open contact.

use event::{ContactId, Fact, HeldContacts, ReleaseReason, Timestamp, UncertainReason};
use projections::{OpenContact, Place, SendState, What};

use crate::{Decision, NewEvent, Rejection, View};

/// The engine begins to work on a replayed log.
#[derive(Clone, Debug)]
pub struct Start {
    /// The program's version.
    pub version: String,
}

/// The engine ends in good order.
#[derive(Clone, Debug)]
pub struct Stop;

impl Stop {
    pub(crate) fn decide(&self) -> Decision {
        Decision::record([Fact::EngineStopped])
    }
}

impl Start {
    /// Waiting contacts wait on. Contacts in their application enter it again. Mail that was being
    /// sent when the engine died is uncertain where it goes to a customer; a copy to an agent is
    /// sent again to the same agent under the same Message-ID, so that exactly one agent has it.
    /// Contacts that agents hold are released or kept, as the settings say.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let hot = view.hot;
        let previous = (hot.position.0 > 0).then_some(hot.time);
        let started = Fact::EngineStarted { version: self.version.clone(), previous };
        let mut events: Vec<NewEvent> = vec![started.into()];
        for (outgoing, entry) in hot.outbox.iter() {
            if entry.state == SendState::Started {
                let contact = entry.contact;
                events.push(match entry.what {
                    What::Copy { .. } | What::Note { .. } => {
                        let attempt = entry.attempts;
                        Fact::SendDeferred { outgoing, contact, attempt, until: now }.into()
                    }
                    What::Reply { .. } | What::ReplyCopy { .. } | What::AutomaticReply => {
                        let reason = UncertainReason::Restart;
                        Fact::SendUncertain { outgoing, contact, reason }.into()
                    }
                });
            }
        }
        let held = hot.directory.settings.restart_held_contacts;
        events.extend(hot.contacts.iter().filter_map(|(id, open)| resume(id, open, held)));
        Ok(Decision::record(events))
    }
}

fn resume(contact: ContactId, open: &OpenContact, held: HeldContacts) -> Option<NewEvent> {
    match &open.place {
        Place::Application => Some(Fact::ContactRestarted { contact }.into()),
        Place::Held { agent, delivered: true, .. } if held == HeldContacts::Release => {
            let reason = ReleaseReason::Restart;
            Some(Fact::ContactReleased { contact, agent: Some(*agent), reason }.into())
        }
        Place::Held { .. } | Place::Waiting { .. } | Place::Leaving { .. } => None,
    }
}
