//! Sending: an attempt is recorded before it is made, and its outcome after.

use event::{
    AgentNumber, ContactId, Fact, Handler, MessageRef, OutgoingId, Private, ReleaseReason,
    RequeueReason, Timestamp, UncertainReason,
};
use projections::{Outgoing, Place, SendState, What};

use crate::contact_command::missing_code;
use crate::undelivered::{Subject, reduce, take_back, tell};
use crate::{Answer, Decision, NewEvent, Rejection, View};

/// An outgoing mail is about to be handed to the mail server.
#[derive(Clone, Debug)]
pub struct StartSend {
    /// The outgoing mail.
    pub outgoing: OutgoingId,
    /// The names of attachments that it goes without.
    pub withheld: Vec<String>,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct RecordSend {
    /// The outgoing mail.
    pub outgoing: OutgoingId,
    /// What came of it.
    pub outcome: SendOutcome,
}

/// A person wants a mail sent again of which nobody knows whether it was sent.
#[derive(Clone, Debug)]
pub struct SendAgain {
    /// The outgoing mail.
    pub outgoing: OutgoingId,
}

/// What came of handing a mail to the mail server.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    /// The server took it.
    Sent {
        /// The mail as sent.
        message: MessageRef,
    },
    /// The server did not take it now.
    Deferred {
        /// The SMTP reply code; 0 where there was none.
        code: u16,
        /// The server's words, or ours.
        text: String,
    },
    /// The server will not take it.
    Refused {
        /// The SMTP reply code; 0 where there was none.
        code: u16,
        /// The server's words, or ours.
        text: String,
    },
    /// The server takes no mail of this size.
    TooLarge {
        /// The SMTP reply code; 0 where there was none.
        code: u16,
        /// The server's words, or ours.
        text: String,
    },
    /// The connection was lost after the mail and before the server's answer.
    Uncertain,
}

/// After so many attempts a mail that is deferred counts as refused; with the pauses of
/// [`pause_ms`] that is after two days and a few hours.
const ATTEMPTS_MAX: u32 = 60;
const PAUSE_MS_MIN: u64 = 5_000;
const PAUSE_MS_MAX: u64 = 3_600_000;

/// The pause after an attempt: doubled each time, at most an hour, and up to a quarter longer. The
/// quarter differs from mail to mail, so that what was put off together does not come back together.
fn pause_ms(outgoing: OutgoingId, attempt: u32) -> u64 {
    let doubled = PAUSE_MS_MIN.saturating_mul(1 << attempt.saturating_sub(1).min(20));
    let doubled = doubled.min(PAUSE_MS_MAX);
    // Multiplied by the golden ratio, neighbouring numbers are scattered over 32 bits.
    let number = outgoing.0.0.wrapping_add(attempt.into());
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    doubled + ((doubled / 4 * scattered) >> 32)
}

impl StartSend {
    /// Only one attempt at a time: whoever comes second is refused.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let outgoing = self.outgoing;
        let entry = in_state(view, outgoing, |state| state == SendState::Ready)?;
        let attempt = entry.attempts.saturating_add(1);
        let contact = entry.contact;
        let mut events = Vec::new();
        if attempt == 1 && !self.withheld.is_empty() {
            let count = u32::try_from(self.withheld.len()).unwrap_or(u32::MAX);
            let fact = Fact::AttachmentsWithheld { contact, outgoing, count };
            events.push(NewEvent::with(fact, Private::Text(self.withheld.join(", "))));
        }
        events.push(Fact::SendStarted { outgoing, contact, attempt }.into());
        Ok(Decision { events, answer: Answer::Attempt(attempt) })
    }
}

impl SendAgain {
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let outgoing = self.outgoing;
        let waiting =
            |state| matches!(state, SendState::Uncertain { .. } | SendState::Deferred { .. });
        let contact = in_state(view, outgoing, waiting)?.contact;
        Ok(Decision::record([Fact::SendRepeated { outgoing, contact }]))
    }
}

impl RecordSend {
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let outgoing = self.outgoing;
        let entry = in_state(view, outgoing, |state| state == SendState::Started)?;
        let (contact, attempt) = (entry.contact, entry.attempts);
        let deferred = || Fact::SendDeferred {
            outgoing,
            contact,
            attempt,
            until: now.plus_ms(pause_ms(outgoing, attempt)),
        };
        Ok(match (&self.outcome, &entry.what) {
            (SendOutcome::Sent { message }, _) => {
                Decision::record(sent(view, outgoing, entry, *message))
            }
            (SendOutcome::Deferred { text, .. }, _) if attempt < ATTEMPTS_MAX => {
                Decision::record([NewEvent::with(deferred(), Private::Text(text.clone()))])
            }
            (SendOutcome::Deferred { code, text } | SendOutcome::Refused { code, text }, _) => {
                Decision::record(refused(view, outgoing, entry, *code, text))
            }
            (SendOutcome::TooLarge { code, text }, _) => {
                Decision::record(too_large(view, outgoing, entry, *code, text))
            }
            (
                SendOutcome::Uncertain,
                What::Copy { .. } | What::Note { .. } | What::Notice { .. },
            ) if attempt >= ATTEMPTS_MAX => {
                let text = "the mail server never said whether it took the mail";
                Decision::record(refused(view, outgoing, entry, 0, text))
            }
            // The same agent may see the same copy twice, under one Message-ID, which is
            // better than an agent who holds a contact and has nothing to read.
            (
                SendOutcome::Uncertain,
                What::Copy { .. } | What::Note { .. } | What::Notice { .. },
            ) => Decision::record([deferred()]),
            (
                SendOutcome::Uncertain,
                What::Reply { .. }
                | What::ReplyCopy { .. }
                | What::AutomaticReply
                | What::OversizeNotice,
            ) => {
                let reason = UncertainReason::ConnectionLost;
                let uncertain = Fact::SendUncertain { outgoing, contact, reason };
                Decision::record([uncertain.into()].into_iter().chain(told(view, entry)))
            }
        })
    }
}

