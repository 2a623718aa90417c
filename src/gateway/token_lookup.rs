//! What a token of ours names: the fact in the log that asked for the mail.

use command::{Delivery, Finding, SentMail, SentWhat};
use event::{
    Address, ContactForwarded, ContactId, Fact, Handler, OutgoingId, Position, Recorded, StepFact,
    Target, ThreadId,
};
use mail::{Bounce, Parsed, Purpose, TokenSearch};

use crate::{InboxError, Intake};

impl Intake {
    /// The mail of ours that a bounce is about; such mail goes out with an envelope sender at `sender`.
    pub(crate) fn reported(
        &self,
        sender: &Address,
        parsed: &Parsed,
        bounce: &Bounce,
    ) -> Result<Option<SentMail>, InboxError> {
        let Some(outgoing) = mail::reported_mail(&self.key, sender, parsed, bounce) else {
            return Ok(None);
        };
        let Some(recorded) = self.recorded(outgoing.0)? else { return Ok(None) };
        let sent =
            |contact, thread, arrival, what| SentMail { outgoing, contact, thread, arrival, what };
        Ok(match recorded.event.fact {
            Fact::ContactAssigned { contact, thread, arrival, agent, .. } => {
                Some(sent(contact, thread, arrival, SentWhat::Copy(agent)))
            }
            Fact::ContactTransferred { contact, thread, arrival, from, .. } => {
                Some(sent(contact, thread, arrival, SentWhat::PassedOn(from)))
            }
            Fact::Step(StepFact::ContactForwarded(forwarded)) => {
                let ContactForwarded { contact, thread, arrival, step } = forwarded;
                Some(sent(contact, thread, arrival, SentWhat::Forwarded(step)))
            }
            Fact::ReducedCopyRequested { contact, thread, arrival, handler, copy } => {
                let what = match (handler, self.recorded(copy.0)?.map(|copy| copy.event.fact)) {
                    (Handler::Agent(agent), _) => SentWhat::ReducedCopy(agent),
                    (Handler::Address, Some(Fact::ContactTransferred { from, .. })) => {
                        SentWhat::PassedOn(from)
                    }
                    (Handler::Address, Some(Fact::Step(StepFact::ContactForwarded(forwarded)))) => {
                        SentWhat::Forwarded(forwarded.step)
                    }
                    (Handler::Address, _) => SentWhat::Other,
                };
                Some(sent(contact, thread, arrival, what))
            }
            Fact::ReplyReceived { contact, thread, arrival, handler, .. } => {
                Some(sent(contact, thread, arrival, SentWhat::Answer(Some(handler))))
            }
            Fact::ReplyCopyRequested { contact, thread, arrival, reply, .. } => {
                let handler = match self.recorded(reply.0)?.map(|reply| reply.event.fact) {
                    Some(Fact::ReplyReceived { handler, .. }) => Some(handler),
                    _ => None,
                };
                Some(sent(contact, thread, arrival, SentWhat::Answer(handler)))
            }
            Fact::NoteReceived { contact, thread, arrival, .. }
            | Fact::AutomaticReplyRequested { contact, thread, arrival, .. }
            | Fact::NoticeRequested { contact, thread, arrival, .. } => {
                Some(sent(contact, thread, arrival, SentWhat::Other))
            }
            _ => None,
        })
    }

    /// The contact of the hidden copy or the note that a token names.
    pub(crate) fn copied(
        &self,
        token: &TokenSearch,
    ) -> Result<Option<(ContactId, ThreadId, Position)>, InboxError> {
        let TokenSearch::Found { outgoing, purpose: Purpose::HiddenCopy } = token else {
            return Ok(None);
        };
        Ok(match self.recorded(outgoing.0)?.map(|recorded| recorded.event.fact) {
            Some(
                Fact::ReplyCopyRequested { contact, thread, arrival, .. }
                | Fact::NoteReceived { contact, thread, arrival, .. },
            ) => Some((contact, thread, arrival)),
            _ => None,
        })
    }

    /// The thread of the reply, an agent's or an automatic one, that a token names.
    pub(crate) fn answered(&self, token: TokenSearch) -> Result<Option<ThreadId>, InboxError> {
        let TokenSearch::Found { outgoing, purpose: Purpose::Relay } = token else {
            return Ok(None);
        };
        Ok(match self.recorded(outgoing.0)?.map(|recorded| recorded.event.fact) {
            Some(
                Fact::ReplyReceived { thread, .. } | Fact::AutomaticReplyRequested { thread, .. },
            ) => Some(thread),
            _ => None,
        })
    }

    pub(crate) fn finding(&self, token: TokenSearch) -> Result<Finding, InboxError> {
        Ok(match token {
            TokenSearch::None => Finding::NoToken,
            TokenSearch::Forged => Finding::Forged,
            TokenSearch::Found { outgoing, purpose: Purpose::Copy } => {
                self.delivery(outgoing)?.map_or(Finding::Unknown, Finding::Delivery)
            }
            TokenSearch::Found {
                purpose: Purpose::Relay | Purpose::HiddenCopy | Purpose::Envelope | Purpose::Notice,
                ..
            } => Finding::Unknown,
        })
    }

    /// The delivery at a position of the log.
    fn delivery(&self, outgoing: OutgoingId) -> Result<Option<Delivery>, InboxError> {
        let Some(recorded) = self.recorded(outgoing.0)? else { return Ok(None) };
        let address = recorded.event.address().cloned();
        let (contact, thread, arrival, handler) = match recorded.event.fact {
            Fact::ContactAssigned { contact, thread, arrival, agent, .. } => {
                (contact, thread, arrival, Handler::Agent(agent))
            }
            Fact::ContactTransferred { contact, thread, arrival, to: Target::Address, .. } => {
                (contact, thread, arrival, Handler::Address)
            }
            Fact::Step(StepFact::ContactForwarded(forwarded)) => {
                let ContactForwarded { contact, thread, arrival, .. } = forwarded;
                (contact, thread, arrival, Handler::Address)
            }
            Fact::ReducedCopyRequested { contact, thread, arrival, handler, .. } => {
                (contact, thread, arrival, handler)
            }
            _ => return Ok(None),
        };
        let arrived = self.recorded(arrival)?;
        let mail = arrived.as_ref().and_then(|arrived| arrived.event.mail());
        let customer = mail.and_then(|mail| mail.answer_to.clone());
        let external = mail.map(|mail| mail.others.clone()).unwrap_or_default();
        Ok(Some(Delivery {
            outgoing,
            contact,
            thread,
            arrival,
            handler,
            address,
            customer,
            external,
        }))
    }

    fn recorded(&self, position: Position) -> Result<Option<Recorded>, InboxError> {
        if position == Position::default() {
            return Ok(None);
        }
        let found = self.handle.log().read(position, 1);
        Ok(found.map_err(|error| InboxError::Log(error.to_string()))?.pop())
    }
}
