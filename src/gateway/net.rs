//! Connecting: names, loopback, time limits and TLS, the same for IMAP and SMTP.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::wire::Wire;
use crate::{Security, Step, Trust};

/// Why there is no connection; the text says what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("the name {host} cannot be resolved ({reason}): check `host` and the DNS")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// Nobody listens there.
    #[error("{address} refuses connections: check `port` and whether the server runs")]
    Refused {
        /// The address that was tried last.
        address: SocketAddr,
    },
    /// The address cannot be reached.
    #[error("{address} cannot be reached: {reason}")]
    Unreachable {
        /// The address that was tried last.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
    },
    /// No answer in time.
    #[error("{host} does not answer: nothing came within {after:?} while {step}")]
    Hang {
        /// The server.
        host: String,
        /// What we were doing.
        step: Step,
        /// The time limit.
        after: Duration,
    },
    /// Plain text to another machine.
    #[error(
        "{host} is {address}, another machine: without TLS only loopback addresses are \
         connected to; set `security` to \"tls\" or \"starttls\""
    )]
    PlainNotLoopback {
        /// The server.
        host: String,
        /// The address that is not loopback.
        address: SocketAddr,
    },
    /// The certificate does not prove that this is the server.
    #[error(
        "the certificate of {host} is not accepted: {reason}; nothing was sent. Correct `host`, or \
         name the authority that issued it in the file of trusted authorities"
    )]
    Certificate {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS failed for another reason.
    #[error("{host} does not speak TLS here ({reason}): check `port` and `security`")]
    Tls {
        /// The server.
        host: String,
        /// What happened.
        reason: String,
    },
}

/// Opens a TCP connection without Nagle's delay; plain text goes to loopback addresses only.
pub(crate) async fn connect(
    host: &str,
    port: u16,
    security: Security,
    limit: Duration,
) -> Result<TcpStream, ConnectError> {
    let addresses =
        within(limit, host, Step::Resolve, tokio::net::lookup_host((host, port))).await?.map_err(
            |error| ConnectError::Resolve { host: host.to_owned(), reason: error.to_string() },
        )?;
    let mut failure =
        ConnectError::Resolve { host: host.to_owned(), reason: "it has no address".to_owned() };
    for address in addresses {
        if security == Security::PlainLoopback && !address.ip().is_loopback() {
            failure = ConnectError::PlainNotLoopback { host: host.to_owned(), address };
            continue;
        }
        match within(limit, host, Step::Connect, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream
                    .set_nodelay(true)
                    .map_err(|reason| ConnectError::Unreachable { address, reason })?;
                return Ok(stream);
            }
            Ok(Err(reason)) if reason.kind() == io::ErrorKind::ConnectionRefused => {
                failure = ConnectError::Refused { address };
            }
            Ok(Err(reason)) => failure = ConnectError::Unreachable { address, reason },
            Err(hang) => failure = hang,
        }
    }
    Err(failure)
}

/// Agrees on TLS and verifies the certificate against `host`.
pub(crate) async fn handshake(
    stream: TcpStream,
    host: &str,
    trust: &Trust,
    limit: Duration,
) -> Result<Wire, ConnectError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| {
        ConnectError::Certificate { host: host.to_owned(), reason: error.to_string() }
    })?;
    let connector = TlsConnector::from(trust.config());
    within(limit, host, Step::Handshake, connector.connect(name, stream))
        .await?
        .map(|stream| Wire::Tls(Box::new(stream)))
        .map_err(|error| refused_handshake(host, &error))
}

/// Runs `work`, at most for `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    host: &str,
    step: Step,
    work: impl Future<Output = T>,
) -> Result<T, ConnectError> {
    tokio::time::timeout(limit, work).await.map_err(|_| ConnectError::Hang {
        host: host.to_owned(),
        step,
        after: limit,
    })
}

fn refused_handshake(host: &str, error: &io::Error) -> ConnectError {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            ConnectError::Certificate { host: host.to_owned(), reason: reason.to_string() }
        }
        _ => ConnectError::Tls { host: host.to_owned(), reason: error.to_string() },
    }
}
