//! Applications are checked and published.

use std::collections::BTreeSet;

use application::Application;
use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use command::{Command, Publish, SentFile};
use event::ApplicationName;

use super::requests::{CheckRequest, PublishRequest, RehearseRequest, SentFileRequest};
use crate::answer::{Checked, Problem, Published, Rehearsed};
use crate::error::ApiError;
use crate::rehearsal;
use crate::service::Service;
use crate::user::Peer;

/// The largest request: files of some 30 MB in base64, and the text.
pub(super) const BYTES_MAX: usize = 48 << 20;

pub(crate) async fn check(
    State(service): State<Service>,
    Path(name): Path<String>,
    Json(request): Json<CheckRequest>,
) -> Result<Json<Checked>, ApiError> {
    let name = ApplicationName::new(name).map_err(ApiError::bad)?;
    let CheckRequest { text, files } = request;
    let directory = service.intake.handle.read(|views| views.hot.directory.clone()).await?;
    let look = move || command::problems(&directory, &name, &text, files.into_iter().collect());
    let problems = tokio::task::spawn_blocking(look).await.map_err(ApiError::internal)?;
    Ok(Json(Checked { problems: problems.iter().map(Problem::from).collect() }))
}

pub(crate) async fn publish(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(name): Path<String>,
    Json(request): Json<PublishRequest>,
) -> Result<Json<Published>, ApiError> {
    let name = ApplicationName::new(name).map_err(ApiError::bad)?;
    let PublishRequest { text, files } = request;
    // What is wrong with the text is told by the engine.
    let named = Application::parse(&text).map(|application| names(&application)).ok();
    let mut sent = Vec::new();
    for file in files {
        if named.as_ref().is_some_and(|named| !named.contains(&file.name)) {
            let name = file.name;
            return Err(ApiError::bad(format!("the application does not send `{name}`")));
        }
        sent.push(keep(&service, file).await?);
    }
    let publish = Command::Publish(Publish { name: name.clone(), text, files: sent });
    let done = service.intake.handle.submit(peer.0, publish).await?;
    let newest = name.clone();
    let newest = service.intake.handle.read(move |views| {
        views.hot.directory.newest(&newest).map(|(reference, _)| reference.version)
    });
    let version = newest.await?.ok_or_else(|| ApiError::internal("no version was published"))?;
    Ok(Json(Published { name: name.to_string(), version, unchanged: done.events == 0 }))
}

pub(crate) async fn rehearse(
    State(service): State<Service>,
    Path(name): Path<String>,
    Json(request): Json<RehearseRequest>,
) -> Result<Json<Vec<Rehearsed>>, ApiError> {
    let directory = service.intake.handle.read(|views| views.hot.directory.clone()).await?;
    let work = move || rehearsal::rehearse(Some(&directory), &name, request);
    let rehearsed = tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?;
    Ok(Json(rehearsed?))
}

fn names(application: &Application) -> BTreeSet<String> {
    application.files().into_iter().map(str::to_owned).collect()
}

/// Keeps a file in the message store.
async fn keep(service: &Service, file: SentFileRequest) -> Result<SentFile, ApiError> {
    let SentFileRequest { name, media_type, content } = file;
    if !is_media_type(&media_type) {
        let text = format!(
            "`{media_type}` is no media type of `{name}`; allowed: a type and a subtype, such as application/pdf"
        );
        return Err(ApiError::bad(text));
    }
    let content = STANDARD
        .decode(content)
        .map_err(|error| ApiError::bad(format!("the content of `{name}` is no base64: {error}")))?;
    let content = service.intake.store.put(content.into()).await.map_err(ApiError::internal)?;
    Ok(SentFile { name, media_type, content })
}

/// Whether a text is a type and a subtype without parameters (RFC 2045 section 5.1): it goes into the
/// header of mails as it is.
fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        let is_sign = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(c);
        !part.is_empty() && part.chars().all(is_sign)
    };
    text.len() <= MEDIA_TYPE_BYTES_MAX
        && text.split_once('/').is_some_and(|(kind, of)| is_token(kind) && is_token(of))
}

/// Names of types and subtypes have at most 127 characters each (RFC 6838 section 4.2).
const MEDIA_TYPE_BYTES_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_told_from_what_would_break_a_header() {
        for good in ["text/plain", "application/vnd.oasis.opendocument.text", "image/svg+xml"] {
            assert!(is_media_type(good), "{good}");
        }
        let long = format!("text/{}", "x".repeat(MEDIA_TYPE_BYTES_MAX));
        for bad in [
            "",
            "text",
            "text/",
            "/plain",
            "text/plain/x",
            "text/plain; charset=utf-8",
            "text/plain\r\nBcc: x@y.test",
            "text /plain",
            "tëxt/plain",
            &long,
        ] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
