//! Questions to other programs, which applications ask over HTTP.

use std::fmt;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use tokio::time::{Instant, timeout_at};

use crate::post::{self, post};
use crate::{ConnectError, Trust, WebUrl, WebUrlError};

/// Under this name the other program recognises that it is asked the same again.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The pause after the first attempt; after each further one it is twice as long.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A question.
#[derive(Clone)]
pub struct WebhookCall {
    /// Where it is asked; may hold secrets.
    pub url: String,
    /// JSON.
    pub body: String,
    /// How long one attempt may take, from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// How many attempts are made in all.
    pub attempts: u8,
    /// The same for all attempts of one question, and for no other one.
    pub idempotency_key: String,
}

impl fmt::Debug for WebhookCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookCall {}", self.idempotency_key)
    }
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookOutcome {
    /// The HTTP status (RFC 9110 section 15) of the last answer; `None` where there was none that
    /// can be used.
    pub status: Option<u16>,
    /// The body of an answer that says it went well (a status from 200 to 299); else why there is
    /// none, in a sentence that holds nothing secret.
    pub answer: Result<String, String>,
    /// So many attempts were made; none where the question may not be asked.
    pub attempts: u8,
}

/// Why one attempt gave no answer that can be used.
struct Failure {
    status: Option<u16>,
    reason: String,
    is_passing: bool,
}

/// Asks a question, of one of `hosts` alone: each a host, with a port where that is not the usual
/// one.
///
/// It is asked again where nobody can be reached and where the answer says that it may go well later
/// (a status of 429, or from 500 on). Redirections are not followed.
pub async fn call_webhook(call: &WebhookCall, hosts: &[String], trust: &Trust) -> WebhookOutcome {
    let url = match allowed(&call.url, hosts) {
        Ok(url) => url,
        Err(reason) => return WebhookOutcome { status: None, answer: Err(reason), attempts: 0 },
    };
    let (mut attempts, mut pause) = (0, PAUSE_MIN);
    loop {
        attempts += 1;
        match attempt(&url, call, trust).await {
            Ok((status, body)) => {
                return WebhookOutcome { status: Some(status), answer: Ok(body), attempts };
            }
            Err(Failure { is_passing: true, .. }) if attempts < call.attempts => {}
            Err(Failure { status, reason, .. }) => {
                return WebhookOutcome { status, answer: Err(reason), attempts };
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// The address, where its host may be called.
fn allowed(url: &str, hosts: &[String]) -> Result<WebUrl, String> {
    application::webhook_allowed(url, hosts)?;
    url.parse().map_err(|error: WebUrlError| error.to_string())
}

async fn attempt(
    url: &WebUrl,
    call: &WebhookCall,
    trust: &Trust,
) -> Result<(u16, String), Failure> {
    let host = url.host();
    let failed = |reason: String, is_passing| Failure { status: None, reason, is_passing };
    let fields = [
        (CONTENT_TYPE, "application/json"),
        (USER_AGENT, "Postbook"),
        (IDEMPOTENCY_KEY, call.idempotency_key.as_str()),
    ];
    let deadline = Instant::now() + call.timeout;
    let late =
        |what, is_passing| failed(format!("{host} {what} within {:?}", call.timeout), is_passing);
    let wire = timeout_at(deadline, post::connect(url, trust, call.timeout))
        .await
        .map_err(|_| late("cannot be connected to", true))?
        .map_err(|error| failed(error.to_string(), is_passing(&error)))?;
    let (status, body) = timeout_at(deadline, post(url, wire, &fields, call.body.clone()))
        .await
        .map_err(|_| late("has not answered", false))?
        .map_err(|error| failed(format!("{host} gave no usable answer: {error}"), false))?;
    let refused = |reason: String| Failure {
        status: Some(status.as_u16()),
        reason,
        is_passing: status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
    };
    if status.is_redirection() {
        let reason =
            format!("{host} redirects to another address ({status}), which is not followed");
        return Err(refused(reason));
    }
    if !status.is_success() {
        return Err(refused(format!("{host} answered {status}")));
    }
    match String::from_utf8(body.into()) {
        Ok(body) => Ok((status.as_u16(), body)),
        Err(_) => Err(failed(format!("the answer of {host} is no text in UTF-8"), false)),
    }
}

/// Whether it may go well the next time.
fn is_passing(error: &ConnectError) -> bool {
    match error {
        ConnectError::Resolve { .. }
        | ConnectError::Refused { .. }
        | ConnectError::Unreachable { .. }
        | ConnectError::Hang { .. }
        | ConnectError::Tls { .. } => true,
        ConnectError::PlainNotLoopback { .. } | ConnectError::Certificate { .. } => false,
    }
}
