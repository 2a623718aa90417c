//! One connection on a wire, and how each fault happens to it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::random::Random;
use crate::wire::{Fault, Plan, Shared, lock};

const END_OF_MAIL: &[u8] = b"\r\n.\r\n";
/// A slow wire passes so many bytes at once, with a pause behind them.
const SLOW_BYTES: usize = 256;
const SLOW_PAUSE: Duration = Duration::from_millis(2);
/// After this time a line that went dead is taken down, as a router that has forgotten it does.
const DEAD_FOR: Duration = Duration::from_secs(2);
/// How many bytes of nonsense a server says before it hangs up.
const GARBAGE_BYTES: usize = 300;

/// One connection.
struct Line<'a> {
    shared: &'a Shared,
    client: TcpStream,
    server: TcpStream,
    /// Its own fault, where the plan gives each its own.
    own: Option<Fault>,
    noise: Mutex<Random>,
    /// Bytes both ways together.
    passed: AtomicU64,
    has_struck: AtomicBool,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Both sides hear each other.
    Open,
    /// Neither hears the other any more, nor that the server hung up.
    Dead,
    /// The client is gone; the server may answer once more before it is hung up on.
    Parting,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// Carries one connection to its end; `number` counts the connections of the wire from 0.
pub(crate) fn connect(shared: &Shared, number: u64, client: TcpStream) -> io::Result<()> {
    let (own, noise) = match &*lock(&shared.plan) {
        Plan::Same(_) => (None, Random::default()),
        Plan::InTurn(random, choose) => {
            let mut random = random.part(number);
            (Some(choose(number, &mut random)), random)
        }
    };
    let Some(target) = shared.target else {
        return listen(shared, client);
    };
    if own == Some(Fault::Refuse) {
        shared.note(Fault::Refuse);
        return Ok(());
    }
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let line = Line {
        shared,
        client,
        server,
        own,
        noise: Mutex::new(noise),
        passed: AtomicU64::new(0),
        has_struck: AtomicBool::new(false),
        state: Mutex::new(State::Open),
    };
    thread::scope(|scope| {
        scope.spawn(|| line.carry(Side::Server));
        line.carry(Side::Client);
    });
    Ok(())
}

/// Hears what a client says to nobody.
fn listen(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        lock(&shared.heard).extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
}

impl Line<'_> {
    /// Carries what one side says until it hangs up or a fault ends the connection.
    fn carry(&self, side: Side) {
        // Whatever fails is the other side hanging up.
        let _ = self.carry_all(side);
        match (side, *lock(&self.state)) {
            (Side::Server, State::Dead) | (Side::Client, State::Parting) => {}
            _ => self.hang_up(),
        }
    }

    fn carry_all(&self, side: Side) -> io::Result<()> {
        let (mut from, mut to) = match side {
            Side::Client => (&self.client, &self.server),
            Side::Server => (&self.server, &self.client),
        };
        let mut mails = Mails::default();
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            match *lock(&self.state) {
                _ if bytes.is_empty() => return Ok(()),
                State::Open => {}
                State::Dead => continue,
                State::Parting => {
                    self.hang_up();
                    return Ok(());
                }
            }
            if side == Side::Client {
                lock(&self.shared.heard).extend_from_slice(bytes);
            }
            let ended = if side == Side::Client { mails.ended(bytes) } else { None };
            let fault = self.fault();
            match self.place(fault, side, bytes.len(), ended) {
                None => to.write_all(bytes)?,
                Some(place) => {
                    let (before, after) = bytes.split_at_checked(place).unwrap_or((bytes, &[]));
                    to.write_all(before)?;
                    self.strike(fault, to, after)?;
                }
            }
        }
    }

    /// What goes wrong on this connection now.
    fn fault(&self) -> Fault {
        match (&*lock(&self.shared.plan), self.own) {
            (Plan::InTurn(..), Some(own)) => own,
            (Plan::InTurn(..), None) => Fault::None,
            (Plan::Same(fault), _) => *fault,
        }
    }

    /// Behind how many of the next bytes of a side the fault strikes; `None` where it does not.
    fn place(&self, fault: Fault, side: Side, count: usize, ended: Option<u32>) -> Option<usize> {
        let count = count as u64;
        let before = self.passed.fetch_add(count, Ordering::SeqCst);
        let after = match fault {
            Fault::None | Fault::Refuse => return None,
            Fault::Garbage(_) if side == Side::Client => return None,
            Fault::BeforeDot(mail) | Fault::BeforeReply(mail) | Fault::NoReply(mail) => {
                return ended.filter(|&ended| ended >= mail).map(|_| 0);
            }
            Fault::Cut(after)
            | Fault::Reset(after)
            | Fault::Hang(after)
            | Fault::HalfOpen(after)
            | Fault::Garbage(after)
            | Fault::Slow(after) => after,
        };
        let place = after.saturating_sub(before);
        (place < count).then(|| usize::try_from(place).unwrap_or_default())
    }

    /// Lets a fault happen; `due` are the bytes that were to be passed next.
    fn strike(&self, fault: Fault, mut to: &TcpStream, due: &[u8]) -> io::Result<()> {
        if !self.has_struck.swap(true, Ordering::SeqCst) {
            self.shared.note(fault);
        }
        match fault {
            Fault::None | Fault::Refuse => {}
            Fault::Cut(_) | Fault::BeforeDot(_) => self.hang_up(),
            Fault::Reset(_) => {
                rustix::net::connect_unspec(&self.client)?;
                self.hang_up();
            }
            Fault::Hang(_) => self.die(),
            Fault::HalfOpen(_) => {
                self.turn(State::Dead);
                self.server.shutdown(Shutdown::Both)?;
                self.die();
            }
            Fault::Garbage(_) => {
                let mut noise = lock(&self.noise);
                let garbage: Vec<u8> = (0..GARBAGE_BYTES).map(|_| noise.byte()).collect();
                to.write_all(&garbage)?;
                self.hang_up();
            }
            Fault::Slow(_) => {
                for piece in due.chunks(SLOW_BYTES) {
                    to.write_all(piece)?;
                    thread::sleep(SLOW_PAUSE);
                }
            }
            Fault::BeforeReply(_) => {
                self.turn(State::Parting);
                self.client.shutdown(Shutdown::Both)?;
                to.write_all(due)?;
            }
            Fault::NoReply(_) => {
                self.turn(State::Dead);
                to.write_all(due)?;
                self.die();
            }
        }
        Ok(())
    }

    fn turn(&self, state: State) {
        *lock(&self.state) = state;
    }

    fn die(&self) {
        self.turn(State::Dead);
        thread::sleep(DEAD_FOR);
        self.hang_up();
    }

    fn hang_up(&self) {
        // An end that is gone already needs no more.
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

/// Counts the mails that a client has sent.
#[derive(Default)]
struct Mails {
    last: Vec<u8>,
    count: u32,
}

impl Mails {
    /// The number of the mail that ends with these bytes.
    fn ended(&mut self, bytes: &[u8]) -> Option<u32> {
        self.last.extend_from_slice(bytes);
        let surplus = self.last.len().saturating_sub(END_OF_MAIL.len());
        self.last.drain(..surplus);
        // Nothing follows the final dot until it was answered.
        let ends = self.last == END_OF_MAIL;
        self.count += u32::from(ends);
        ends.then_some(self.count)
    }
}
