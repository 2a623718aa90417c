//! From the outbox to mail: composes what is to be sent.

use std::borrow::Cow;
use std::sync::Arc;

use engine::Handle;
use event::{
    Address, AgentNumber, Attachment, ContactId, CopyFrom, CopyKind, Event, Fact, Letter, Line,
    MailDetails, MailboxName, MessageRef, OutgoingId, Person, Position, Quotes, Recorded,
    SignedReplies,
};
use mail::{
    AgentCopy, AutomaticMail, File, PrivateAddresses, Purpose, Relay, Submitted, TokenKey, Via,
};
use projections::{Outgoing, What};

use crate::screen::private;
use crate::{MessageStore, Signer};

/// What sending needs.
#[derive(Clone)]
pub struct Outbound {
    /// The way to the engine.
    pub handle: Handle,
    /// Where messages are kept.
    pub store: MessageStore,
    /// Signs reply tokens.
    pub key: TokenKey,
    /// Signs what goes to customers.
    pub signer: Signer,
    /// Bounces come back here.
    pub envelope_sender: Address,
}

/// Why a mail cannot be made; nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ComposeError {
    /// What it needs was erased, or is not in the log or the directory; it never can be made.
    #[error("{0}")]
    Never(&'static str),
    /// It may be possible later.
    #[error("{0}")]
    Later(String),
}

/// A mail and who gets it.
pub(crate) struct Composed {
    /// The envelope sender; none for what no person wrote, which must not come back (RFC 3834
    /// section 3.3).
    pub(crate) from: Option<Address>,
    pub(crate) to: Address,
    pub(crate) bytes: Vec<u8>,
    /// The names of attachments that it goes without.
    pub(crate) withheld: Vec<String>,
}

/// What the directory and the views say about one outgoing mail.
struct Surroundings {
    internal: Address,
    public: Option<Person>,
    via: bool,
    keep_external_cc: bool,
    withheld: Vec<String>,
    line: Option<Line>,
}

/// A handler's answer as it is to be relayed.
struct Reply {
    /// The mail, its signature taken off where that was decided.
    raw: Vec<u8>,
    /// Who is on it; nobody where that was erased.
    letter: Letter,
    /// What does not leave in the marker lines of its quotes.
    private: PrivateAddresses,
}

impl Surroundings {
    fn from(&self) -> Result<&Person, ComposeError> {
        let from = self.public.as_ref();
        from.ok_or(ComposeError::Never("the mailbox is no longer in the directory"))
    }
}

