//! Questions about the directory, as routes.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use crate::answer::{DirectoryCompared, DirectoryShown};
use crate::error::ApiError;
use crate::query::{self, AsOf};
use crate::server::{ask, blocking};
use crate::service::Service;

/// Where the directory is asked about.
pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/directory", get(directory))
        .route("/v1/directory/changes", get(changes))
}

/// As of when: a position, or a time in RFC 3339; else now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    as_of: Option<String>,
}

async fn directory(
    State(service): State<Service>,
    Query(when): Query<When>,
) -> Result<Json<DirectoryShown>, ApiError> {
    let at = position(&service, when.as_of).await?;
    let Json(found) = ask(&service, move |views| query::in_force(views, at)).await?;
    let log = Arc::clone(service.intake.handle.log());
    blocking(move || query::directory(&*log, found)).await
}

/// From when until when; until now where no end is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Between {
    from: String,
    to: Option<String>,
}

async fn changes(
    State(service): State<Service>,
    Query(between): Query<Between>,
) -> Result<Json<DirectoryCompared>, ApiError> {
    let from = position(&service, Some(between.from)).await?;
    let to = position(&service, between.to).await?;
    let find = move |views: &engine::Views<'_>| {
        let loads = query::loads(views, from, to);
        (query::in_force(views, from), query::in_force(views, to), loads)
    };
    let (from, to, loads) = service.intake.handle.read(find).await?;
    let log = Arc::clone(service.intake.handle.log());
    blocking(move || query::compare(&*log, from, to, loads)).await
}

async fn position(service: &Service, as_of: Option<String>) -> Result<event::Position, ApiError> {
    let as_of = as_of.map(|text| text.parse::<AsOf>()).transpose().map_err(ApiError::bad)?;
    let log = Arc::clone(service.intake.handle.log());
    let Json(position) = blocking(move || query::position(&*log, as_of)).await?;
    Ok(position)
}
