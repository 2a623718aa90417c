//! From fetched mail to commands: stores it, reads it, and has the engine decide.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use command::{
    ActivateMailbox, Command, QuarantineMail, ReceiveMail, ReceiveNote, ReceiveReply,
    ReceiveReport, RecordVanished, RefuseMail, RefuseOversize,
};
use engine::{Done, EngineError, Handle};
use event::{
    Actor, Address, AutomaticKind, MailRefusal, MailboxName, Mark, MessageRef, Position, Source,
    Timestamp,
};
use mail::TokenKey;
use projections::{Quarantined, Reached};

use crate::screen::Screen;
use crate::{
    Account, Activation, Body, Fetched, Inbox, InboxError, Maildrop, MaildropInbox, MessageStore,
    Verifier, imap,
};

/// The engine as an inbox for mailboxes.
#[derive(Clone)]
pub struct Intake {
    /// The way to the engine.
    pub handle: Handle,
    /// Where messages are kept.
    pub store: MessageStore,
    /// Signs and checks reply tokens.
    pub key: TokenKey,
    /// What the configuration says; clones share it.
    terms: Arc<RwLock<Arc<Terms>>>,
}

/// What the configuration says about mail that comes in.
#[derive(Clone)]
pub struct Terms {
    /// The internal mailbox.
    pub internal: MailboxName,
    /// The internal address.
    pub internal_address: Address,
    /// Finds out whether mail is from whom it says.
    pub verifier: Verifier,
    /// Bounces come to this address, followed by a token.
    pub envelope_sender: Address,
}

/// What holds for a batch from its beginning to its end.
struct Holding {
    terms: Arc<Terms>,
    /// What mail of the internal mailbox is looked through for; nothing of any other.
    screen: Screen,
}

impl Inbox for Intake {
    async fn reached(&self, mailbox: &MailboxName) -> Result<Option<Reached>, InboxError> {
        let mailbox = mailbox.clone();
        Ok(self.handle.read(move |views| views.hot.mailboxes.reached(&mailbox)).await?)
    }

    async fn activation(&self, mailbox: &MailboxName) -> Result<Option<Activation>, InboxError> {
        let mailbox = mailbox.clone();
        Ok(self.handle.read(move |views| views.hot.mailboxes.activation(&mailbox)).await?)
    }

    async fn activate(&self, mailbox: &MailboxName, mark: Mark) -> Result<(), InboxError> {
        let source = Source { mailbox: mailbox.clone(), mark };
        let command = Command::ActivateMailbox(ActivateMailbox { source });
        self.handle.submit(Actor::Mailbox(mailbox.clone()), command).await?;
        Ok(())
    }

    async fn take(&self, mailbox: &MailboxName, batch: Vec<Fetched>) -> Result<(), InboxError> {
        let raws: Vec<Option<Bytes>> =
            batch.iter().map(|fetched| fetched.body.bytes().cloned()).collect();
        let stored = self.store.put_all(raws.iter().flatten().cloned().collect()).await?;
        let holding = self.holding(mailbox).await?;
        let terms = Arc::clone(&holding.terms);
        let (intake, name) = (self.clone(), mailbox.clone());
        let commands =
            tokio::task::spawn_blocking(move || intake.commands(&name, batch, stored, &holding))
                .await;
        let mut commands = commands.map_err(|error| InboxError::Log(error.to_string()))??;
        terms.verifier.check(commands.iter_mut().zip(raws)).await;
        self.handle.submit_all(&Actor::Mailbox(mailbox.clone()), commands).await?;
        Ok(())
    }
}

impl MaildropInbox for Intake {
    async fn maildrop(&self, mailbox: &MailboxName) -> Result<Option<Maildrop>, InboxError> {
        let mailbox = mailbox.clone();
        Ok(self.handle.read(move |views| views.hot.maildrops.get(&mailbox).cloned()).await?)
    }

