//! Work: the engine, its gateways and the API, until stopped; started again after a full disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::{Engine, Handle, Options};
use event::Actor;
use gateway::{
    Account, Dns, Errands, HealthCell, Intake, MessageStore, Outbound, Stop, Stopper, Terms, Trust,
    Trusted, Verifier, run_errands, run_imap, run_maildir, run_outbound, run_pop3,
};
use http::Service;
use log::{EventLog, SledLog};
use projections::DiskShelf;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::accounts::{accounts, signer, targets};
use crate::arguments::Common;
use crate::config::{self, CheckSender, Config, File};
use crate::data::Data;
use crate::load::Loading;
use crate::logging;
use crate::logins::Logins;

/// After a failure the engine is opened anew after this pause.
const REOPEN_PAUSE: Duration = Duration::from_secs(5);
/// What is being sent at the end may take this long; a service manager kills after 90 s.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// `postbook serve`.
pub(crate) fn run(common: &Common) -> Result<()> {
    let mut config = config::load(&common.config)?;
    if let Some(data) = &common.data {
        config.file.data.clone_from(data);
    }
    logging::start(config.file.logging.format);
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        let mut server = Server::start(&config).await?;
        loop {
            tokio::select! {
                () = signals.wait() => return server.stop().await,
                reason = server.failed() => {
                    tracing::error!(%reason, "the engine stopped; what was acknowledged is safe; opening it again in 5 s");
                    server.abandon().await;
                }
            }
            server = tokio::select! {
                () = signals.wait() => return Ok(()),
                reopened = reopen(&config) => reopened,
            };
        }
    })
}

/// Tries to start again until it succeeds: a disk may stay full for hours.
async fn reopen(config: &Config) -> Server {
    loop {
        tokio::time::sleep(REOPEN_PAUSE).await;
        match Server::start(config).await {
            Ok(server) => return server,
            Err(error) => {
                let reason = format!("{error:#}");
                tracing::error!(reason, "the engine cannot be opened; trying again in 5 s");
            }
        }
    }
}

/// A runtime for the network edge; deciding and appending have threads of their own.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// SIGINT and SIGTERM.
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Returns once the process is asked to end.
    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Everything that works on one data folder.
pub(crate) struct Server {
    engine: Engine,
    opened: engine::Opened,
    stopper: Stopper,
    tasks: JoinSet<()>,
}

