//! Applying the configuration: what the API asks of the server around it.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::routing::post;
use axum::{Json, Router};
use engine::EngineError;
use event::Actor;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::answer::Applied;
use crate::error::ApiError;
use crate::service::Service;
use crate::user::Peer;

/// Whoever can apply the configuration.
pub trait Apply: Send + Sync {
    /// Reads the configuration anew and puts it in force, or only tells what that would change.
    /// Where it fails, nothing has changed.
    fn apply(
        self: Arc<Self>,
        actor: Actor,
        dry_run: bool,
    ) -> BoxFuture<'static, Result<Applied, ApplyError>>;
}

/// Why a configuration is not in force.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It is wrong; the text says where and how.
    #[error("{0}")]
    Configuration(String),
    /// The engine does not take it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Something on our side does not work.
    #[error("{0}")]
    Internal(String),
}

/// How the configuration is applied.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyRequest {
    /// Whether only to tell what would change.
    pub dry_run: bool,
}

/// Where the configuration is applied.
pub(crate) fn routes() -> Router<Service> {
    Router::new().route("/v1/apply", post(apply))
}

async fn apply(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(request): Json<ApplyRequest>,
) -> Result<Json<Applied>, ApiError> {
    // A task of its own, because whoever asked may go away in the middle.
    let applying = tokio::spawn(service.apply.apply(peer.0, request.dry_run));
    Ok(Json(applying.await.map_err(ApiError::internal)??))
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Configuration(text) => Self::bad(text),
            ApplyError::Engine(error) => error.into(),
            ApplyError::Internal(text) => Self::internal(text),
        }
    }
}
