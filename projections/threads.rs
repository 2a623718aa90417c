//! Threads: who took part, who handled what, and the four thread variables.

use std::collections::BTreeSet;
use std::fmt;

use bincode::{Decode, Encode};
use event::{
    Address, AgentNumber, ContactForwarded, ContactId, DeliveryOutcome, Event, Fact, Fingerprint,
    MailDetails, MailboxName, MessageDigest, MessageRef, OutgoingId, Position, Quotes, Source,
    StepFact, Target, ThreadId,
};

use crate::families::{engine, loading, mail_apart, sending};
use crate::shelf::Pair;
use crate::table::{MessageKey, Table};
use crate::{Shelf, ShelfError, subject};

/// Beyond this many, further participants are not remembered: a mail names hundreds at no cost.
const PARTICIPANTS_MAX: usize = 100;
/// So many of the latest subjects are remembered.
const SUBJECTS_MAX: usize = 10;

/// One conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ThreadRecord {
    /// Who wrote first; absent where it was erased.
    pub customer: Option<Address>,
    /// Its interactions, oldest first, each with its last handler so far.
    pub interactions: Vec<(ContactId, Option<Handled>)>,
    /// The extra addresses on the latest reply of an agent.
    pub internal_cc: Vec<Address>,
    /// The extra addresses on the customer's latest message.
    pub external_cc: Vec<Address>,
    /// Everyone outside who wrote or was copied.
    pub participants: Vec<Address>,
    /// The latest subjects, without what programs put around them.
    subjects: Vec<String>,
}

/// Who handled an interaction last.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Handled {
    /// The agent; `None` for a plain address.
    pub number: Option<AgentNumber>,
    /// The mailbox it went to; absent where it was erased.
    pub address: Option<Address>,
}

impl fmt::Display for Handled {
    /// `number:address`, or `:address` for a plain one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number {
            write!(f, "{number}")?;
        }
        f.write_str(":")?;
        self.address.as_ref().map_or(Ok(()), |address| address.fmt(f))
    }
}

/// The four thread variables, as an application and the journal show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// `$Email:LastHandlingAgent`.
    pub last_handling_agent: String,
    /// `$Email:OtherHandlingAgents`.
    pub other_handling_agents: String,
    /// `$Email:InternalCCAddresses`.
    pub internal_cc_addresses: String,
    /// `$Email:ExternalCCAddresses`.
    pub external_cc_addresses: String,
}

impl ThreadRecord {
    /// The variables as `contact` sees them: handlers of the interactions before it.
    ///
    /// An interaction that was never assigned has no handler and is passed over.
    pub fn variables(&self, contact: ContactId) -> Variables {
        let mut handlers: Vec<&Handled> = Vec::new();
        for handled in self.earlier_handlers(contact) {
            if !handlers.contains(&handled) {
                handlers.push(handled);
            }
        }
        let (last, others) = match handlers.split_first() {
            Some((last, others)) => (last.to_string(), join(others)),
            None => (String::new(), String::new()),
        };
        Variables {
            last_handling_agent: last,
            other_handling_agents: others,
            internal_cc_addresses: join(&self.internal_cc),
            external_cc_addresses: join(&self.external_cc),
        }
    }

    /// The last handlers of the interactions before `contact`, newest first.
    pub fn earlier_handlers(&self, contact: ContactId) -> impl Iterator<Item = &Handled> {
        let earlier = self.interactions.iter().position(|(other, _)| *other == contact);
        let earlier = earlier.unwrap_or(self.interactions.len());
        self.interactions.iter().take(earlier).rev().filter_map(|(_, handled)| handled.as_ref())
    }

    /// Whether the address wrote in this thread or was copied by someone outside.
    pub fn knows(&self, address: &Address) -> bool {
        self.customer.as_ref() == Some(address) || self.participants.contains(address)
    }

