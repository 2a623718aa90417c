//! A mail arrived at the internal address: a handler's answer, or something to be refused.

use event::{
    Address, AutomaticKind, ContactId, Fact, Handler, LateReason, MailDetails, MessageRef,
    OutgoingId, Position, Private, ReplyRefusal, SignedReplies, Source, ThreadId,
};
use mail::Parsed;
use projections::Place;

use crate::contact_command::accepted;
use crate::recipients::{Recipients, recipients};
use crate::undelivered::{Subject, notice};
use crate::{Decision, NewEvent, Rejection, View};

/// A mail arrived in the internal mailbox. Its bytes are in the message store already.
#[derive(Clone, Debug)]
pub struct ReceiveReply {
    /// Where it was found.
    pub source: Source,
    /// The mail as received.
    pub message: MessageRef,
    /// The mail, read.
    pub parsed: Parsed,
    /// What its token names.
    pub finding: Finding,
    /// What in it would show who wrote it.
    pub screening: Screening,
}

/// What in a reply would show the customer who is behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    /// Private addresses in the lines that say who wrote what it quotes.
    pub quoted: u32,
    /// Private addresses elsewhere.
    pub elsewhere: u32,
    /// Whether its signature can be taken off, where the settings ask for that.
    pub detachable: bool,
}

/// What the token of a mail to the internal address names.
#[derive(Clone, Debug)]
pub enum Finding {
    /// There is no token.
    NoToken,
    /// There is one that is not ours.
    Forged,
    /// There is one of ours, but the log has no delivery there.
    Unknown,
    /// A delivery.
    Delivery(Delivery),
}

/// A delivered copy, as its assignment or transfer recorded it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The outgoing copy.
    pub outgoing: OutgoingId,
    /// The contact.
    pub contact: ContactId,
    /// Its thread.
    pub thread: ThreadId,
    /// The position of its arrival.
    pub arrival: Position,
    /// Who it was delivered to.
    pub handler: Handler,
    /// Their mailbox at that time; absent where it was erased.
    pub address: Option<Address>,
    /// Where the customer's answers go; absent where it was erased.
    pub customer: Option<Address>,
    /// Who else is on the customer's mail.
    pub external: Vec<Address>,
}