impl Outbound {
    /// Writes a mail of the outbox about the contact, or the mail, that `arrived`; every time the same
    /// bytes, as long as the directory is the same.
    pub(crate) async fn compose(
        &self,
        id: OutgoingId,
        entry: &Outgoing,
        arrived: &Event,
    ) -> Result<Composed, ComposeError> {
        if let (What::OversizeNotice, Some(source)) = (&entry.what, arrived.fact.source()) {
            return self.oversize_notice(id, entry, source.mailbox.clone()).await;
        }
        let Fact::ContactArrived { message, source, .. } = &arrived.fact else {
            return Err(ComposeError::Never("the log has no arrival for this contact"));
        };
        let details = arrived.mail();
        let details = details.ok_or(ComposeError::Never("the customer's address was erased"))?;
        let to = recipient(entry, details);
        let around = self.surroundings(entry, to, source.mailbox.clone(), id).await?;
        match &entry.what {
            What::Copy { to, reduced, .. } => {
                let to =
                    to.as_ref().ok_or(ComposeError::Never("the agent's address was erased"))?;
                let raw = self.stored(message).await?;
                let raw = if *reduced { mail::reduced(&raw, entry.contact) } else { raw };
                Ok(self.copy(id, entry.contact, details, raw, to, &around))
            }
            What::Reply { message: answer, .. } => {
                let references = self.references(message).await?;
                let reply = self.reply(id, answer).await?;
                let to = details.answer_to.as_ref();
                let to = to.ok_or(ComposeError::Never("the customer's address is not known"))?;
                let bytes = self.relay(id, entry, (details, &references), reply, &around)?;
                Ok(self.composed(id, to.clone(), bytes))
            }
            What::ReplyCopy { reply: of, message: answer, kind, to, .. } => {
                let to =
                    to.as_ref().ok_or(ComposeError::Never("the person's address was erased"))?;
                let bytes = match kind {
                    CopyKind::External => {
                        let references = self.references(message).await?;
                        let reply = self.reply(*of, answer).await?;
                        self.relay(*of, entry, (details, &references), reply, &around)?
                    }
                    CopyKind::Internal => {
                        let reply = self.reply(*of, answer).await?;
                        self.hidden_copy(id, entry, reply, to, &around)?
                    }
                };
                Ok(self.composed(id, to.clone(), bytes))
            }
            What::AutomaticReply => {
                let asked = self.recorded(id.0).await?;
                let references = self.references(message).await?;
                let answers = (details.message_id.as_deref(), references.as_slice());
                self.automatic_reply((id, Purpose::Relay), entry, &asked.event, answers, &around)
                    .await
            }
            What::OversizeNotice => Err(ComposeError::Never("the log has no refusal for it")),
            What::Note { to, message } => {
                let note = self.stored(message).await?;
                self.note(id, entry.contact, *to, note, &around).await
            }
            What::Notice { to, about } => {
                let to =
                    to.as_ref().ok_or(ComposeError::Never("the agent's address was erased"))?;
                self.notice(id, entry, *about, &details.subject, to, &around.internal).await
            }
        }
    }

    /// A mail whose bounces name it.
    fn composed(&self, id: OutgoingId, to: Address, bytes: Vec<u8>) -> Composed {
        let token = self.key.sign(id, Purpose::Envelope);
        let from = Some(mail::reply_address(&self.envelope_sender, &token));
        Composed { from, to, bytes, withheld: Vec::new() }
    }

    /// What an agent is told of an event.
    async fn notice(
        &self,
        id: OutgoingId,
        entry: &Outgoing,
        about: Position,
        subject: &str,
        to: &Address,
        internal: &Address,
    ) -> Result<Composed, ComposeError> {
        let about = self.recorded(about).await?.event;
        let diagnostic = match &about.fact {
            Fact::DeliveryReported { message, .. } => {
                let bounce = mail::bounce(&self.stored(message).await?);
                let recipients = bounce.map(|bounce| bounce.recipients).unwrap_or_default();
                recipients.into_iter().find_map(|recipient| recipient.diagnostic)
            }
            _ => None,
        };
        // So that a mail client shows it below the mail that was refused.
        let answers = match &about.fact {
            Fact::ReplyRefused { .. } => about.mail().and_then(|mail| mail.message_id.as_deref()),
            _ => None,
        };
        let topic = format!("{} {subject}", entry.contact);
        let written = mail::notice(to, &about, &topic, diagnostic.as_deref());
        let written = written.ok_or(ComposeError::Never("the event is none to be told of"))?;
        let token = self.key.sign(id, Purpose::Notice);
        let mail = AutomaticMail {
            submitted: Submitted::Generated,
            written: &written,
            html: None,
            files: &[],
            from: &Person { name: Some("Postbook".to_owned()), address: internal.clone() },
            message_id: &mail::message_id(&token, internal.domain()),
            answers,
            references: &[],
            date: entry.requested,
        };
        let bytes = mail.compose();
        Ok(Composed { from: None, to: to.clone(), bytes, withheld: Vec::new() })
    }

