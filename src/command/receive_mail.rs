//! A mail arrived in a public mailbox: it becomes a contact, once.

use event::{
    Address, AutomaticKind, CheckedBy, ContactId, Fact, Fingerprint, LanguageRecognised,
    MailDetails, MailRefusal, Mark, MessageRef, Private, Source, ThreadId, Timestamp, UnparkReason,
};
use mail::{Parsed, Seal, SenderCheck};
use projections::{ContactRecord, Content};

use crate::unpark::unpark;
use crate::{Answer, Decision, NewEvent, Rejection, View};

/// A mail arrived in a public mailbox. Its bytes are in the message store already.
#[derive(Clone, Debug)]
pub struct ReceiveMail {
    /// Where it was found.
    pub source: Source,
    /// The mail as received.
    pub message: MessageRef,
    /// When the mail server received it.
    pub received: Timestamp,
    /// The digest over the mail as its sender wrote it.
    pub digest: [u8; 32],
    /// The mail, read.
    pub parsed: Parsed,
    /// The thread of the reply it answers, where it carries a valid token of ours.
    pub answers: Option<ThreadId>,
    /// Whether it is from whom it says.
    pub sender: SenderCheck,
}

/// Ids are 50 bits; so many mails with one id and different content do not exist.
const SALT_MAX: u32 = 1000;

