//! Applying the configuration on a running server: what it was started with is read anew, compared
//! with what is in force, recorded, and taken over.

use std::path::PathBuf;
use std::sync::Arc;

use command::{Command, LoadConfiguration};
use engine::{EngineError, Handle};
use event::{Actor, DirectoryEntry, PrivateEntry, Setting};
use futures::FutureExt;
use futures::future::BoxFuture;
use gateway::MessageStore;
use http::answer::{Applied, ItemChange};
use http::picture::{Kind, Picture, Thing};
use http::query::person;
use http::{Apply, ApplyError};
use tokio::sync::Mutex;

use crate::config::{self, Config};
use crate::edge::{Edge, Plan};
use crate::load::Loading;

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The main file.
    pub(crate) path: PathBuf,
    /// The data folder, where the command line names another than the file.
    pub(crate) data: Option<PathBuf>,
}

impl Origin {
    /// Reads and checks the configuration.
    pub(crate) fn read(&self) -> anyhow::Result<Config> {
        let mut config = config::load(&self.path)?;
        if let Some(data) = &self.data {
            config.file.data.clone_from(data);
        }
        Ok(config)
    }
}

/// Applies the configuration to a running server.
pub(crate) struct Applier {
    origin: Origin,
    handle: Handle,
    store: MessageStore,
    /// `None` once the server stops.
    edge: Mutex<Option<Edge>>,
}

/// What is in force, as far as the log says.
struct InForce {
    entries: Vec<DirectoryEntry>,
    private: Vec<PrivateEntry>,
    settings: Vec<Setting>,
    /// Applications with their newest versions.
    versions: Picture,
}

impl Applier {
    /// Applies to this edge what is read from this place.
    pub(crate) fn new(
        origin: Origin,
        handle: Handle,
        store: MessageStore,
        edge: Edge,
    ) -> Arc<Self> {
        Arc::new(Self { origin, handle, store, edge: Mutex::new(Some(edge)) })
    }

    /// Takes the edge, once nothing is being applied; from then on nothing can be.
    pub(crate) async fn close(&self) -> Option<Edge> {
        self.edge.lock().await.take()
    }

    async fn carry_out(&self, actor: Actor, dry_run: bool) -> Result<Applied, ApplyError> {
        let mut edge = self.edge.lock().await;
        let edge =
            edge.as_mut().ok_or_else(|| ApplyError::Internal("the server stops".to_owned()))?;
        let origin = self.origin.clone();
        let read = tokio::task::spawn_blocking(move || origin.read()).await;
        let read = read.map_err(|error| ApplyError::Internal(error.to_string()))?;
        let config = Arc::new(read.map_err(wrong)?);
        let plan = Plan::read(&config, Some(edge.plan())).map_err(|error| wrong(error.into()))?;
        let loading = Loading::of(&config, &self.handle).await.map_err(wrong)?;
        let before = self.in_force().await?;
        let changes = before.picture(edge.plan()).changes(&after(&before, &loading.command, &plan));
        let notes = self.notes(&loading.command).await?;
        let restart = restart(edge.config(), &config);
        let by = person(&actor).unwrap_or_default();
        let (events, head) = if dry_run {
            let command = Command::LoadConfiguration(Box::new(loading.command));
            self.handle.rehearse(actor, command).await?;
            (0, self.handle.log().head().0)
        } else {
            let done = loading.carry_out(actor, &self.handle, &self.store).await;
            let done = done.map_err(|error| match error.downcast::<EngineError>() {
                Ok(error) => error.into(),
                Err(error) => ApplyError::Internal(format!("{error:#}")),
            })?;
            edge.take_over(Arc::clone(&config), plan).await;
            (done.events, done.head.0)
        };
        if !dry_run {
            tell(&changes, &by);
        }
        let files = config.sources.paths().map(|path| path.display().to_string()).collect();
        Ok(Applied { files, dry_run, changes, notes, restart, events, head })
    }

    async fn in_force(&self) -> Result<InForce, EngineError> {
        let read = self.handle.read(|views| {
            let directory = &views.hot.directory;
            let (entries, private) = directory.entries();
            let mut versions = Picture::default();
            for (application, _) in directory.newest_versions() {
                let thing = Thing::new(Kind::Application, &application.name);
                versions.say(thing, "version", application.version);
            }
            InForce {
                entries: entries.to_vec(),
                private: private.to_vec(),
                settings: directory.settings_loaded().to_vec(),
                versions,
            }
        });
        read.await
    }

    /// What somebody who applies this should know: whose new address does not count yet.
    async fn notes(&self, load: &LoadConfiguration) -> Result<Vec<String>, EngineError> {
        let private = load.directory.private.clone();
        let read = self.handle.read(move |views| {
            let notes = private.into_iter().filter_map(|entry| {
                let PrivateEntry::Agent { number, address, .. } = entry else { return None };
                let agent = views.hot.agents.get(number)?;
                let now = views.hot.directory.agents.get(&number)?.address.as_ref()?;
                (agent.is_signed_in() && *now != address).then(|| {
                    format!(
                        "agent {number} is signed in: mail goes to {now} until their next sign-in, and \
                         to {address} from then on"
                    )
                })
            });
            notes.collect()
        });
        read.await
    }
}

impl Apply for Applier {
    fn apply(
        self: Arc<Self>,
        actor: Actor,
        dry_run: bool,
    ) -> BoxFuture<'static, Result<Applied, ApplyError>> {
        async move { self.carry_out(actor, dry_run).await }.boxed()
    }
}

impl InForce {
    fn picture(&self, plan: &Plan) -> Picture {
        Picture::of_directory(&self.entries, &self.private)
            .with(Picture::of_settings(&self.settings))
            .with(self.versions.clone())
            .with(plan.picture.clone())
    }
}

/// What is in force afterwards.
fn after(before: &InForce, load: &LoadConfiguration, plan: &Plan) -> Picture {
    let mut versions = before.versions.clone();
    for publish in &load.publish {
        let thing = Thing::new(Kind::Application, &publish.name);
        let version = versions.number(&thing, "version").map_or(1, |version| version + 1);
        versions.say(thing, "version", version);
    }
    Picture::of_directory(&load.directory.entries, &load.directory.private)
        .with(Picture::of_settings(&load.settings.settings))
        .with(versions)
        .with(plan.picture.clone())
}

/// What a running server cannot take over.
fn restart(before: &Config, next: &Config) -> Vec<String> {
    let (before, next) = (&before.file, &next.file);
    let format = (before.logging.format != next.logging.format)
        .then(|| "`logging.format` takes the next start of the server".to_owned());
    let data = (before.data != next.data).then(|| {
        format!(
            "`data` takes the next start of the server, which works on {} until then; nothing is moved",
            before.data.display()
        )
    });
    format.into_iter().chain(data).collect()
}

fn wrong(error: anyhow::Error) -> ApplyError {
    match error.downcast::<EngineError>() {
        Ok(error) => error.into(),
        Err(error) => ApplyError::Configuration(format!("{error:#}")),
    }
}

/// The events hold nothing of connections, so that the server's own log tells which keys have changed;
/// the values may be addresses.
fn tell(changes: &[ItemChange], by: &str) {
    for ItemChange { kind, name, change, keys } in changes {
        let keys: Vec<&str> = keys.iter().map(|key| key.key.as_str()).collect();
        let keys = keys.join(", ");
        tracing::info!(%by, %kind, %name, %change, %keys, "the configuration was applied");
    }
}