    /// What someone inside wrote; the agent's answer goes straight to them.
    async fn note(
        &self,
        id: OutgoingId,
        contact: ContactId,
        to: AgentNumber,
        raw: Vec<u8>,
        around: &Surroundings,
    ) -> Result<Composed, ComposeError> {
        let asked = self.handle.read(move |views| {
            views.hot.directory.agents.get(&to).and_then(|agent| agent.address.clone())
        });
        let address = asked.await.map_err(|error| ComposeError::Later(error.to_string()))?;
        let address = address.ok_or(ComposeError::Never("the agent left the directory"))?;
        let parsed =
            mail::parse(&raw).map_err(|_| ComposeError::Never("the note is unreadable"))?;
        let writer = parsed.answer_to();
        let writer = writer.ok_or(ComposeError::Never("the note names no writer"))?;
        let token = self.key.sign(id, Purpose::HiddenCopy);
        let copy = AgentCopy {
            raw,
            customer: parsed.from.as_ref(),
            agent: &address,
            cc: &[],
            reply_to: writer,
            message_id: &mail::message_id(&token, around.internal.domain()),
            contact,
            via: None,
        };
        Ok(self.composed(id, address.clone(), copy.compose()))
    }

    fn copy(
        &self,
        id: OutgoingId,
        contact: ContactId,
        details: &MailDetails,
        raw: Vec<u8>,
        to: &Address,
        around: &Surroundings,
    ) -> Composed {
        let token = self.key.sign(id, Purpose::Copy);
        let queue = match &around.line {
            Some(Line::Queue(queue)) if around.via => Some(queue),
            Some(Line::Queue(_) | Line::Agent(_)) | None => None,
        };
        let (left, withheld) = mail::withhold(&raw, &around.withheld);
        let raw = match left {
            Cow::Borrowed(_) => raw,
            Cow::Owned(left) => left,
        };
        let copy = AgentCopy {
            raw,
            customer: details.from.as_ref(),
            agent: to,
            cc: if around.keep_external_cc { &[] } else { &details.others },
            reply_to: &mail::reply_address(&around.internal, &token),
            message_id: &mail::message_id(&token, around.internal.domain()),
            contact,
            via: queue.map(|queue| Via { queue, internal: &around.internal }),
        };
        Composed { withheld, ..self.composed(id, to.clone(), copy.compose()) }
    }

    /// What the customer gets, and everyone they put on their mail.
    fn relay(
        &self,
        id: OutgoingId,
        entry: &Outgoing,
        (details, references): (&MailDetails, &[String]),
        reply: Reply,
        around: &Surroundings,
    ) -> Result<Vec<u8>, ComposeError> {
        let from = around.from()?;
        let to = details.answer_to.as_ref();
        let to = to.ok_or(ComposeError::Never("the customer's address is not known"))?;
        let token = self.key.sign(id, Purpose::Relay);
        let relay = Relay {
            raw: reply.raw,
            from,
            to,
            cc: &[reply.letter.cc.as_slice(), reply.letter.shown.as_slice()].concat(),
            message_id: &mail::message_id(&token, from.address.domain()),
            answers: details.message_id.as_deref(),
            references,
            date: entry.requested,
            private: &reply.private,
        };
        Ok(self.signer.sign(from.address.domain(), relay.compose()))
    }

    /// The reply for someone of whom the customer does not know, and who is not told of them.
    fn hidden_copy(
        &self,
        id: OutgoingId,
        entry: &Outgoing,
        reply: Reply,
        to: &Address,
        around: &Surroundings,
    ) -> Result<Vec<u8>, ComposeError> {
        let from = around.from()?;
        let token = self.key.sign(id, Purpose::HiddenCopy);
        let relay = Relay {
            raw: reply.raw,
            from,
            to,
            cc: &[],
            message_id: &mail::message_id(&token, from.address.domain()),
            answers: None,
            references: &[],
            date: entry.requested,
            private: &reply.private,
        };
        Ok(self.signer.sign(from.address.domain(), relay.compose()))
    }

