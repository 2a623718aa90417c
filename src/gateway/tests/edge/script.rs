//! A server on loopback that follows a script, once for every connection.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One thing a scripted server does.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// Sends text; `{tag}` is the first word of the last line that was expected.
    Say(String),
    /// Reads a line that holds this text; hangs up on any other.
    Expect(&'static str),
    /// Reads a line that belongs to the command before.
    Line,
    /// Reads a message up to its final dot.
    Content,
    /// Says nothing more, and keeps the connection.
    Hang,
    /// Repeats text for ever.
    Flood(String),
}

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

pub(crate) fn say(text: &str) -> Turn {
    Turn::Say(text.to_owned())
}

impl Server {
    /// Follows one script for the first connection, the next for the second, ..., the last one for
    /// all others; hangs up at the end of each.
    pub(crate) async fn start(scripts: Vec<Vec<Turn>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut scripts = scripts.into_iter();
            let mut script = scripts.next().unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(play(stream, script.clone(), Arc::clone(&lines)));
                script = scripts.next().unwrap_or(script);
            }
        });
        Self { port, heard }
    }

    /// All lines and messages the server read, of all connections.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn play(stream: TcpStream, script: Vec<Turn>, heard: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let mut tag = String::new();
    for turn in script {
        match turn {
            Turn::Say(text) => {
                let text = text.replace("{tag}", &tag);
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Turn::Expect(_) | Turn::Line => {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                heard.lock().unwrap().push(line.clone());
                if let Turn::Expect(text) = turn {
                    if !line.contains(text) {
                        return;
                    }
                    tag = line.split(' ').next().unwrap_or_default().to_owned();
                }
            }
            Turn::Content => {
                let mut content = Vec::new();
                while !content.ends_with(b"\r\n.\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => content.push(byte),
                        Err(_) => return,
                    }
                }
                heard.lock().unwrap().push(String::from_utf8_lossy(&content).into_owned());
            }
            Turn::Hang => std::future::pending().await,
            Turn::Flood(text) => {
                let many = text.repeat(1_000);
                while stream.write_all(many.as_bytes()).await.is_ok() {}
                return;
            }
        }
    }
}
