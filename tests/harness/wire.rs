//! A wire between the program and Postfix that can be cut at the worst moment.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

const END_OF_MAIL: &[u8] = b"\r\n.\r\n";

/// Where in a mail the wire is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere: everything passes.
    Never,
    /// Before the final dot goes out: the server never has the mail.
    BeforeDot,
    /// After the server has accepted the mail, before its reply comes back.
    BeforeReply,
}

/// A local port that leads to another one, for plain SMTP.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: u16,
    cut: Mutex<Cut>,
    cuts: AtomicU32,
}

impl Wire {
    /// Lays a wire to the port `target`; it lasts as long as the test process.
    pub fn to(target: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { target, cut: Mutex::new(Cut::Never), cuts: AtomicU32::new(0) });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                // A side that hangs up ends its connection, nothing else.
                thread::spawn(move || carry(&client, &shared));
            }
        });
        Ok(Self { port, shared })
    }

    /// The near end.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on, every mail is cut there.
    pub fn cut(&self, cut: Cut) {
        *self.shared.cut.lock().unwrap_or_else(PoisonError::into_inner) = cut;
    }

    /// How many mails have been cut.
    pub fn cuts(&self) -> u32 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

/// Carries one connection, one reply at a time: SMTP waits for the reply to the final dot.
fn carry(client: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, shared.target))?;
    let (back_from, back_to) = (server.try_clone()?, client.try_clone()?);
    let replies = thread::spawn(move || copy(back_from, back_to));
    let cut = forward(client, &server, shared);
    let _ = client.shutdown(Shutdown::Both);
    if !matches!(cut, Ok(Cut::BeforeReply)) {
        let _ = server.shutdown(Shutdown::Both);
    }
    // After a cut before the reply this ends once the server has replied, and so has the mail.
    let _ = replies.join();
    cut.map(|_| ())
}

/// Carries what the client says until it hangs up or the wire is cut, and says where.
fn forward(
    mut client: &TcpStream,
    mut server: &TcpStream,
    shared: &Shared,
) -> std::io::Result<Cut> {
    let mut last = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = client.read(&mut buffer)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(Cut::Never);
        }
        last.extend_from_slice(bytes);
        let cut = *shared.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if cut != Cut::Never && last.ends_with(END_OF_MAIL) {
            if cut == Cut::BeforeReply {
                // Nothing goes back to the client any more.
                client.shutdown(Shutdown::Both)?;
                server.write_all(bytes)?;
            }
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return Ok(cut);
        }
        server.write_all(bytes)?;
        let surplus = last.len().saturating_sub(END_OF_MAIL.len() - 1);
        last.drain(..surplus);
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    // The other direction notices when either side hangs up.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
