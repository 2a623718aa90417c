//! A contact centre in this process, with its log in memory, that mail is taken into.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use command::{Command, LoadDirectory, Publish};
use engine::{Engine, Options};
use event::{
    Actor, Address, DirectoryEntry, Fact, MailboxName, Mark, MessageDigest, Position, PrivateEntry,
    QueueName, Source,
};
use gateway::{Body, Fetched, Inbox, Intake, MessageStore, Terms, Verifier};
use log::MemoryLog;
use mail::TokenKey;
use projections::MemoryShelf;

use crate::composed;
use crate::messages::Message;

const NAME: &str = "support";
const APPLICATION: &str = r#"start = "arrival"

[action.arrival]
do = "wait for e-mail"
exit.mail = "line up"

[action."line up"]
do = "queue"
queue = "support"
exit.queued = "finish"

[action.finish]
do = "end"
"#;

/// What became of a mail, in words.
pub(crate) type Outcome = String;
/// The outcome of a mail that became a contact.
pub(crate) const CONTACT: &str = "contact";

/// An engine with one public mailbox.
pub(crate) struct Office {
    /// The engine.
    pub(crate) engine: Engine,
    intake: Intake,
    mailbox: MailboxName,
}

impl Office {
    /// Opens an engine that keeps its messages in `folder`.
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        let options = Options {
            log: Arc::new(MemoryLog::default()),
            shelf: Arc::new(MemoryShelf::default()),
            snapshots: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let (engine, _) = Engine::open(options).await?;
        let publish =
            Publish { name: NAME.parse()?, text: APPLICATION.to_owned(), files: Vec::new() };
        engine.handle().submit(Actor::Engine, Command::Publish(publish)).await?;
        let load = Command::LoadDirectory(directory()?);
        engine.handle().submit(Actor::Engine, load).await?;
        let intake = Intake::new(
            engine.handle().clone(),
            MessageStore::open(folder)?,
            TokenKey::from_bytes(composed::KEY),
            Terms {
                internal: "internal".parse()?,
                internal_address: Address::new(composed::INTERNAL)?,
                verifier: Verifier::default(),
                envelope_sender: Address::new(composed::INTERNAL)?,
            },
        );
        Ok(Self { engine, intake, mailbox: NAME.parse()? })
    }

    /// Takes mails in; returns once they are stored and decided.
    pub(crate) async fn take(&self, messages: &[Message]) -> Result<()> {
        let fetched = messages.iter().map(|message| Fetched {
            mark: Mark::Maildir { name: message.name.clone() },
            received: None,
            body: Body::Raw(message.raw.clone()),
        });
        let first = messages.first().map(|message| message.name.as_str()).unwrap_or_default();
        let taken = self.intake.take(&self.mailbox, fetched.collect()).await;
        taken.with_context(|| format!("{} mails from {first} on were not taken", messages.len()))
    }

    /// What the log says became of each mail, by its name.
    pub(crate) fn outcomes(&self) -> Result<BTreeMap<String, Outcome>> {
        let mut outcomes = BTreeMap::new();
        self.engine.handle().log().scan(Position(1), &mut |recorded| {
            if let Some((Source { mark: Mark::Maildir { name }, .. }, outcome)) =
                outcome(&recorded.event.fact)
            {
                outcomes.insert(name.clone(), outcome);
            }
            ControlFlow::Continue(())
        })?;
        Ok(outcomes)
    }

    /// Whether the store gives the mail back as it was.
    pub(crate) async fn keeps(&self, message: &Message) -> bool {
        let digest = MessageDigest(*blake3::hash(&message.raw).as_bytes());
        self.intake.store.get(&digest).await.is_ok_and(|stored| stored == message.raw)
    }
}

fn outcome(fact: &Fact) -> Option<(&Source, Outcome)> {
    match fact {
        Fact::ContactArrived { source, .. } => Some((source, CONTACT.to_owned())),
        Fact::MailFiled { source, kind, .. } => Some((source, format!("filed: {kind:?}"))),
        Fact::MailDuplicated { source, .. } => Some((source, "duplicate".to_owned())),
        Fact::MailSetAside { source, reason, .. } => {
            Some((source, format!("quarantined: {reason:?}")))
        }
        Fact::MailRefused { source, reason, .. } => Some((source, format!("refused: {reason:?}"))),
        _ => None,
    }
}

fn directory() -> Result<LoadDirectory> {
    let queue: QueueName = NAME.parse()?;
    let mailbox = |name: &str, address: &str| -> Result<PrivateEntry> {
        let addresses = vec![Address::new(address)?];
        Ok(PrivateEntry::Mailbox { name: name.parse()?, display_name: None, addresses })
    };
    Ok(LoadDirectory {
        entries: vec![
            DirectoryEntry::Queue { name: queue },
            DirectoryEntry::Mailbox { name: NAME.parse()?, application: NAME.parse()? },
            DirectoryEntry::Internal { name: "internal".parse()? },
        ],
        private: vec![mailbox(NAME, composed::PUBLIC)?, mailbox("internal", composed::INTERNAL)?],
    })
}
