//! The program that is asked about contracts, over HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use anyhow::{Context, Result};

/// Whoever looks after customers with a gold contract.
pub(crate) const MANAGER: &str = "manager@ext.com";
/// The customer whom it knows nothing of: it fails.
pub(crate) const UNKNOWN: &str = "partner0@business.com";

/// It answers for as long as the test process lasts.
pub(crate) struct Crm {
    port: u16,
}

impl Crm {
    /// Starts it.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Whoever asked may have been killed.
                thread::spawn(move || answer(&client).is_ok());
            }
        });
        Ok(Self { port })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

fn answer(mut client: &TcpStream) -> Result<()> {
    let mut lines = BufReader::new(client);
    let mut length = 0;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let asked: serde_json::Value = serde_json::from_slice(&body)?;
    let address = asked["address"].as_str().context("it names the customer")?;
    let (status, body) = if address == UNKNOWN {
        ("500 Internal Server Error", String::new())
    } else if address.ends_with("@business.com") {
        ("200 OK", format!("{{\"level\": \"gold\", \"manager\": \"{MANAGER}\"}}"))
    } else {
        ("200 OK", "{\"level\": \"silver\", \"manager\": \"\"}".to_owned())
    };
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    Ok(())
}
