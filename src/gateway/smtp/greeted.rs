//! A connection that is greeted a second time, for lettre, which expects a greeting after TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::Wire;

/// A connection, after some bytes that are read first.
#[derive(Debug)]
pub(super) struct Greeted {
    greeting: &'static [u8],
    wire: Wire,
}

impl Greeted {
    /// A connection on which the server still has to greet.
    pub(super) fn by_server(wire: Wire) -> Self {
        Self { greeting: b"", wire }
    }

    /// A connection on which the server greeted before TLS; it does not do so again
    /// (RFC 3207 section 4.2).
    pub(super) fn already(wire: Wire) -> Self {
        Self { greeting: b"220 TLS is up\r\n", wire }
    }
}

impl AsyncTokioStream for Greeted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.wire.peer_addr()
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.greeting.is_empty() {
            return Pin::new(&mut this.wire).poll_read(context, buffer);
        }
        let count = buffer.remaining().min(this.greeting.len());
        if let Some((now, later)) = this.greeting.split_at_checked(count) {
            buffer.put_slice(now);
            this.greeting = later;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().wire).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(context)
    }
}
