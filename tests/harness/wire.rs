//! A wire between the program and a server, on which everything can go wrong.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use crate::line;
use crate::random::Random;

/// What goes wrong on a connection, after so many bytes both ways together, or at the end of the
/// mail of that number, counted from 1; the latter on plain SMTP only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is hung up on before the server is asked.
    Refuse,
    /// Both ends are told that the other hung up.
    Cut(u64),
    /// The client's end is reset.
    Reset(u64),
    /// Nothing passes any more; both ends stay open for a while.
    Hang(u64),
    /// The server is told that the client hung up; the client is told nothing.
    HalfOpen(u64),
    /// The server goes on with nonsense, and hangs up.
    Garbage(u64),
    /// Bytes come in small pieces.
    Slow(u64),
    /// It is cut before the final dot goes out: the server never has the mail.
    BeforeDot(u32),
    /// It is cut after the server has accepted the mail, before its answer comes back.
    BeforeReply(u32),
    /// The server has accepted the mail, and nothing comes back any more.
    NoReply(u32),
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Refuse => "Refuse",
            Self::Cut(_) => "Cut",
            Self::Reset(_) => "Reset",
            Self::Hang(_) => "Hang",
            Self::HalfOpen(_) => "HalfOpen",
            Self::Garbage(_) => "Garbage",
            Self::Slow(_) => "Slow",
            Self::BeforeDot(_) => "BeforeDot",
            Self::BeforeReply(_) => "BeforeReply",
            Self::NoReply(_) => "NoReply",
        }
    }
}

/// A local port that leads to another one, for as long as the test process lasts.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    shared: Arc<Shared>,
}

/// What all connections of a wire share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Where it leads; without, it accepts and never answers.
    pub(crate) target: Option<u16>,
    pub(crate) plan: Mutex<Plan>,
    struck: Mutex<BTreeMap<&'static str, u32>>,
    pub(crate) heard: Mutex<Vec<u8>>,
}

/// What goes wrong on which connection.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Every connection, those that are open, too.
    Same(Fault),
    /// Each new connection the next kind in turn; the numbers follow the seed.
    InTurn(Random, fn(u64, &mut Random) -> Fault),
}

impl Wire {
    /// Lays a wire to the port `target`, on which all is well until told otherwise.
    pub fn to(target: u16) -> Result<Self> {
        Self::lay(Some(target))
    }

    /// A server that accepts connections and never says anything.
    pub fn to_nowhere() -> Result<Self> {
        Self::lay(None)
    }

    fn lay(target: Option<u16>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            target,
            plan: Mutex::new(Plan::Same(Fault::None)),
            struck: Mutex::default(),
            heard: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, client) in (0..).zip(listener.incoming().flatten()) {
                let shared = Arc::clone(&accepting);
                // A side that hangs up ends its connection, nothing else.
                thread::spawn(move || line::connect(&shared, number, client));
            }
        });
        Ok(Self { port, shared })
    }

    /// The near end.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on this goes wrong, on open connections, too.
    pub fn suffer(&self, fault: Fault) {
        *lock(&self.shared.plan) = Plan::Same(fault);
    }

    /// From now on each new connection suffers what `choose` gives for its number.
    pub fn suffer_in_turn(&self, random: Random, choose: fn(u64, &mut Random) -> Fault) {
        *lock(&self.shared.plan) = Plan::InTurn(random, choose);
    }

    /// How often each kind of fault has struck.
    pub fn struck(&self) -> BTreeMap<&'static str, u32> {
        lock(&self.shared.struck).clone()
    }

    /// All that clients said in the clear, control characters and all.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&lock(&self.shared.heard)).into_owned()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Counts a fault that strikes.
    pub(crate) fn note(&self, fault: Fault) {
        *lock(&self.struck).entry(fault.name()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    /// A server that says `hello`, then each line it hears, and the bytes it has heard.
    fn echo() -> (u16, Arc<Mutex<Vec<u8>>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut lines = BufReader::new(&client);
                (&client).write_all(b"hello\n").unwrap();
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                    let _ = (&client).write_all(&line);
                    lock(&hearing).append(&mut line);
                }
                lock(&hearing).extend_from_slice(b"END");
            }
        });
        (port, heard)
    }

    /// What a client reads who says `question`, and how it ends.
    fn ask(wire: &Wire, question: &[u8]) -> (Vec<u8>, Option<ErrorKind>) {
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, wire.port())).unwrap();
        client.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut read = vec![0; 6];
        let mut end = client.read_exact(&mut read);
        if end.is_ok() {
            client.write_all(question).unwrap();
            end = client.read_to_end(&mut read).map(|_| ());
        }
        (read, end.err().map(|error| error.kind()))
    }

    #[test]
    fn each_fault_does_what_it_says() {
        let mail = b"mail\r\n.\r\n";
        let whole = b"hello\nmail\r\n.\r\n".to_vec();
        let silence = Some(ErrorKind::WouldBlock);
        for (fault, expected, end, arrives) in [
            (Fault::None, &whole[..], silence, true),
            (Fault::Slow(0), &whole, silence, true),
            (Fault::Cut(8), b"hello\n", None, false),
            (Fault::Reset(8), b"hello\n", Some(ErrorKind::ConnectionReset), false),
            (Fault::Hang(8), b"hello\n", silence, false),
            (Fault::HalfOpen(8), b"hello\n", silence, false),
            (Fault::BeforeDot(1), b"hello\n", None, false),
            (Fault::BeforeReply(1), b"hello\n", None, true),
            (Fault::NoReply(1), b"hello\n", silence, true),
        ] {
            let (port, heard) = echo();
            let wire = Wire::to(port).unwrap();
            wire.suffer(fault);
            assert_eq!(ask(&wire, mail), (expected.to_vec(), end), "{fault:?}");
            let heard = crate::until("the server has heard something, or that it is over", || {
                let heard = lock(&heard).clone();
                Ok((heard.starts_with(mail) || heard.ends_with(b"END")).then_some(heard))
            })
            .unwrap();
            assert_eq!(heard.starts_with(mail), arrives, "{fault:?}");
        }
    }
}
