//! A tap on a connection: it leads to a server and keeps what the client says; or it leads nowhere
//! and never answers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// A local port.
#[derive(Debug)]
pub(crate) struct Tap {
    port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// A tap on the way to the port `target`; without one, it accepts and says nothing.
    pub(crate) fn on(target: Option<u16>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let heard = Arc::clone(&hearing);
                // A side that hangs up ends its connection, nothing else.
                thread::spawn(move || carry(&client, target, &heard));
            }
        });
        Ok(Self { port, heard })
    }

    /// The near end.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// All that clients said in the clear, control characters and all.
    pub(crate) fn heard(&self) -> String {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&heard).into_owned()
    }
}

fn carry(
    mut client: &TcpStream,
    target: Option<u16>,
    heard: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    let mut server =
        target.map(|port| TcpStream::connect((Ipv4Addr::LOCALHOST, port))).transpose()?;
    if let Some(server) = &server {
        let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    let mut buffer = [0; 4096];
    loop {
        let count = client.read(&mut buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        if let Some(server) = &mut server {
            server.write_all(bytes)?;
        }
    }
}