impl ReceiveMail {
    /// The mail itself tells whether it is known, not its number: a server whose folder was put
    /// back from a backup gives numbers a second time.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        let contact = match self.identify(view)? {
            Identity::New(contact) => contact,
            Identity::Known(contact, record) if self.is_accounted(view, contact, &record)? => {
                return Ok(Decision::unchanged());
            }
            Identity::Known(contact, _) => {
                let source = self.source.clone();
                let events = vec![Fact::MailDuplicated { source, contact }.into()];
                return Ok(Decision { events, answer: Answer::Contact(contact) });
            }
        };
        let content = Content::Bytes(self.message.digest);
        if view.is_settled(&self.source, content)? {
            return Ok(Decision::unchanged());
        }
        if view.is_history(&self.source, self.received) {
            if view.is_settled(&self.source, Content::Size(self.message.size))? {
                return Ok(Decision::unchanged());
            }
            let (source, size) = (self.source.clone(), self.message.size);
            return Ok(Decision::record([Fact::MailRefused {
                source,
                size,
                reason: MailRefusal::History,
            }]));
        }
        let joined = self.thread(view)?;
        let details = Private::Mail(Box::new(self.details(view)));
        if let Some(kind) = self.parsed.automatic
            && joined.is_some()
            && kind != AutomaticKind::List
        {
            let fact = Fact::MailFiled {
                thread: joined,
                source: self.source.clone(),
                message: self.message,
                kind,
            };
            return Ok(Decision::record([NewEvent::with(fact, details)]));
        }
        let mailbox = &self.source.mailbox;
        let application = view
            .application_of(mailbox)
            .ok_or_else(|| Rejection::NoApplication(mailbox.clone()))?;
        let fact = Fact::ContactArrived {
            contact,
            thread: joined.unwrap_or(ThreadId(contact)),
            source: self.source.clone(),
            message: self.message,
            fingerprint: self.fingerprint(),
            application,
            received: self.received.min(now),
            repeated_message_id: self.repeats_message_id(view, contact)?,
        };
        let mut events = vec![NewEvent::with(fact, details)];
        events.extend(self.sender_checked(contact));
        if let Some(kind) = self.parsed.automatic {
            events.push(Fact::AutomaticMailRecognised { contact, kind }.into());
        }
        if let Some(language) = self.parsed.language.clone() {
            events.push(Fact::from(LanguageRecognised { contact, language }).into());
        }
        if self.parsed.seal == Some(Seal::Encrypted) {
            events.push(Fact::EncryptionFound { contact }.into());
        }
        for parked in joined.into_iter().flat_map(|thread| view.hot.contacts.parked(thread)) {
            events.extend(unpark(view, parked, UnparkReason::CustomerAnswered, now)?);
        }
        Ok(Decision { events, answer: Answer::Contact(contact) })
    }

    fn sender_checked(&self, contact: ContactId) -> Option<NewEvent> {
        let SenderCheck { verification, domains } = self.sender.clone();
        let fact = Fact::SenderChecked { contact, verification };
        let checked = NewEvent::with(fact, Private::Domains(domains));
        (verification.by != CheckedBy::Nobody).then_some(checked)
    }

    /// Whether an event accounts for this copy of a known mail. On a POP3 server that is so only as
    /// long as it lies there, else it would be fetched again and again.
    fn is_accounted(
        &self,
        view: &View<'_>,
        contact: ContactId,
        record: &ContactRecord,
    ) -> Result<bool, Rejection> {
        // A mail that was a duplicate before is one still.
        let contents = [Content::Bytes(self.message.digest), Content::CopyOf(contact)];
        let is_first = record.source == self.source;
        if is_first && !matches!(self.source.mark, Mark::Pop3 { .. }) {
            return Ok(true);
        }
        for content in contents {
            if view.is_settled(&self.source, content)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(self.digest) {
            *to = from;
        }
        Fingerprint(half)
    }

    /// The contact this mail is, or is to be.
    fn identify(&self, view: &View<'_>) -> Result<Identity, Rejection> {
        let named = |salt| mail::contact_id(&self.source.mailbox, &self.digest, salt);
        for contact in (0..SALT_MAX).map(named) {
            match view.archive.contact(contact)? {
                None => return Ok(Identity::New(contact)),
                Some(record) if record.fingerprint == self.fingerprint() => {
                    return Ok(Identity::Known(contact, record));
                }
                Some(_) => {}
            }
        }
        Err(Rejection::UnknownContact(named(0)))
    }

    /// The thread it belongs to: by our token, else by a Message-ID it refers to, newest first,
    /// but only where its writer takes part in that thread. A stranger who quotes an id begins a
    /// thread of their own. The mailbox it came to goes before the others.
    fn thread(&self, view: &View<'_>) -> Result<Option<ThreadId>, Rejection> {
        if let Some(thread) = self.answers {
            return Ok(Some(thread));
        }
        let own = &self.source.mailbox;
        let others = view.hot.directory.mailboxes.keys().filter(|name| *name != own);
        let mailboxes: Vec<_> = std::iter::once(own).chain(others).collect();
        for id in self.parsed.in_reply_to.iter().chain(self.parsed.references.iter().rev()) {
            for mailbox in &mailboxes {
                let Some(record) = view.archive.message(mailbox, id)? else { continue };
                if self.takes_part(view, record.thread)? {
                    return Ok(Some(record.thread));
                }
            }
        }
        Ok(None)
    }

    fn takes_part(&self, view: &View<'_>, thread: ThreadId) -> Result<bool, Rejection> {
        let Some(thread) = view.archive.thread(thread)? else { return Ok(false) };
        let writers = [self.writer(), self.parsed.answer_to()];
        Ok(writers.into_iter().flatten().any(|writer| thread.knows(writer)))
    }

    fn writer(&self) -> Option<&Address> {
        self.parsed.from.as_ref().map(|from| &from.address)
    }

    fn details(&self, view: &View<'_>) -> MailDetails {
        let exclude: Vec<&Address> = self.parsed.answer_to().into_iter().collect();
        let own = |address: &Address| view.hot.directory.is_own(address);
        let mut details = mail::details(&self.parsed, mail::others(&self.parsed, &own, &exclude));
        // Where a customer asks for answers to ourselves, their own address is next.
        let mut writers = self.parsed.reply_to.iter().chain(self.writer());
        if let Some(writer) = writers.find(|address| !own(address)) {
            details.answer_to = Some(writer.clone());
        }
        details
    }

    /// Whether another mail of the same mailbox carried this Message-ID.
    fn repeats_message_id(&self, view: &View<'_>, contact: ContactId) -> Result<bool, Rejection> {
        let Some(id) = &self.parsed.message_id else { return Ok(false) };
        let seen = view.archive.message(&self.source.mailbox, id)?;
        Ok(seen.is_some_and(|seen| seen.contact != contact))
    }
}

enum Identity {
    New(ContactId),
    Known(ContactId, ContactRecord),
}
