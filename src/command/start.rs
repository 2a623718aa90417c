//! Start and stop: what a restart makes of each open contact.

use event::{
    ContactId, Fact, Handler, HeldContacts, OutgoingId, Position, ReleaseReason, Timestamp,
    UncertainReason,
};
use projections::{OpenContact, Outgoing, Place, SendState, What};

use crate::undelivered::{Subject, tell};
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
    /// Contacts that agents hold are released or kept, as the settings say. Agents are told of what
    /// their mail clients do not show.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let hot = view.hot;
        let previous = (hot.position.0 > 0).then_some(hot.time);
        let started = Fact::EngineStarted { version: self.version.clone(), previous };
        let mut events: Vec<NewEvent> = vec![started.into()];
        for (outgoing, entry) in hot.outbox.iter() {
            if entry.state == SendState::Started {
                events.extend(resend(view, outgoing, entry, after(view, &events), now));
            }
        }
        let held = hot.directory.settings.restart_held_contacts;
        for (id, open) in hot.contacts.iter() {
            events.extend(resume(view, id, open, held, after(view, &events)));
        }
        Ok(Decision::record(events))
    }
}

/// The position of the event that is recorded after `events`.
fn after(view: &View<'_>, events: &[NewEvent]) -> Position {
    view.hot.position.plus(events.len() as u64).next()
}

fn resend(
    view: &View<'_>,
    outgoing: OutgoingId,
    entry: &Outgoing,
    at: Position,
    now: Timestamp,
) -> Vec<NewEvent> {
    let Outgoing { contact, thread, arrival, attempts: attempt, .. } = *entry;
    match entry.what {
        What::Copy { .. } | What::Note { .. } | What::Notice { .. } => {
            vec![Fact::SendDeferred { outgoing, contact, attempt, until: now }.into()]
        }
        What::Reply { .. }
        | What::ReplyCopy { .. }
        | What::AutomaticReply
        | What::OversizeNotice => {
            let reason = UncertainReason::Restart;
            let uncertain = Fact::SendUncertain { outgoing, contact, reason };
            let subject = Subject { contact, thread, arrival };
            let told = tell(view, entry.what.answered_by(), subject, at);
            [uncertain.into()].into_iter().chain(told).collect()
        }
    }
}

fn resume(
    view: &View<'_>,
    contact: ContactId,
    open: &OpenContact,
    held: HeldContacts,
    at: Position,
) -> Vec<NewEvent> {
    match &open.place {
        Place::Application => vec![Fact::ContactRestarted { contact }.into()],
        Place::Held { agent, delivered: true, .. } if held == HeldContacts::Release => {
            let reason = ReleaseReason::Restart;
            let released = Fact::ContactReleased { contact, agent: Some(*agent), reason };
            let subject = Subject { contact, thread: open.thread, arrival: open.arrival };
            let told = tell(view, Some(Handler::Agent(*agent)), subject, at);
            [released.into()].into_iter().chain(told).collect()
        }
        Place::Held { .. }
        | Place::Waiting { .. }
        | Place::Parked { .. }
        | Place::Leaving { .. }
        | Place::Forwarded { .. } => Vec::new(),
    }
}
