//! A real name server for one test: dnsmasq on a loopback port of its own.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait::until;

/// RFC 1035 section 3.3.14: a longer text goes in several strings.
const STRING_BYTES_MAX: usize = 255;

/// A running name server that knows everything below `test`; it ends when dropped, and also when
/// the test process dies.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    process: Child,
}

impl NameServer {
    /// Starts one that has these TXT records: names, each with its text. The inner error is the
    /// reason why this machine cannot.
    pub fn start(records: &[(&str, &str)]) -> Result<Result<Self, String>> {
        // Free for both protocols as far as one can tell; nobody else is given it so soon.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new("setpriv");
        command
            .args([
                "--pdeathsig",
                "KILL",
                "/usr/sbin/dnsmasq",
                "--no-daemon",
                "--conf-file=/dev/null",
            ])
            .args(["--no-resolv", "--no-hosts", "--bind-interfaces", "--listen-address=127.0.0.1"])
            .args(["--local=/test/".to_owned(), format!("--port={}", address.port())]);
        for (name, text) in records {
            let strings: Vec<_> = text.as_bytes().chunks(STRING_BYTES_MAX).collect();
            let strings: Vec<_> = strings.into_iter().map(String::from_utf8_lossy).collect();
            command.arg(format!("--txt-record={name},{}", strings.join(",")));
        }
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = match started.spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Err("setpriv is not installed".to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
        let mut server = Self { address, process };
        let answers = until("the name server answers", || {
            if let Some(status) = server.process.try_wait()? {
                // 127: setpriv found no dnsmasq.
                if status.code() == Some(127) {
                    return Ok(Some(false));
                }
                bail!("dnsmasq ended: {status}");
            }
            Ok(TcpStream::connect(address).is_ok().then_some(true))
        })?;
        Ok(if answers { Ok(server) } else { Err("dnsmasq is not installed".to_owned()) })
    }

    /// It accepts questions and answers none, until it is resumed.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Ends a pause; it answers what it was asked meanwhile.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let id = Pid::from_raw(i32::try_from(self.process.id())?);
        Ok(kill_process(id.context("a process id is not 0")?, signal)?)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