    /// Remembers a subject; gives whether it is another than all before.
    fn meet_subject(&mut self, subject: &str) -> bool {
        let base = subject::base(subject);
        if base.is_empty() || self.subjects.contains(&base) {
            return false;
        }
        let is_changed = !self.subjects.is_empty();
        self.subjects.truncate(SUBJECTS_MAX - 1);
        self.subjects.insert(0, base);
        is_changed
    }

    fn meet<'a>(&mut self, addresses: impl Iterator<Item = &'a Address>) {
        for address in addresses {
            if self.participants.len() < PARTICIPANTS_MAX && !self.participants.contains(address) {
                self.participants.push(address.clone());
            }
        }
    }
}

fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

/// What is remembered of a contact for good.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ContactRecord {
    /// Its thread.
    pub thread: ThreadId,
    /// Where its mail was found.
    pub source: Source,
    /// The position of its arrival.
    pub arrival: Position,
    /// Tells it from another mail that would have the same id.
    pub fingerprint: Fingerprint,
    /// What is to be seen about it at once.
    pub flags: BTreeSet<Flag>,
}

/// What is to be seen about a contact at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Flag {
    /// Another mail with other bytes carried the same Message-ID.
    MessageIdRepeated,
    /// It belongs to a thread in which nobody wrote under its subject so far.
    SubjectChanged,
    /// Its mail is encrypted.
    Encrypted,
    /// Its agent did not get all attachments.
    AttachmentsWithheld,
    /// An answer to it shows a private address.
    AddressShown,
    /// Its copy was too large for its agent's mail servers and went without attachments.
    CopyReduced,
}

/// What is remembered of a Message-ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MessageRecord {
    /// The thread it belongs to.
    pub thread: ThreadId,
    /// The contact it arrived as, or answered.
    pub contact: ContactId,
}

/// All threads, contacts and Message-IDs there ever were.
#[derive(Clone, Debug, Default)]
pub struct Threads {
    threads: Table<ThreadId, ThreadRecord, b't'>,
    contacts: Table<ContactId, ContactRecord, b'c'>,
    messages: Table<MessageKey, MessageRecord, b'm'>,
}

impl Threads {
    /// A thread.
    pub fn thread(
        &self,
        shelf: &dyn Shelf,
        id: ThreadId,
    ) -> Result<Option<ThreadRecord>, ShelfError> {
        self.threads.get(shelf, id)
    }

    /// A contact, open or not.
    pub fn contact(
        &self,
        shelf: &dyn Shelf,
        id: ContactId,
    ) -> Result<Option<ContactRecord>, ShelfError> {
        self.contacts.get(shelf, id)
    }

    /// The reply with this Message-ID, or with these bytes where it has none.
    pub fn reply(
        &self,
        shelf: &dyn Shelf,
        message_id: Option<&str>,
        digest: &MessageDigest,
    ) -> Result<Option<MessageRecord>, ShelfError> {
        self.messages.get(shelf, MessageKey::of(&reply_name(message_id, digest)))
    }

    /// Whether a mail system reported that an outgoing mail did not arrive.
    pub fn has_failed(&self, shelf: &dyn Shelf, outgoing: OutgoingId) -> Result<bool, ShelfError> {
        Ok(self.messages.get(shelf, MessageKey::of(&failure_name(outgoing)))?.is_some())
    }

    /// The contact that last arrived in a mailbox under a Message-ID (without angle brackets).
    pub fn message(
        &self,
        shelf: &dyn Shelf,
        mailbox: &MailboxName,
        message_id: &str,
    ) -> Result<Option<MessageRecord>, ShelfError> {
        self.messages.get(shelf, MessageKey::of(&arrival_name(mailbox, message_id)))
    }