    async fn activate_maildrop(
        &self,
        mailbox: &MailboxName,
        history: Vec<(String, u64)>,
    ) -> Result<(), InboxError> {
        let refuse = |(uidl, size)| {
            let source = Source { mailbox: mailbox.clone(), mark: Mark::Pop3 { uidl } };
            Command::RefuseMail(RefuseMail { source, size, reason: MailRefusal::History })
        };
        let refusals = history.into_iter().map(refuse).collect();
        self.handle.submit_all(&Actor::Mailbox(mailbox.clone()), refusals).await?;
        // An id of no message: a crash before this makes the activation begin anew.
        self.activate(mailbox, Mark::Pop3 { uidl: String::new() }).await
    }

    async fn vanished(&self, mailbox: &MailboxName, uidls: Vec<String>) -> Result<(), InboxError> {
        let command = RecordVanished { mailbox: mailbox.clone(), uidls };
        let command = Command::RecordVanished(command);
        self.handle.submit(Actor::Mailbox(mailbox.clone()), command).await?;
        Ok(())
    }
}

impl From<EngineError> for InboxError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Stopped(_) => Self::Stopped,
            EngineError::Rejected(rejection) => Self::Log(rejection.to_string()),
        }
    }
}

impl Intake {
    /// An intake on these terms.
    pub fn new(handle: Handle, store: MessageStore, key: TokenKey, terms: Terms) -> Self {
        Self { handle, store, key, terms: Arc::new(RwLock::new(Arc::new(terms))) }
    }