    /// A reply as it was decided to be relayed when it was taken in.
    async fn reply(&self, id: OutgoingId, message: &MessageRef) -> Result<Reply, ComposeError> {
        let mut recorded = self.read(id.0, 2).await?.into_iter();
        let received = recorded.next().map(|recorded| recorded.event);
        let received = received.ok_or(ComposeError::Never("the log has no such reply"))?;
        let letter = received.letter().cloned().unwrap_or_default();
        let (mut raw, mut private) = (self.stored(message).await?, Default::default());
        if let Some(Fact::ReplyScreened { reply, quotes, signed, .. }) =
            recorded.next().map(|recorded| recorded.event.fact)
            && reply == id
        {
            if quotes == Quotes::Redact {
                private = self.private(&received, &letter).await?;
            }
            if signed == Some(SignedReplies::Strip) {
                let unsigned = mail::unsigned(&raw);
                let unsigned =
                    unsigned.ok_or(ComposeError::Never("its signature cannot be taken off"))?;
                raw = unsigned;
            }
        }
        Ok(Reply { raw, letter, private })
    }

    /// What no quote in a reply may show: our people's addresses, and those under which its writer
    /// got the contact and answered it.
    async fn private(
        &self,
        received: &Event,
        letter: &Letter,
    ) -> Result<PrivateAddresses, ComposeError> {
        let mut more: Vec<Address> =
            letter.mail.from.iter().map(|from| from.address.clone()).collect();
        if let Fact::ReplyReceived { delivery, .. } = &received.fact {
            more.extend(self.recorded(delivery.0).await?.event.address().cloned());
        }
        let asked = self.handle.read(move |views| private(&views.hot.directory, &more));
        asked.await.map_err(|error| ComposeError::Later(error.to_string()))
    }

    /// What the writer of a mail is told that was too large.
    async fn oversize_notice(
        &self,
        id: OutgoingId,
        entry: &Outgoing,
        mailbox: MailboxName,
    ) -> Result<Composed, ComposeError> {
        let asked = self.recorded(id.0).await?;
        let Fact::OversizeHeaderKept { header, .. } = &asked.event.fact else {
            return Err(ComposeError::Never("the log has no header for it"));
        };
        let to = asked.event.written().map(|written| written.to.clone());
        let around = self.surroundings(entry, to, mailbox, id).await?;
        let parsed = mail::parse(&self.stored(header).await?).ok();
        let references = parsed.as_ref().map(|parsed| parsed.references.as_slice());
        let message_id = parsed.as_ref().and_then(|parsed| parsed.message_id.as_deref());
        let answers = (message_id, references.unwrap_or_default());
        self.automatic_reply((id, Purpose::Notice), entry, &asked.event, answers, &around).await
    }

    /// What is answered without a person, as it was `asked`, to the mail with the Message-ID and the
    /// References given.
    async fn automatic_reply(
        &self,
        (id, purpose): (OutgoingId, Purpose),
        entry: &Outgoing,
        asked: &Event,
        (answers, references): (Option<&str>, &[String]),
        around: &Surroundings,
    ) -> Result<Composed, ComposeError> {
        let written = asked.written();
        let written = written.ok_or(ComposeError::Never("the text of the answer was erased"))?;
        let from = around.from()?;
        let attachments = asked.composed().map_or(&[][..], |composed| &composed.attachments);
        let mut contents = Vec::new();
        for attachment in attachments {
            contents.push(self.stored(&attachment.content).await?);
        }
        let files = attachments.iter().zip(&contents).map(|(attachment, content)| {
            let Attachment { name, media_type, .. } = attachment;
            File { name, media_type, content }
        });
        let files: Vec<File<'_>> = files.collect();
        let reply = AutomaticMail {
            submitted: Submitted::Replied,
            written,
            html: asked.composed().and_then(|composed| composed.html.as_deref()),
            files: &files,
            from,
            message_id: &mail::message_id(&self.key.sign(id, purpose), from.address.domain()),
            answers,
            references,
            date: entry.requested,
        };
        let bytes = self.signer.sign(from.address.domain(), reply.compose());
        Ok(Composed { from: None, to: written.to.clone(), bytes, withheld: Vec::new() })
    }

