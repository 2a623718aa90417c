//! A wire between a client and a server that can be cut.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    cuts: watch::Sender<()>,
}

impl Proxy {
    /// Listens on `address` and passes bytes on to `port` on loopback. `limit` gives, for the
    /// first, second, ... connection, after how many bytes from the server it is cut.
    pub(crate) async fn start(
        address: Ipv4Addr,
        port: u16,
        limit: impl Fn(u32) -> Option<usize> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let local = listener.local_addr().unwrap().port();
        let cuts = watch::Sender::new(());
        let cut = cuts.clone();
        tokio::spawn(async move {
            for number in 0.. {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                let mut cut = cut.subscribe();
                let passing = pass(client, server, limit(number));
                tokio::spawn(async move {
                    tokio::select! {
                        () = passing => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { port: local, cuts }
    }

    /// Cuts every connection there is now.
    pub(crate) fn cut(&self) {
        self.cuts.send_replace(());
    }
}

async fn pass(client: TcpStream, server: TcpStream, limit: Option<usize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let down = async {
        let mut left = limit.unwrap_or(usize::MAX);
        let mut buffer = [0; 4096];
        while left > 0 {
            let count = from_server.read(&mut buffer).await.unwrap_or(0).min(left);
            if count == 0 || to_client.write_all(&buffer[..count]).await.is_err() {
                break;
            }
            left -= count;
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