fn in_state<'a>(
    view: &View<'a>,
    outgoing: OutgoingId,
    wanted: impl FnOnce(SendState) -> bool,
) -> Result<&'a Outgoing, Rejection> {
    let entry = view.hot.outbox.get(outgoing);
    entry.filter(|entry| wanted(entry.state)).ok_or(Rejection::NotToSend(outgoing))
}

fn sent(
    view: &View<'_>,
    outgoing: OutgoingId,
    entry: &Outgoing,
    message: MessageRef,
) -> Vec<NewEvent> {
    let contact = entry.contact;
    let place = view.hot.contacts.get(contact).map(|open| &open.place);
    let (fact, released) = match entry.what {
        What::Copy { handler, .. } => {
            let leaving = matches!(
                place,
                Some(Place::Leaving { outgoing: of, .. } | Place::Forwarded { outgoing: of, .. })
                    if *of == outgoing
            );
            let released = leaving.then_some((None, ReleaseReason::TransferredOut));
            (Fact::ContactDelivered { contact, handler, outgoing }, released)
        }
        What::Reply { handler, .. } => {
            let released = match handler {
                Handler::Agent(number) if is_ended_by_reply(view, contact, number) => {
                    Some((Some(number), ReleaseReason::Reply))
                }
                Handler::Agent(_) | Handler::Address => None,
            };
            (Fact::ReplyRelayed { contact, outgoing, handler, message }, released)
        }
        What::Note { .. } => (Fact::NoteSent { contact, outgoing, message }, None),
        What::Notice { .. } | What::OversizeNotice => {
            (Fact::NoticeSent { contact, outgoing, message }, None)
        }
        What::ReplyCopy { .. } => (Fact::ReplyCopied { contact, outgoing, message }, None),
        What::AutomaticReply => (Fact::AutomaticReplySent { contact, outgoing, message }, None),
    };
    let released = released.map(|(agent, reason)| Fact::ContactReleased { contact, agent, reason });
    std::iter::once(fact).chain(released).map(Into::into).collect()
}

/// Whether the relayed reply of an agent ends the contact they hold. It does not where the contact
/// still needs a disposition code: then the agent releases it.
fn is_ended_by_reply(view: &View<'_>, contact: ContactId, number: AgentNumber) -> bool {
    let on_reply = view.hot.directory.settings.release_on_reply;
    on_reply
        && view.hot.contacts.get(contact).is_some_and(|open| {
            matches!(open.place, Place::Held { agent, .. } if agent == number)
                && missing_code(view, open).is_none()
        })
}

/// The agent gets what fits in place of a copy that is too large: whoever else had the contact would
/// get it no better.
fn too_large(
    view: &View<'_>,
    outgoing: OutgoingId,
    entry: &Outgoing,
    code: u16,
    text: &str,
) -> Vec<NewEvent> {
    let Outgoing { contact, thread, arrival, .. } = *entry;
    let subject = Subject { contact, thread, arrival };
    let reduced = match &entry.what {
        What::Copy { handler, to: Some(to), reduced: false } => {
            reduce(view, subject, outgoing, *handler, to)
        }
        What::Copy { .. }
        | What::Reply { .. }
        | What::ReplyCopy { .. }
        | What::Note { .. }
        | What::AutomaticReply
        | What::OversizeNotice
        | What::Notice { .. } => None,
    };
    let Some(reduced) = reduced else { return refused(view, outgoing, entry, code, text) };
    let fact = Fact::SendRefused { outgoing, contact, code };
    vec![NewEvent::with(fact, Private::Text(text.to_owned())), reduced]
}

fn refused(
    view: &View<'_>,
    outgoing: OutgoingId,
    entry: &Outgoing,
    code: u16,
    text: &str,
) -> Vec<NewEvent> {
    let contact = entry.contact;
    let fact = Fact::SendRefused { outgoing, contact, code };
    let mut events = vec![NewEvent::with(fact, Private::Text(text.to_owned()))];
    match entry.what {
        What::Copy { handler, .. } => {
            let reason = RequeueReason::DeliveryFailed;
            events.extend(take_back(view, contact, outgoing, handler, reason));
        }
        What::Reply { .. } | What::ReplyCopy { .. } => events.extend(told(view, entry)),
        What::Note { .. } | What::Notice { .. } | What::AutomaticReply | What::OversizeNotice => {}
    }
    events
}

/// Whoever answered is told of the next event.
fn told(view: &View<'_>, entry: &Outgoing) -> Option<NewEvent> {
    let Outgoing { contact, thread, arrival, .. } = *entry;
    let about = view.hot.position.next();
    tell(view, entry.what.answered_by(), Subject { contact, thread, arrival }, about)
}