    async fn surroundings(
        &self,
        entry: &Outgoing,
        to: Option<Address>,
        mailbox: MailboxName,
        id: OutgoingId,
    ) -> Result<Surroundings, ComposeError> {
        let contact = entry.contact;
        let asked = self.handle.read(move |views| {
            let directory = &views.hot.directory;
            if to.is_some_and(|to| directory.is_own(&to)) {
                return Err(ComposeError::Never(
                    "it is for one of our own mailboxes and would go in circles",
                ));
            }
            let public = directory.public(&mailbox).map(|(address, name)| Person {
                name: name.map(str::to_owned),
                address: address.clone(),
            });
            let internal = directory.internal_address().cloned();
            let via = directory.settings.agent_copy_from == CopyFrom::Via;
            let line = match views.hot.contacts.get(contact).map(|open| &open.place) {
                Some(
                    projections::Place::Held { line, outgoing, .. }
                    | projections::Place::Leaving { line, outgoing, .. },
                ) if *outgoing == id => Some(line.clone()),
                _ => None,
            };
            let withheld = directory.settings.withheld_attachments.clone();
            let internal = internal
                .ok_or(ComposeError::Never("there is no internal mailbox in the directory"))?;
            let keep_external_cc = directory.settings.keep_external_cc;
            Ok(Surroundings { internal, public, via, keep_external_cc, withheld, line })
        });
        asked.await.map_err(|error| ComposeError::Later(error.to_string()))?
    }

    /// An event of the log.
    pub(crate) async fn recorded(&self, position: Position) -> Result<Recorded, ComposeError> {
        let read = self.read(position, 1).await?.pop();
        read.ok_or(ComposeError::Never("the log has no arrival for this contact"))
    }

    async fn read(&self, position: Position, count: usize) -> Result<Vec<Recorded>, ComposeError> {
        let log = Arc::clone(self.handle.log());
        let read = tokio::task::spawn_blocking(move || log.read(position, count)).await;
        let read = read.map_err(|error| ComposeError::Later(error.to_string()))?;
        read.map_err(|error| ComposeError::Later(error.to_string()))
    }

    /// The References of a mail, which may be large and is not kept.
    async fn references(&self, message: &MessageRef) -> Result<Vec<String>, ComposeError> {
        let parsed = mail::parse(&self.stored(message).await?);
        Ok(parsed.map(|parsed| parsed.references).unwrap_or_default())
    }

    /// A mail, in memory in which another one can be made of it.
    async fn stored(&self, message: &MessageRef) -> Result<Vec<u8>, ComposeError> {
        let read = self.store.get(&message.digest).await;
        Ok(read.map_err(|error| ComposeError::Later(error.to_string()))?.into())
    }
}

/// How large the largest mail is that is in memory at a time while one is composed.
pub(crate) fn bytes_at_once(entry: &Outgoing, arrived: &Event) -> u64 {
    let answer = match &entry.what {
        What::Reply { message, .. }
        | What::ReplyCopy { message, .. }
        | What::Note { message, .. } => message.size,
        What::Copy { .. } | What::AutomaticReply | What::OversizeNotice | What::Notice { .. } => 0,
    };
    match &arrived.fact {
        Fact::ContactArrived { message, .. } => message.size.max(answer),
        _ => answer,
    }
}

/// Who gets a mail about a contact, so far as the outbox and the customer's mail say.
fn recipient(entry: &Outgoing, details: &MailDetails) -> Option<Address> {
    match &entry.what {
        What::Copy { to, .. } | What::ReplyCopy { to, .. } | What::Notice { to, .. } => to.clone(),
        What::Reply { .. } | What::AutomaticReply => details.answer_to.clone(),
        What::Note { .. } | What::OversizeNotice => None,
    }
}
