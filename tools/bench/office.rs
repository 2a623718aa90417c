//! A data folder at work in this process: the parts that `postbook serve` puts together.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use command::{Command, LoadDirectory, Publish, SetAgentState};
use engine::{Engine, Handle, Options};
use event::{
    Actor, Address, AgentNumber, AgentState, DirectoryEntry, MailboxName, PrivateEntry, QueueName,
};
use gateway::{
    After, History, ImapAccount, Intake, Login, MessageStore, Outbound, Pop3Account, Pop3After,
    Secret, Security, Signer, SmtpAccount, Terms, Trust, Verifier,
};
use log::SledLog;
use mail::TokenKey;
use projections::DiskShelf;

use crate::peer::{PASSWORD, Peer};

/// The public address.
pub(crate) const SUPPORT: &str = "support@support.test";
/// Where replies come back to.
pub(crate) const INTERNAL: &str = "internal@support.test";
/// The mailbox of the agent.
pub(crate) const AGENT_ADDRESS: &str = "agent@agents.test";
/// The only agent.
const AGENT: AgentNumber = AgentNumber(1001);
const QUEUE: &str = "support";
/// An application that sends every mail to the queue.
pub(crate) const APPLICATION: &str = r#"start = "arrival"

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
        let publish =
            Publish { name: QUEUE.parse()?, text: APPLICATION.to_owned(), files: Vec::new() };
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
        Ok(Intake::new(
            self.handle().clone(),
            self.store.clone(),
            self.key.clone(),
            Terms {
                internal: "internal".parse()?,
                internal_address: Address::new(INTERNAL)?,
                verifier: Verifier::default(),
                envelope_sender: Address::new(INTERNAL)?,
            },
        ))
    }

    /// Sends what the engine wants sent.
    pub(crate) fn outbound(&self) -> Result<Outbound> {
        Ok(Outbound {
            handle: self.handle().clone(),
            store: self.store.clone(),
            key: self.key.clone(),
            signer: Signer::default(),
            envelope_sender: Address::new("bounces@support.test")?,
        })
    }

    /// The agent takes contacts from now on.
    pub(crate) async fn ready(&self) -> Result<()> {
        let ready = SetAgentState { agent: AGENT, state: AgentState::Ready };
        self.handle().submit(Actor::Agent(AGENT), Command::SetAgentState(ready)).await?;
        Ok(())
    }
}

/// A mail of about `bytes` bytes, without its Message-ID.
pub(crate) fn mail(bytes: usize) -> Vec<u8> {
    let mut mail = format!(
        "From: Jo Doe <jo@customer.test>\r\nTo: {SUPPORT}\r\nSubject: Order arrived damaged\r\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n"
    );
    while mail.len() < bytes {
        mail.push_str(
            "The second parcel came today, and its lid is broken like the first one.\r\n",
        );
    }
    mail.into_bytes()
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

/// The same mailbox by POP3; everything stays on the server.
pub(crate) fn pop3_account(peer: &Peer, history: History) -> Result<Pop3Account> {
    Ok(Pop3Account {
        host: "127.0.0.1".to_owned(),
        port: peer.port("POP3")?,
        security: Security::PlainLoopback,
        user: SUPPORT.to_owned(),
        login: Login::Password(Secret::new(PASSWORD)),
        poll: std::time::Duration::from_secs(20),
        message_bytes_max: 50 << 20,
        history,
        after: Pop3After::Leave,
        timeouts: Default::default(),
        trust: Trust::load(None).context("trusted authorities")?,
    })
}

/// A server that takes mail.
pub(crate) fn smtp_account(port: u16) -> Result<SmtpAccount> {
    Ok(SmtpAccount {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::PlainLoopback,
        credentials: None,
        hello_name: "bench.test".to_owned(),
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
