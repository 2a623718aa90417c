//! The way to a running server: HTTP over the socket in its data folder.

use std::io::ErrorKind;

use anyhow::{Context, Result, bail};
use http::answer::Failure;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use crate::data::Data;

/// A request that the server does not fulfil, and why.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Failure);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.error)
    }
}

impl std::error::Error for Refused {}

/// A running server.
pub(crate) struct Client {
    data: Data,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    /// The server that works on this data folder; `None` where none does.
    pub(crate) fn find(data: &Data) -> Result<Option<Self>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match runtime.block_on(UnixStream::connect(data.socket())) {
            Ok(_) => Ok(Some(Self { data: data.clone(), runtime })),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(error)
                .with_context(|| format!("cannot reach the server at {}", data.socket().display())),
        }
    }

    /// The running server, or an error that says how to start one.
    pub(crate) fn require(data: &Data) -> Result<Self> {
        Self::find(data)?.with_context(|| {
            format!(
                "no server works on {}; start one with `postbook serve`",
                data.folder().display()
            )
        })
    }

    /// Asks a question.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        Ok(serde_json::from_slice(&self.get_bytes(path)?)?)
    }

    /// Asks for bytes.
    pub(crate) fn get_bytes(&self, path: &str) -> Result<Bytes> {
        self.runtime.block_on(self.exchange(Method::GET, path, Bytes::new()))
    }

    /// Gives a command.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let body = serde_json::to_vec(body)?.into();
        Ok(serde_json::from_slice(&self.runtime.block_on(self.exchange(
            Method::POST,
            path,
            body,
        ))?)?)
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes> {
        let stream =
            UnixStream::connect(self.data.socket()).await.context("the server has gone")?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        let response = sender.send_request(request).await.context("the server did not answer")?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        drop(sender);
        connection.abort();
        if !status.is_success() {
            match serde_json::from_slice::<Failure>(&bytes) {
                Ok(failure) => return Err(Refused(failure).into()),
                Err(_) => {
                    bail!("the server answered {status}: {}", String::from_utf8_lossy(&bytes))
                }
            }
        }
        Ok(bytes)
    }
}

/// A part of a path or query, with what would end it escaped (RFC 3986 section 2.1).
pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