impl Server {
    /// Opens the data folder, loads directory, settings and applications, and starts everything.
    pub(crate) async fn start(config: &Config) -> Result<Self> {
        let data = Data::at(&config.file.data);
        data.create()?;
        let log_folder = data.log();
        let log = tokio::task::spawn_blocking(move || SledLog::open(&log_folder)).await??;
        let log: Arc<dyn EventLog> = Arc::new(log);
        let options = Options {
            log,
            shelf: Arc::new(DiskShelf::open(&data.views())?),
            snapshots: Some(data.snapshots()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let (engine, opened) = Engine::open(options).await?;
        let handle = engine.handle().clone();
        let store = MessageStore::open(&data.messages())?;
        if let Err(error) = load(&handle, &store, config).await {
            // An engine that is left without stopping would keep the data folder to itself.
            let _ = engine.stop().await;
            return Err(error);
        }
        let (stopper, stop) = Stopper::new();
        let mut server = Self { engine, opened, stopper, tasks: JoinSet::new() };
        let started = server.start_edge(config, &data, handle, &stop);
        if let Err(error) = started {
            server.abandon().await;
            return Err(error);
        }
        tracing::info!(
            open = opened.open,
            events = opened.head.0,
            replayed = opened.replayed,
            data = %data.folder().display(),
            "Postbook is at work"
        );
        Ok(server)
    }

    /// What the start found.
    pub(crate) fn opened(&self) -> engine::Opened {
        self.opened
    }

    /// The way to the engine.
    pub(crate) fn handle(&self) -> &Handle {
        self.engine.handle()
    }

    /// Returns once the engine cannot go on, with the reason.
    pub(crate) async fn failed(&self) -> Arc<str> {
        self.engine.handle().failed().await
    }

    /// Ends in good order: no new mail, what is being sent is finished, then the engine. Where a
    /// mail server hangs, what is being sent is given up; the next start sees that.
    pub(crate) async fn stop(mut self) -> Result<()> {
        tracing::info!("stopping");
        self.stopper.stop();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_GRACE, finished).await.is_err() {
            tracing::warn!("a mail server hangs; what is being sent is given up");
            self.tasks.shutdown().await;
        }
        self.engine.stop().await.context("the end could not be recorded")?;
        tracing::info!("stopped");
        Ok(())
    }

    /// Ends after a failure: nothing more is recorded.
    pub(crate) async fn abandon(mut self) {
        self.stopper.stop();
        self.tasks.shutdown().await;
        if let Err(error) = self.engine.stop().await {
            tracing::debug!(%error, "the end was not recorded");
        }
    }

    fn start_edge(
        &mut self,
        config: &Config,
        data: &Data,
        handle: Handle,
        stop: &Stop,
    ) -> Result<()> {
        let file = &config.file;
        let store = MessageStore::open(&data.messages())?;
        let key = data.token_key()?;
        let trust = Trust::load(file.tls.authorities.as_deref())?;
        let mut health = BTreeMap::new();
        let intake = Intake::new(
            handle.clone(),
            store.clone(),
            key.clone(),
            Terms {
                internal: file.internal.name.get_ref().0.clone(),
                internal_address: file.internal.address.get_ref().0.clone(),
                verifier: self.verifier(file, &mut health, stop),
                envelope_sender: file.outgoing.sender.0.clone(),
            },
        );
        let inbox = Arc::new(intake.clone());
        let mut logins = Logins::new(trust);
        let accounts = accounts(file, &mut logins)?;
        for (name, account) in accounts.clone() {
            let cell = HealthCell::new();
            health.insert(format!("mailbox {name}"), cell.clone());
            let (inbox, stop) = (Arc::clone(&inbox), stop.clone());
            match account {
                Account::Imap(account) => {
                    self.tasks.spawn(run_imap(name, account, inbox, cell, stop));
                }
                Account::Pop3(account) => {
                    self.tasks.spawn(run_pop3(name, account, inbox, cell, stop));
                }
                Account::Maildir(account) => {
                    self.tasks.spawn(run_maildir(name, account, inbox, cell, stop));
                }
            }
        }
        let cell = HealthCell::new();
        health.insert("outgoing".to_owned(), cell.clone());
        let envelope_sender = file.outgoing.sender.0.clone();
        let targets = targets(config, &mut logins)?;
        let signer = signer(&file.outgoing.dkim)?;
        let errands =
            Errands { handle: handle.clone(), store: store.clone(), trust: logins.trust() };
        self.tasks.spawn(run_errands(errands, stop.clone()));
        let outbound = Outbound { handle, store, key, signer, envelope_sender };
        let rates = file.outgoing.rate.iter();
        let rates = rates.map(|rate| (rate.domain.get_ref().0.clone(), rate.per_minute)).collect();
        self.tasks.spawn(run_outbound(outbound, targets, rates, cell, stop.clone()));
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let service =
            Service { intake, health: Arc::new(health), accounts: Arc::new(accounts), version };
        self.tasks.spawn(answer(service, data.clone(), stop.clone()));
        Ok(())
    }

    fn verifier(
        &mut self,
        file: &File,
        health: &mut BTreeMap<String, HealthCell>,
        stop: &Stop,
    ) -> Verifier {
        let trusted = file.mailbox.iter().map(|mailbox| {
            let servers = mailbox.trusted_authserv_ids.iter().map(|id| id.0.clone()).collect();
            let received_by = mailbox.trusted_received_by.clone();
            (mailbox.name.get_ref().0.clone(), Trusted { servers, received_by })
        });
        let dns = match file.verification.check {
            CheckSender::Off => return Verifier::default(),
            CheckSender::Header => return Verifier::new(trusted.collect(), None),
            CheckSender::Full => Dns::new(file.verification.dns_server),
        };
        let cell = HealthCell::new();
        health.insert("DNS".to_owned(), cell.clone());
        let dns = match dns {
            Ok(dns) => {
                self.tasks.spawn(dns.clone().watch(cell, stop.clone()));
                Some(dns)
            }
            Err(error) => {
                tracing::warn!(%error, "the DNS cannot be asked who sent a mail");
                cell.failed(error.to_string());
                None
            }
        };
        Verifier::new(trusted.collect(), dns)
    }
}

/// Brings the log up to date with the configuration.
async fn load(handle: &Handle, store: &MessageStore, config: &Config) -> Result<()> {
    let loading = Loading::of(config, handle).await?;
    loading.carry_out(Actor::Engine, handle, store).await.map(|_| ())
}

async fn answer(service: Service, data: Data, stop: Stop) {
    let socket = data.socket();
    if let Err(error) = http::serve(service, &socket, stop).await {
        tracing::error!(%error, socket = %socket.display(), "the API does not answer; commands will not reach this server");
    }
}
