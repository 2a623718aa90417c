//! The server: routes, and the socket they are reached by.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use engine::Views;
use event::{AgentNumber, ContactId, MailboxName, Position, QueueName};
use gateway::{HealthCell, HealthState, Stop};
use serde::Deserialize;
use tokio::net::UnixListener;

use crate::answer::{
    Agent, Connection, Contact, Entry, OpenContact, Outgoing, Quarantined, Queue, Reconciled,
    Status, Transcript, Verified, Waiting, instant,
};
use crate::applications;
use crate::apply;
use crate::commands;
use crate::directory;
use crate::error::ApiError;
use crate::query::{self, OpenFilter, QueryError};
use crate::reconcile::{self, Found};
use crate::service::Service;
use crate::user::Peer;

/// Answers requests on a socket at `path` until told to stop. A socket left behind by a killed
/// server is replaced: whoever calls this has the data folder to themselves.
pub async fn serve(service: Service, path: &FilePath, mut stop: Stop) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    let routes = routes(service).into_make_service_with_connect_info::<Peer>();
    let served = axum::serve(listener, routes)
        .with_graceful_shutdown(async move { stop.stopped().await })
        .await;
    let _ = std::fs::remove_file(path);
    served
}

fn routes(service: Service) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/queues", get(queues))
        .route("/v1/queues/{name}", get(waiting))
        .route("/v1/agents", get(agents))
        .route("/v1/agents/{number}/assignments", get(assignments))
        .merge(applications::routes())
        .merge(apply::routes())
        .merge(directory::routes())
        .route("/v1/contacts", get(contacts))
        .route("/v1/contacts/open", get(open_contacts))
        .route("/v1/contacts/{id}", get(transcript))
        .route("/v1/contacts/{id}/mail", get(mail))
        .route("/v1/log", get(events))
        .route("/v1/log/verify", get(verify))
        .route("/v1/outbox", get(outbox))
        .route("/v1/quarantine", get(quarantine))
        .route("/v1/quarantine/{position}", get(quarantined))
        .route("/v1/reconcile", get(reconciled))
        .merge(commands::routes())
        .with_state(service)
}

/// Where to begin and how much to give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default)]
    from: u64,
    #[serde(default)]
    before: u64,
    #[serde(default = "count_default")]
    count: usize,
}

const COUNT_MAX: usize = 10_000;

fn count_default() -> usize {
    100
}

impl Range {
    fn count(&self) -> usize {
        self.count.min(COUNT_MAX)
    }
}

pub(crate) async fn ask<T: Send + 'static>(
    service: &Service,
    question: impl FnOnce(&Views<'_>) -> T + Send + 'static,
) -> Result<Json<T>, ApiError> {
    Ok(Json(service.intake.handle.read(question).await?))
}

async fn status(State(service): State<Service>) -> Result<Json<Status>, ApiError> {
    let counted = service.intake.handle.read(|views| {
        let waiting = views.hot.queues.lines().map(|line| views.hot.queues.len(line)).sum();
        (views.hot.contacts.len(), waiting, query::alarms(views))
    });
    let (open, waiting, alarms) = counted.await?;
    let in_use = service.connections.now();
    Ok(Json(Status {
        version: service.version.clone(),
        head: service.intake.handle.log().head().0,
        open,
        waiting,
        alarms,
        connections: in_use.health.iter().map(|(name, cell)| connection(name, cell)).collect(),
    }))
}

fn connection(name: &str, cell: &HealthCell) -> Connection {
    let health = cell.get();
    let (state, message, attempts) = match health.state {
        HealthState::Starting => ("starting", None, 0),
        HealthState::Ok => ("ok", None, 0),
        HealthState::Failing { message, attempts, .. } => ("failing", Some(message), attempts),
    };
    Connection {
        name: name.to_owned(),
        state: state.to_owned(),
        last_success: health.last_success.map(instant),
        backlog: health.backlog,
        message,
        attempts,
    }
}

async fn queues(State(service): State<Service>) -> Result<Json<Vec<Queue>>, ApiError> {
    let now = engine::now();
    ask(&service, move |views| query::queues(views, now)).await
}

async fn waiting(
    State(service): State<Service>,
    Path(name): Path<String>,
    Query(range): Query<Range>,
) -> Result<Json<Vec<Waiting>>, ApiError> {
    let name = QueueName::new(name).map_err(ApiError::bad)?;
    let Json(found) =
        ask(&service, move |views| query::waiting(views, &name, range.count())).await?;
    Ok(Json(found?))
}

