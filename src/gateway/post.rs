//! One question over HTTP: a POST, and an answer that is expected in JSON.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::header::{ACCEPT, HOST, HeaderName};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;

use crate::wire::Wire;
use crate::{ConnectError, Security, Trust, WebUrl, net};

/// No more of an answer is read than this.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Why there is no answer on a connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    /// The answer is too large; the rest of it was not read.
    #[error("its answer is longer than {} KiB", ANSWER_BYTES_MAX >> 10)]
    TooLarge,
    /// It is no HTTP, or the connection broke.
    #[error("{0}")]
    Broken(String),
}

/// Opens a connection; without TLS to the own machine only.
pub(crate) async fn connect(
    url: &WebUrl,
    trust: &Trust,
    limit: Duration,
) -> Result<Wire, ConnectError> {
    let security = if url.is_tls() { Security::Tls } else { Security::PlainLoopback };
    let stream = net::connect(url.host(), url.port(), security, limit).await?;
    match url.is_tls() {
        false => Ok(Wire::Plain(stream)),
        true => net::handshake(stream, url.host(), trust, limit).await,
    }
}

/// Sends a body and reads the answer; redirections are not followed, since what is sent is for this
/// address alone.
pub(crate) async fn post(
    url: &WebUrl,
    wire: Wire,
    fields: &[(HeaderName, &str)],
    body: String,
) -> Result<(StatusCode, Bytes), PostError> {
    let failed = |error: hyper::Error| PostError::Broken(error.to_string());
    let mut request = Request::post(url.path_and_query())
        .header(HOST, url.authority())
        .header(ACCEPT, "application/json");
    for (name, value) in fields {
        request = request.header(name, *value);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| PostError::Broken(error.to_string()))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(wire)).await.map_err(failed)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| match error.downcast::<LengthLimitError>() {
            Ok(_) => PostError::TooLarge,
            Err(error) => PostError::Broken(error.to_string()),
        })?;
        Ok((status, body.to_bytes()))
    };
    tokio::pin!(exchange, connection);
    let mut open = true;
    loop {
        tokio::select! {
            result = &mut exchange => return result,
            // What went wrong with the connection is told by the exchange.
            _ = &mut connection, if open => open = false,
        }
    }
}
