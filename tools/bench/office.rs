//! A data folder at work in this process: the parts that `postbook serve` puts together.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use command::{Command, LoadDirectory, Publish};
use engine::{Engine, Handle, Options};
use event::{Actor, Address, AgentNumber, DirectoryEntry, MailboxName, PrivateEntry, QueueName};
use gateway::{
    After, History, ImapAccount, Intake, Login, MessageStore, Secret, Security, Trust, Verifier,
};
use log::SledLog;
use mail::TokenKey;
use projections::DiskShelf;

use crate::peer::{PASSWORD, Peer};

/// The public address.
pub(crate) const SUPPORT: &str = "support@support.test";
const INTERNAL: &str = "internal@support.test";
/// The mailbox of the agent.
pub(crate) const AGENT_ADDRESS: &str = "agent@agents.test";
/// The only agent.
pub(crate) const AGENT: AgentNumber = AgentNumber(1001);
const QUEUE: &str = "support";
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

/// An engine with one mailbox, one queue and one agent.
pub(crate) struct Office {
    /// The engine.
    pub(crate) engine: Engine,
    /// The messages.
    pub(crate) store: MessageStore,
    /// The key of the reply tokens.
    pub(crate) key: TokenKey,
}

impl Office {
    /// Opens the data folder, which may be empty, and loads the directory.
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        let store = MessageStore::open(&folder.join("messages"))?;
        let options = Options {
            log: Arc::new(SledLog::open(&folder.join("log"))?),
            shelf: Arc::new(DiskShelf::open(&folder.join("views"))?),
            snapshots: Some(folder.join("snapshots")),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let (engine, _) = Engine::open(options).await?;
        let publish = Publish { name: QUEUE.parse()?, text: APPLICATION.to_owned() };
        engine.handle().submit(Actor::Engine, Command::Publish(publish)).await?;
        let load = Command::LoadDirectory(directory()?);
        engine.handle().submit(Actor::Engine, load).await?;
        Ok(Self { engine, store, key: TokenKey::from_bytes([7; 32]) })
    }

    /// The way to the engine.
    pub(crate) fn handle(&self) -> &Handle {
        self.engine.handle()
    }

    /// Takes in fetched mail.
    pub(crate) fn intake(&self) -> Result<Intake> {
        Ok(Intake {
            handle: self.handle().clone(),
            store: self.store.clone(),
            key: self.key.clone(),
            internal: "internal".parse()?,
            internal_address: Address::new(INTERNAL)?,
            verifier: Verifier::default(),
            envelope_sender: Address::new(INTERNAL)?,
        })
    }
}

/// The name of the public mailbox.
pub(crate) fn mailbox() -> Result<MailboxName> {
    Ok("support".parse()?)
}

/// The queue that mail comes to.
pub(crate) fn queue() -> Result<QueueName> {
    Ok(QUEUE.parse()?)
}

/// The public mailbox on the servers.
pub(crate) fn account(peer: &Peer, history: History) -> Result<ImapAccount> {
    Ok(ImapAccount {
        host: "127.0.0.1".to_owned(),
        port: peer.port("IMAP")?,
        security: Security::PlainLoopback,
        user: SUPPORT.to_owned(),
        login: Login::Password(Secret::new(PASSWORD)),
        folder: "INBOX".to_owned(),
        poll: std::time::Duration::from_secs(20),
        idle: true,
        message_bytes_max: 50 << 20,
        history,
        after: After::Nothing,
        timeouts: Default::default(),
        trust: Trust::load(None).context("trusted authorities")?,
    })
}

fn directory() -> Result<LoadDirectory> {
    let address = |text: &str| Address::new(text);
    Ok(LoadDirectory {
        entries: vec![
            DirectoryEntry::Queue { name: queue()? },
            DirectoryEntry::Agent { number: AGENT, queues: vec![queue()?], capacity: u16::MAX },
            DirectoryEntry::Mailbox { name: mailbox()?, application: QUEUE.parse()? },
            DirectoryEntry::Internal { name: "internal".parse()? },
        ],
        private: vec![
            PrivateEntry::Agent {
                number: AGENT,
                name: "Jo Doe".to_owned(),
                address: address(AGENT_ADDRESS)?,
            },
            PrivateEntry::Mailbox {
                name: mailbox()?,
                display_name: None,
                addresses: vec![address(SUPPORT)?],
            },
            PrivateEntry::Mailbox {
                name: "internal".parse()?,
                display_name: None,
                addresses: vec![address(INTERNAL)?],
            },
        ],
    })
}