impl ReceiveReply {
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let repeated = view.repeated(&self.source, &self.parsed, &self.message, None)?;
        if let Some(repeated) = repeated {
            return Ok(repeated);
        }
        let delivery = match self.accept(view) {
            Ok(delivery) => delivery,
            Err((contact, reason)) => return Ok(self.refuse(view, contact, reason)),
        };
        let fact = Fact::ReplyReceived {
            contact: delivery.contact,
            thread: delivery.thread,
            handler: delivery.handler,
            arrival: delivery.arrival,
            delivery: delivery.outgoing,
            source: self.source.clone(),
            message: self.message,
            late: late(view, delivery),
        };
        let exclude: Vec<&Address> =
            delivery.customer.iter().chain(delivery.address.as_ref()).collect();
        let Recipients { letter, copies } =
            recipients(view, delivery, self.details(view, &exclude))?;
        let accepted = match delivery.handler {
            Handler::Agent(number) => accepted(view, delivery.contact, Some(number)),
            Handler::Address => None,
        };
        let before = u64::from(accepted.is_some());
        let reply = OutgoingId(view.hot.position.plus(before).next());
        let received = NewEvent::with(fact, Private::Letter(Box::new(letter)));
        let copies = copies.into_iter().map(|(kind, address)| {
            let fact = Fact::ReplyCopyRequested {
                contact: delivery.contact,
                thread: delivery.thread,
                arrival: delivery.arrival,
                reply,
                message: self.message,
                kind,
            };
            NewEvent::with(fact, Private::Address(address))
        });
        let screened = self.screened(view, delivery.contact, reply);
        let events = accepted.into_iter().chain([received]).chain(screened).chain(copies);
        Ok(Decision::about(delivery.contact, events))
    }

    /// The delivery this answers, where it may be relayed.
    fn accept(&self, view: &View<'_>) -> Result<&Delivery, (Option<ContactId>, ReplyRefusal)> {
        let delivery = match &self.finding {
            Finding::NoToken => return Err((None, ReplyRefusal::NoToken)),
            Finding::Forged => return Err((None, ReplyRefusal::ForgedToken)),
            Finding::Unknown => return Err((None, ReplyRefusal::UnknownDelivery)),
            Finding::Delivery(delivery) => delivery,
        };
        let refuse = |reason| Err((Some(delivery.contact), reason));
        // A person's mail may ask for no automatic answers, as some companies' servers do.
        if self.parsed.automatic.is_some_and(|kind| kind != AutomaticKind::List) {
            return refuse(ReplyRefusal::Automatic);
        }
        let sender = self.parsed.from.as_ref().map(|from| &from.address);
        if sender.is_none() || !is_handler(view, delivery, sender) {
            return refuse(ReplyRefusal::WrongSender);
        }
        if let Handler::Agent(number) = delivery.handler
            && !view.hot.directory.agents.contains_key(&number)
        {
            return refuse(ReplyRefusal::NoRights);
        }
        if delivery.customer.is_none() {
            return refuse(ReplyRefusal::NoRecipient);
        }
        let is_shown = match view.hot.directory.settings.signed_replies {
            SignedReplies::Refuse => false,
            SignedReplies::Relay => true,
            SignedReplies::Strip => self.screening.detachable,
        };
        if self.parsed.seal.is_some() && !is_shown {
            return refuse(ReplyRefusal::Signed);
        }
        Ok(delivery)
    }

    /// What is done about what would show who wrote it; `None` where nothing would.
    fn screened(&self, view: &View<'_>, contact: ContactId, reply: OutgoingId) -> Option<NewEvent> {
        let settings = &view.hot.directory.settings;
        let Screening { quoted, elsewhere, .. } = self.screening;
        let signed = self.parsed.seal.map(|_| settings.signed_replies);
        let is_clean = quoted == 0 && elsewhere == 0 && signed.is_none();
        let quotes = settings.quotes;
        let fact = Fact::ReplyScreened { contact, reply, quoted, elsewhere, quotes, signed };
        (!is_clean).then(|| fact.into())
    }

    fn refuse(
        &self,
        view: &View<'_>,
        contact: Option<ContactId>,
        reason: ReplyRefusal,
    ) -> Decision {
        let source = self.source.clone();
        let fact = Fact::ReplyRefused { contact, source, message: self.message, reason };
        let details = Private::Mail(Box::new(self.details(view, &[])));
        let refused = NewEvent::with(fact, details);
        Decision::record([refused].into_iter().chain(self.notice(view, reason)))
    }

    /// The mailbox that the contact was delivered to learns of the refusal. Whoever else wrote gets
    /// no answer: what is forged must not make us write to strangers, nor robots to robots.
    fn notice(&self, view: &View<'_>, reason: ReplyRefusal) -> Option<NewEvent> {
        let Finding::Delivery(delivery) = &self.finding else { return None };
        if reason == ReplyRefusal::Automatic {
            return None;
        }
        let Delivery { contact, thread, arrival, .. } = *delivery;
        let address = delivery.address.clone()?;
        Some(notice(address, Subject { contact, thread, arrival }, view.hot.position.next()))
    }

    fn details(&self, view: &View<'_>, exclude: &[&Address]) -> MailDetails {
        let own = |address: &Address| view.hot.directory.is_own(address);
        let others = mail::others(&self.parsed, &own, exclude);
        mail::details(&self.parsed, others)
    }
}

/// Whether the sender is the one the copy went to, by the mailbox of then or of now.
fn is_handler(view: &View<'_>, delivery: &Delivery, sender: Option<&Address>) -> bool {
    let is_theirs = |sender| match delivery.handler {
        Handler::Agent(number) => view.hot.directory.is_address_of(number, sender),
        Handler::Address => false,
    };
    sender == delivery.address.as_ref() || sender.is_some_and(is_theirs)
}

fn late(view: &View<'_>, delivery: &Delivery) -> Option<LateReason> {
    let Some(open) = view.hot.contacts.get(delivery.contact) else {
        return Some(LateReason::Released);
    };
    let holds = match (&open.place, delivery.handler) {
        (Place::Held { agent, .. } | Place::Parked { agent, .. }, Handler::Agent(number)) => {
            *agent == number
        }
        (Place::Leaving { outgoing, .. } | Place::Forwarded { outgoing, .. }, Handler::Address) => {
            *outgoing == delivery.outgoing
        }
        (
            Place::Application
            | Place::Waiting { .. }
            | Place::Held { .. }
            | Place::Parked { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. },
            Handler::Agent(_) | Handler::Address,
        ) => false,
    };
    (!holds).then_some(LateReason::Transferred)
}
