//! The conversation with a token endpoint: one POST, one answer in JSON.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde::Deserialize;

use super::error::TokenError;
use super::file::is_token;
use super::source::OAuth2Client;
use crate::post::{self, post};
use crate::wire::Wire;
use crate::{ConnectError, Secret, Step, net};

const CONNECT_MAX: Duration = Duration::from_secs(20);
const ANSWER_MAX: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";
/// What is shown of an endpoint's own words.
const REASON_CHARS_MAX: usize = 300;
/// How long a token counts whose endpoint does not say it.
const LIFETIME_UNSAID: Duration = Duration::from_secs(5 * 60);
const LIFETIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What a token endpoint grants (RFC 6749 section 5.1).
pub(super) struct Grant {
    pub(super) access_token: Secret,
    pub(super) lifetime: Duration,
    /// The refresh token that counts from now on, where it is another one.
    pub(super) refresh_token: Option<Secret>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<Seconds>,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// Some endpoints write the number as a string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

#[derive(Default, Deserialize)]
struct Denied {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

/// Gets an access token by the refresh grant (RFC 6749 section 6).
pub(super) async fn refresh(
    client: &OAuth2Client,
    refresh_token: &Secret,
) -> Result<Grant, TokenError> {
    let wire = connect(client).await?;
    let form = form(client, refresh_token);
    let asked = post(&client.token_url, wire, &[(CONTENT_TYPE, FORM)], form);
    let (status, body) = net::within(ANSWER_MAX, client.token_url.host(), Step::Token, asked)
        .await?
        .map_err(|error| broken(client, &error.to_string()))?;
    if status != StatusCode::OK {
        return Err(denied(client, refresh_token, status, &body));
    }
    // The parser's own words may hold what it read, which is secret.
    let granted: Granted =
        serde_json::from_slice(&body).map_err(|_| broken(client, "it granted no access token"))?;
    let rotated = granted.refresh_token.filter(|token| token != refresh_token.expose());
    if !is_token(&granted.access_token) || rotated.as_deref().is_some_and(|it| !is_token(it)) {
        return Err(broken(client, "a token holds other than visible characters"));
    }
    let seconds = match granted.expires_in {
        None => None,
        Some(Seconds::Number(seconds)) => Some(seconds),
        Some(Seconds::Text(text)) => text.parse().ok(),
    };
    Ok(Grant {
        access_token: Secret::new(granted.access_token),
        lifetime: seconds.map_or(LIFETIME_UNSAID, Duration::from_secs).min(LIFETIME_MAX),
        refresh_token: rotated.map(Secret::new),
    })
}

async fn connect(client: &OAuth2Client) -> Result<Wire, TokenError> {
    post::connect(&client.token_url, &client.trust, CONNECT_MAX).await.map_err(
        |error| match error {
            ConnectError::PlainNotLoopback { host, .. } => TokenError::PlainNotLoopback { host },
            other => other.into(),
        },
    )
}

/// The client proves itself in the body (RFC 6749 section 2.3.1), as every large provider takes it.
fn form(client: &OAuth2Client, refresh_token: &Secret) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", refresh_token.expose())
        .append_pair("client_id", &client.client_id);
    if let Some(secret) = &client.client_secret {
        form.append_pair("client_secret", secret.expose());
    }
    form.finish()
}

fn denied(
    client: &OAuth2Client,
    refresh_token: &Secret,
    status: StatusCode,
    body: &[u8],
) -> TokenError {
    let denied: Denied = serde_json::from_slice(body).unwrap_or_default();
    let mut reason = format!("{} {}", denied.error, denied.error_description);
    for secret in client.client_secret.iter().chain([refresh_token]) {
        reason = reason.replace(secret.expose(), "***");
    }
    let reason = reason.trim().chars().map(|it| if it.is_control() { ' ' } else { it });
    let reason: String = reason.take(REASON_CHARS_MAX).collect();
    let host = client.token_url.host().to_owned();
    match denied.error.as_str() {
        // Microsoft asks for consent anew with the second one.
        "invalid_grant" | "interaction_required" => {
            TokenError::Revoked { host, reason, file: client.refresh_token_file.clone() }
        }
        "invalid_client" | "unauthorized_client" => TokenError::ClientRefused { host, reason },
        _ => TokenError::Refused { host, status: status.as_u16(), reason },
    }
}

fn broken(client: &OAuth2Client, what: &str) -> TokenError {
    TokenError::Protocol { host: client.token_url.host().to_owned(), what: what.to_owned() }
}
