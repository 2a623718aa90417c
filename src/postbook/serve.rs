//! Work: the engine, its gateways and the API, until stopped; started again after a full disk.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use engine::{Engine, Handle, Options};
use event::Actor;
use gateway::{MessageStore, Stop, Stopper};
use http::Service;
use log::{EventLog, SledLog};
use projections::DiskShelf;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::apply::{Applier, Origin};
use crate::arguments::Common;
use crate::config::Config;
use crate::data::Data;
use crate::edge::{Edge, Plan, Tools};
use crate::load::Loading;
use crate::logging;

/// After a failure the engine is opened anew after this pause.
const REOPEN_PAUSE: Duration = Duration::from_secs(5);
/// Requests that are being answered at the end may take this long.
const API_GRACE: Duration = Duration::from_secs(5);

/// `postbook serve`.
pub(crate) fn run(common: &Common) -> Result<()> {
    let origin = Origin { path: common.config.clone(), data: common.data.clone() };
    let mut config = Arc::new(origin.read()?);
    logging::start(config.file.logging.format);
    runtime()?.block_on(async {
        let mut signals = Signals::new()?;
        let mut server = Server::start(&origin, Arc::clone(&config)).await?;
        loop {
            tokio::select! {
                () = signals.wait() => return server.stop().await,
                reason = server.failed() => {
                    tracing::error!(%reason, "the engine stopped; what was acknowledged is safe; opening it again in 5 s");
                    // Not what it was started with, but what was applied since.
                    config = server.abandon().await.unwrap_or(config);
                }
            }
            server = tokio::select! {
                () = signals.wait() => return Ok(()),
                reopened = reopen(&origin, &config) => reopened,
            };
        }
    })
}

/// Tries to start again until it succeeds: a disk may stay full for hours.
async fn reopen(origin: &Origin, config: &Arc<Config>) -> Server {
    loop {
        tokio::time::sleep(REOPEN_PAUSE).await;
        match Server::start(origin, Arc::clone(config)).await {
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
    applier: Arc<Applier>,
    /// Tells the API to end.
    stopper: Stopper,
    api: JoinHandle<()>,
}

impl Server {
    /// Opens the data folder, loads directory, settings and applications, and starts everything.
    /// `origin` is where the configuration was read, and is read again when it is applied.
    pub(crate) async fn start(origin: &Origin, config: Arc<Config>) -> Result<Self> {
        let plan = Plan::read(&config, None)?;
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
        let edge = match edge(&data, engine.handle(), config, plan).await {
            Ok(edge) => edge,
            Err(error) => {
                // An engine that is left without stopping would keep the data folder to itself.
                let _ = engine.stop().await;
                return Err(error);
            }
        };
        let (stopper, stop) = Stopper::new();
        let (intake, connections) = (edge.intake().clone(), edge.connections().clone());
        let (handle, store) = (intake.handle.clone(), intake.store.clone());
        let applier = Applier::new(origin.clone(), handle, store, edge);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let apply = Arc::clone(&applier);
        let service = Service { intake, connections, apply, version };
        let api = tokio::spawn(answer(service, data.clone(), stop));
        tracing::info!(
            open = opened.open,
            events = opened.head.0,
            replayed = opened.replayed,
            data = %data.folder().display(),
            "Postbook is at work"
        );
        Ok(Self { engine, opened, applier, stopper, api })
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

    /// Ends in good order: no new mail, what is being sent is finished, then the engine.
    pub(crate) async fn stop(self) -> Result<()> {
        tracing::info!("stopping");
        self.stopper.stop();
        if let Some(mut edge) = self.applier.close().await {
            edge.stop().await;
        }
        if tokio::time::timeout(API_GRACE, self.api).await.is_err() {
            tracing::warn!("a request to the API is given up");
        }
        self.engine.stop().await.context("the end could not be recorded")?;
        tracing::info!("stopped");
        Ok(())
    }

    /// Ends after a failure: nothing more is recorded. Gives the configuration that was in force.
    pub(crate) async fn abandon(self) -> Option<Arc<Config>> {
        self.stopper.stop();
        self.api.abort();
        let edge = self.applier.close().await;
        let config = edge.as_ref().map(|edge| Arc::clone(edge.config()));
        if let Some(mut edge) = edge {
            edge.abandon().await;
        }
        if let Err(error) = self.engine.stop().await {
            tracing::debug!(%error, "the end was not recorded");
        }
        config
    }
}

/// Brings the log up to date with the configuration, and goes to work.
async fn edge(data: &Data, handle: &Handle, config: Arc<Config>, plan: Plan) -> Result<Edge> {
    let store = MessageStore::open(&data.messages())?;
    let key = data.token_key()?;
    let loading = Loading::of(&config, handle).await?;
    loading.carry_out(Actor::Engine, handle, &store).await?;
    Ok(Edge::start(Tools { handle: handle.clone(), store, key }, config, plan).await)
}

async fn answer(service: Service, data: Data, stop: Stop) {
    let socket = data.socket();
    if let Err(error) = http::serve(service, &socket, stop).await {
        tracing::error!(%error, socket = %socket.display(), "the API does not answer; commands will not reach this server");
    }
}
