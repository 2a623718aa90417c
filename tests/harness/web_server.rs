//! A program that others ask over HTTP: it answers well, badly, or not at all, as the question says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// The size of an answer that nobody wants.
const FLOOD_BYTES: usize = 10 << 20;

/// A running web server; its threads end with the test process.
///
/// What it does with a question is decided by a word in its body: `hang` is never answered, `flood` is
/// answered with 10 MB, `close` with nothing; anything else with `answer`.
#[derive(Debug)]
pub struct WebServer {
    port: u16,
    asked: Arc<Mutex<Vec<Question>>>,
}

/// What it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The header field `Idempotency-Key`.
    pub key: String,
    /// The body.
    pub body: String,
}

impl WebServer {
    /// Starts one on a port of its own.
    pub fn start(answer: &'static str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let questions = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let questions = Arc::clone(&questions);
                // Whoever asked may have gone.
                thread::spawn(move || serve(stream, answer, &questions).is_ok());
            }
        });
        Ok(Self { port, asked })
    }

    /// Host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What it was asked so far, in order.
    pub fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(stream: TcpStream, answer: &str, asked: &Mutex<Vec<Question>>) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("idempotency-key") {
            value.trim().clone_into(&mut key);
        } else if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body)?;
    let says = |word: &str| body.contains(word);
    let (hangs, floods, closes) = (says("hang"), says("flood"), says("close"));
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(Question { key, body });
    if closes {
        return Ok(());
    }
    if hangs {
        // Until whoever asked gives up.
        reader.read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    let answer = if floods { "x".repeat(FLOOD_BYTES) } else { answer.to_owned() };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        answer.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(answer.as_bytes())?;
    Ok(())
}