    /// Takes in one event; fails only where the shelf does.
    pub fn apply(
        &mut self,
        shelf: &dyn Shelf,
        at: Position,
        event: &Event,
    ) -> Result<(), ShelfError> {
        match &event.fact {
            Fact::ContactArrived { .. } => self.arrive(shelf, at, event)?,
            Fact::ContactAssigned { contact, thread, agent, .. } => {
                self.handle(shelf, *thread, *contact, Some(*agent), event)?;
            }
            Fact::ContactTransferred { contact, thread, to: Target::Address, .. }
            | Fact::Step(StepFact::ContactForwarded(ContactForwarded {
                contact, thread, ..
            })) => {
                self.handle(shelf, *thread, *contact, None, event)?;
            }
            Fact::ReplyReceived { contact, thread, message, .. }
            | Fact::NoteReceived { contact, thread, message, .. }
            | Fact::DeliveryReported { contact, thread, message, .. } => {
                self.receive(shelf, *thread, *contact, message, event)?;
            }
            Fact::EncryptionFound { contact } => self.flag(shelf, *contact, Flag::Encrypted)?,
            Fact::AttachmentsWithheld { contact, .. } => {
                self.flag(shelf, *contact, Flag::AttachmentsWithheld)?;
            }
            Fact::ReducedCopyRequested { contact, .. } => {
                self.flag(shelf, *contact, Flag::CopyReduced)?;
            }
            Fact::ReplyScreened { contact, quoted, elsewhere, quotes, .. } => {
                if *elsewhere > 0 || (*quoted > 0 && *quotes != Quotes::Redact) {
                    self.flag(shelf, *contact, Flag::AddressShown)?;
                }
            }
            Fact::ContactTransferred { to: Target::Agent(_) | Target::Queue(_), .. }
            | Fact::Step(_)
            | Fact::Service(_)
            | engine!()
            | loading!()
            | Fact::MailboxActivated { .. }
            | mail_apart!()
            | Fact::StepTaken { .. }
            | Fact::ApplicationPaused { .. }
            | Fact::ParameterSet { .. }
            | Fact::ContactRestarted { .. }
            | Fact::ContactQueued { .. }
            | Fact::ContactRequeued { .. }
            | sending!()
            | Fact::ContactDelivered { .. }
            | Fact::ReplyRefused { .. }
            | Fact::ReplyRelayed { .. }
            | Fact::ReplyCopyRequested { .. }
            | Fact::ReplyCopied { .. }
            | Fact::NoteSent { .. }
            | Fact::SenderChecked { .. }
            | Fact::AutomaticMailRecognised { .. }
            | Fact::AutomaticReplyRequested { .. }
            | Fact::AutomaticReplyWithheld { .. }
            | Fact::AutomaticReplySent { .. }
            | Fact::NoticeRequested { .. }
            | Fact::OversizeHeaderKept { .. }
            | Fact::NoticeSent { .. }
            | Fact::DispositionSet { .. }
            | Fact::ContactReleased { .. }
            | Fact::AgentStateChanged { .. }
            | Fact::TimerFired { .. } => {}
        }
        Ok(())
    }

    /// How many records wait to be written to the shelf.
    pub(crate) fn fresh_len(&self) -> usize {
        self.threads.fresh_len() + self.contacts.fresh_len() + self.messages.fresh_len()
    }

    pub(crate) fn collect(&self, pairs: &mut Vec<Pair>) -> Result<(), ShelfError> {
        self.threads.collect(pairs)?;
        self.contacts.collect(pairs)?;
        self.messages.collect(pairs)
    }

    pub(crate) fn clear(&mut self) {
        self.threads.clear();
        self.contacts.clear();
        self.messages.clear();
    }