async fn agents(State(service): State<Service>) -> Result<Json<Vec<Agent>>, ApiError> {
    ask(&service, query::agents).await
}

async fn assignments(
    State(service): State<Service>,
    Path(number): Path<u32>,
    Query(range): Query<Range>,
) -> Result<Json<Vec<Entry>>, ApiError> {
    let log = Arc::clone(service.intake.handle.log());
    blocking(move || query::assignments(&*log, AgentNumber(number), range.count())).await
}

async fn contacts(
    State(service): State<Service>,
    Query(range): Query<Range>,
) -> Result<Json<Vec<Contact>>, ApiError> {
    let log = Arc::clone(service.intake.handle.log());
    let found = blocking(move || query::arrivals(&*log, Position(range.before), range.count()));
    let Json(found) = found.await?;
    let Json(found) = ask(&service, move |views| query::contacts(views, &found)).await?;
    Ok(Json(found?))
}

/// Which open contacts are meant, and how many at most.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    queue: Option<String>,
    agent: Option<u32>,
    #[serde(default = "count_default")]
    count: usize,
}

async fn open_contacts(
    State(service): State<Service>,
    Query(open): Query<Open>,
) -> Result<Json<Vec<OpenContact>>, ApiError> {
    let queue = open.queue.map(QueueName::new).transpose().map_err(ApiError::bad)?;
    let filter = OpenFilter { queue, agent: open.agent.map(AgentNumber) };
    let count = open.count.min(COUNT_MAX);
    ask(&service, move |views| query::open_contacts(views, &filter, count)).await
}

async fn transcript(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Json<Transcript>, ApiError> {
    let id: ContactId = id.parse().map_err(ApiError::bad)?;
    let Json(story) = ask(&service, move |views| query::story(views, id)).await?;
    let (log, story) = (Arc::clone(service.intake.handle.log()), story?);
    blocking(move || query::transcript(&*log, story)).await
}

async fn mail(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let id: ContactId = id.parse().map_err(ApiError::bad)?;
    let Json(arrival) = ask(&service, move |views| query::arrival(views, id)).await?;
    let (log, arrival) = (Arc::clone(service.intake.handle.log()), arrival?);
    let Json(message) = blocking(move || query::mail(&*log, arrival)).await?;
    let raw = service.intake.store.get(&message.digest).await.map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], raw))
}

async fn events(
    State(service): State<Service>,
    Query(range): Query<Range>,
) -> Result<Json<Vec<Entry>>, ApiError> {
    let log = Arc::clone(service.intake.handle.log());
    blocking(move || query::events(&*log, Position(range.from), range.count())).await
}

async fn verify(State(service): State<Service>) -> Result<Json<Verified>, ApiError> {
    let log = Arc::clone(service.intake.handle.log());
    blocking(move || query::verify(&*log, &mut |_| {})).await
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, QueryError> + Send + 'static,
) -> Result<Json<T>, ApiError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
    Ok(Json(done?))
}

async fn outbox(State(service): State<Service>) -> Result<Json<Vec<Outgoing>>, ApiError> {
    ask(&service, query::outbox).await
}

async fn quarantine(State(service): State<Service>) -> Result<Json<Vec<Quarantined>>, ApiError> {
    ask(&service, query::quarantine).await
}

async fn quarantined(
    State(service): State<Service>,
    Path(position): Path<u64>,
) -> Result<impl IntoResponse, ApiError> {
    let position = Position(position);
    let found =
        service.intake.handle.read(move |views| views.hot.quarantine.get(position).cloned());
    let Some(mail) = found.await? else {
        return Err(QueryError::Unknown(format!("nothing is in quarantine at {position}")).into());
    };
    let Some(message) = mail.message else {
        let text = format!("the mail server did not send {}", mail.source.mark);
        return Err(QueryError::Unknown(text).into());
    };
    let raw = service.intake.store.get(&message.digest).await.map_err(ApiError::internal)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], raw))
}

/// The mailbox that is meant; all where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    mailbox: Option<String>,
}

async fn reconciled(
    State(service): State<Service>,
    Query(which): Query<Which>,
) -> Result<Json<Vec<Reconciled>>, ApiError> {
    let name = which.mailbox.map(MailboxName::new).transpose().map_err(ApiError::bad)?;
    let found = Found::look(reconcile::chosen(&service.connections.now().accounts, name)?).await;
    let log = Arc::clone(service.intake.handle.log());
    let Json(ledger) = blocking(move || reconcile::ledger(&*log, &mut |_| {})).await?;
    Ok(Json(found.compare(&ledger).await))
}