    /// Batches that come from now on are read on these terms.
    pub fn set_terms(&self, terms: Terms) {
        *self.terms.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms);
    }

    fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.terms.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads a mail in quarantine again, as of when it first arrived; `actor` wants it. One that
    /// its server did not send is fetched anew, from one of the `accounts`.
    pub async fn replay(
        &self,
        position: Position,
        actor: Actor,
        accounts: &BTreeMap<MailboxName, Account>,
    ) -> Result<Done, InboxError> {
        let found = self.handle.read(move |views| views.hot.quarantine.get(position).cloned());
        let Some(mail) = found.await? else {
            return Err(InboxError::Log(format!("nothing is in quarantine at {position}")));
        };
        let (raw, message, arrived) = match mail.message {
            Some(message) => (self.store.get(&message.digest).await?, message, mail.arrived),
            None => self.fetch_anew(&mail, accounts).await?,
        };
        let holding = self.holding(&mail.source.mailbox).await?;
        let mut command = self.command(mail.source.clone(), arrived, &raw, message, &holding)?;
        if let Command::QuarantineMail(_) = command {
            if mail.message.is_none() {
                self.handle.submit(actor, command).await?;
            }
            return Err(InboxError::Log(
                "it still cannot be read; it stays in quarantine".to_owned(),
            ));
        }
        holding.terms.verifier.check([(&mut command, Some(raw))]).await;
        Ok(self.handle.submit(actor, command).await?)
    }

    /// Fetches a mail that its server did not send, and stores it.
    async fn fetch_anew(
        &self,
        mail: &Quarantined,
        accounts: &BTreeMap<MailboxName, Account>,
    ) -> Result<(Bytes, MessageRef, Timestamp), InboxError> {
        let Source { mailbox, mark } = &mail.source;
        let Some(Account::Imap(account)) = accounts.get(mailbox) else {
            let text = format!("there is no IMAP mailbox `{mailbox}` any more");
            return Err(InboxError::NotFetched(text));
        };
        let fetched = imap::fetch_one(account, mark).await;
        let fetched = fetched.map_err(|error| InboxError::NotFetched(error.to_string()))?;
        let Body::Raw(raw) = fetched.body else {
            let text = "it is too large: raise `message_bytes_max` of the mailbox";
            return Err(InboxError::NotFetched(text.to_owned()));
        };
        let message = self.store.put(raw.clone()).await?;
        Ok((raw, message, fetched.received.unwrap_or(mail.arrived)))
    }

    async fn holding(&self, mailbox: &MailboxName) -> Result<Holding, InboxError> {
        let terms = self.terms();
        let screen = if *mailbox == terms.internal {
            self.handle.read(|views| Screen::of(&views.hot.directory)).await?
        } else {
            Screen::default()
        };
        Ok(Holding { terms, screen })
    }

    fn commands(
        &self,
        mailbox: &MailboxName,
        batch: Vec<Fetched>,
        stored: Vec<MessageRef>,
        holding: &Holding,
    ) -> Result<Vec<Command>, InboxError> {
        let mut stored = stored.into_iter();
        let mut commands = Vec::with_capacity(batch.len());
        for fetched in batch {
            let source = Source { mailbox: mailbox.clone(), mark: fetched.mark };
            let received = fetched.received.unwrap_or_else(engine::now);
            let message = fetched.body.bytes().and_then(|_| stored.next());
            commands.push(match (fetched.body, message) {
                (Body::Oversize { size, size_max, header }, message) => {
                    self.oversize(source, (size, size_max), &header, message, received)
                }
                (Body::Withheld { reason }, _) => {
                    let quarantine = QuarantineMail { source, message: None, reason, received };
                    Command::QuarantineMail(quarantine)
                }
                (Body::Raw(raw), Some(message)) => {
                    self.command(source, received, &raw, message, holding)?
                }
                (Body::Raw(_), None) => {
                    return Err(InboxError::Log("a message was not stored".to_owned()));
                }
            });
        }
        Ok(commands)
    }

    /// What a mail that is too large is to the engine; `header` is what is stored of it. Of our own
    /// mail, which somebody passes on to us, nobody is told.
    fn oversize(
        &self,
        source: Source,
        (size, size_max): (u64, u64),
        header: &Bytes,
        stored: Option<MessageRef>,
        received: Timestamp,
    ) -> Command {
        let parsed = mail::parse(header).ok();
        let parsed = parsed.filter(|parsed| mail::own_mail(&self.key, parsed).is_none());
        let (Some(header_ref), Some(parsed)) = (stored, parsed) else {
            return Command::RefuseMail(RefuseMail { source, size, reason: MailRefusal::Oversize });
        };
        Command::RefuseOversize(Box::new(RefuseOversize {
            source,
            size,
            size_max,
            header: header_ref,
            parsed,
            digest: mail::fingerprint(header),
            received,
        }))
    }

    /// What a stored mail is to the engine.
    fn command(
        &self,
        source: Source,
        received: Timestamp,
        raw: &Bytes,
        message: MessageRef,
        Holding { terms, screen }: &Holding,
    ) -> Result<Command, InboxError> {
        let parsed = match mail::parse(raw) {
            Ok(parsed) => parsed,
            Err(reason) => {
                let message = Some(message);
                let quarantine = QuarantineMail { source, message, reason, received };
                return Ok(Command::QuarantineMail(quarantine));
            }
        };
        if mail::own_mail(&self.key, &parsed).is_some() {
            let (size, reason) = (message.size, MailRefusal::OwnMail);
            return Ok(Command::RefuseMail(RefuseMail { source, size, reason }));
        }
        if parsed.automatic == Some(AutomaticKind::Bounce)
            && let Some(bounce) = mail::bounce(raw)
            && let Some(sent) = self.reported(&terms.envelope_sender, &parsed, &bounce)?
        {
            let (outcome, status) = (bounce.outcome, bounce.status);
            let report = ReceiveReport { source, message, parsed, sent, outcome, status };
            return Ok(Command::ReceiveReport(Box::new(report)));
        }
        let token = mail::find_token(&self.key, &terms.internal_address, &parsed);
        if source.mailbox == terms.internal {
            let finding = self.finding(token)?;
            let screening = screen.look(raw, &parsed, &finding);
            let reply = ReceiveReply { source, message, parsed, finding, screening };
            return Ok(Command::ReceiveReply(Box::new(reply)));
        }
        if let Some((contact, thread, arrival)) = self.copied(&token)? {
            let note = ReceiveNote { source, message, parsed, contact, thread, arrival };
            return Ok(Command::ReceiveNote(Box::new(note)));
        }
        let digest = mail::fingerprint(raw);
        let answers = self.answered(token)?;
        let sender = terms.verifier.told(&source.mailbox, raw, &parsed);
        let mail = ReceiveMail { source, message, received, digest, parsed, answers, sender };
        Ok(Command::ReceiveMail(Box::new(mail)))
    }
}