    fn arrive(&mut self, shelf: &dyn Shelf, at: Position, event: &Event) -> Result<(), ShelfError> {
        let Fact::ContactArrived {
            contact, thread, source, fingerprint, repeated_message_id, ..
        } = &event.fact
        else {
            return Ok(());
        };
        let (contact, thread, details) = (*contact, *thread, event.mail());
        let mut flags = BTreeSet::new();
        if *repeated_message_id {
            flags.insert(Flag::MessageIdRepeated);
        }
        if let Some(message_id) = details.and_then(|details| details.message_id.as_deref()) {
            self.remember(&arrival_name(&source.mailbox, message_id), thread, contact);
        }
        let writer = details.and_then(|details| Some(&details.from.as_ref()?.address));
        if thread.0 == contact {
            self.threads
                .put(thread, ThreadRecord { customer: writer.cloned(), ..Default::default() });
        }
        if let Some(record) = self.threads.change(shelf, thread)? {
            if details.is_some_and(|details| record.meet_subject(&details.subject)) {
                flags.insert(Flag::SubjectChanged);
            }
            record.interactions.push((contact, None));
            let others: &[Address] = details.map_or(&[], |details| &details.others);
            // The customer may be on a colleague's mail; they are no extra address of the thread.
            let is_customer = |other: &&Address| record.customer.as_ref() == Some(*other);
            record.external_cc =
                others.iter().filter(|other| !is_customer(other)).cloned().collect();
            let answer_to = details.and_then(|details| details.answer_to.as_ref());
            record.meet(writer.into_iter().chain(answer_to).chain(others));
        }
        let (source, fingerprint) = (source.clone(), *fingerprint);
        self.contacts
            .put(contact, ContactRecord { thread, source, arrival: at, fingerprint, flags });
        Ok(())
    }

    fn answer(
        &mut self,
        shelf: &dyn Shelf,
        thread: ThreadId,
        details: Option<&MailDetails>,
    ) -> Result<(), ShelfError> {
        if let Some(record) = self.threads.change(shelf, thread)? {
            record.internal_cc = details.map_or_else(Vec::new, |details| details.others.clone());
            if let Some(details) = details {
                record.meet_subject(&details.subject);
            }
        }
        Ok(())
    }

    fn flag(
        &mut self,
        shelf: &dyn Shelf,
        contact: ContactId,
        flag: Flag,
    ) -> Result<(), ShelfError> {
        if let Some(record) = self.contacts.change(shelf, contact)? {
            record.flags.insert(flag);
        }
        Ok(())
    }

    fn handle(
        &mut self,
        shelf: &dyn Shelf,
        thread: ThreadId,
        contact: ContactId,
        number: Option<AgentNumber>,
        event: &Event,
    ) -> Result<(), ShelfError> {
        let address = event.address().cloned();
        if let Some(record) = self.threads.change(shelf, thread)?
            && let Some((_, handled)) =
                record.interactions.iter_mut().rev().find(|(other, _)| *other == contact)
        {
            *handled = Some(Handled { number, address });
        }
        Ok(())
    }

    /// Remembers a mail to the internal address, so that it is known when it comes again, and what
    /// it says of others.
    fn receive(
        &mut self,
        shelf: &dyn Shelf,
        thread: ThreadId,
        contact: ContactId,
        message: &MessageRef,
        event: &Event,
    ) -> Result<(), ShelfError> {
        let id = event.mail().and_then(|details| details.message_id.as_deref());
        self.remember(&reply_name(id, &message.digest), thread, contact);
        if let Fact::ReplyReceived { .. } = event.fact {
            self.answer(shelf, thread, event.mail())?;
        }
        if let Fact::DeliveryReported { outgoing, outcome: DeliveryOutcome::Failed, .. } =
            event.fact
        {
            self.remember(&failure_name(outgoing), thread, contact);
        }
        Ok(())
    }

    fn remember(&mut self, message_id: &str, thread: ThreadId, contact: ContactId) {
        self.messages.put(MessageKey::of(message_id), MessageRecord { thread, contact });
    }
}

/// What an arrival is remembered under: one mail to two of our mailboxes is a contact in each.
fn arrival_name(mailbox: &MailboxName, message_id: &str) -> String {
    format!("{mailbox} <{message_id}>")
}

/// What the failure of an outgoing mail is remembered under.
fn failure_name(outgoing: OutgoingId) -> String {
    format!("/failed {outgoing}")
}

/// What a reply is remembered under, apart from customers' Message-IDs, which anyone can choose.
fn reply_name(message_id: Option<&str>, digest: &MessageDigest) -> String {
    message_id.map_or_else(|| format!("/reply {digest}"), |id| format!("/reply <{id}>"))
}
