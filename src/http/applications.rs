//! Questions about applications, as routes.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use event::{ApplicationName, Timestamp};
use serde::Deserialize;

use crate::answer::{Application, ApplicationVersion, Way, moment};
use crate::error::ApiError;
use crate::query;
use crate::server::{ask, blocking};
use crate::service::Service;

/// Where applications are asked about.
pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/applications", get(applications))
        .route("/v1/applications/{name}", get(application))
        .route("/v1/applications/{name}/ways", get(ways))
}

async fn applications(State(service): State<Service>) -> Result<Json<Vec<Application>>, ApiError> {
    ask(&service, query::applications).await
}

/// Which version; the newest where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    version: Option<u32>,
}

async fn application(
    State(service): State<Service>,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<ApplicationVersion>, ApiError> {
    let name = ApplicationName::new(name).map_err(ApiError::bad)?;
    let find = move |views: &engine::Views<'_>| {
        query::application(&views.hot.directory, &name, which.version)
    };
    let Json(found) = ask(&service, find).await?;
    Ok(Json(found?))
}

/// From when until when, RFC 3339; without an end where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    from: Option<String>,
    to: Option<String>,
}

async fn ways(
    State(service): State<Service>,
    Path(name): Path<String>,
    Query(period): Query<Period>,
) -> Result<Json<Vec<Way>>, ApiError> {
    let name = ApplicationName::new(name).map_err(ApiError::bad)?;
    let time = |text: Option<String>, open: u64| match text {
        Some(text) => moment(&text).map_err(ApiError::bad),
        None => Ok(Timestamp(open)),
    };
    let period = time(period.from, 0)?..time(period.to, u64::MAX)?;
    let log = Arc::clone(service.intake.handle.log());
    blocking(move || query::ways(&*log, &name, &period, &mut |_| {})).await
}
