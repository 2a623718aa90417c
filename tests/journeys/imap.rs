//! A few IMAP commands by hand, as somebody with a mail client of their own gives them.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};
use harness::Servers;

use super::office::PASSWORD;

/// A session of `user`.
pub(crate) struct Imap {
    stream: BufReader<TcpStream>,
}

impl Imap {
    pub(crate) fn login(servers: &Servers, user: &str) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, servers.port("IMAP")?))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut imap = Self { stream: BufReader::new(stream) };
        imap.line()?;
        imap.run(&format!("LOGIN \"{user}\" \"{PASSWORD}\""))?;
        Ok(imap)
    }

    /// Runs a command that must succeed.
    pub(crate) fn run(&mut self, command: &str) -> Result<()> {
        self.say(&format!("A {command}"))?;
        self.done()
    }

    /// Puts a mail into a folder.
    pub(crate) fn append(&mut self, folder: &str, mail: &[u8]) -> Result<()> {
        self.say(&format!("A APPEND \"{folder}\" {{{}}}", mail.len()))?;
        while !self.line()?.starts_with('+') {}
        self.stream.get_mut().write_all(mail)?;
        self.say("")?;
        self.done()
    }

    fn say(&mut self, line: &str) -> Result<()> {
        Ok(self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes())?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            bail!("the IMAP server hung up");
        }
        if line.starts_with("A NO") || line.starts_with("A BAD") {
            bail!("the IMAP server refuses: {line}");
        }
        Ok(line)
    }

    fn done(&mut self) -> Result<()> {
        while !self.line()?.starts_with("A OK") {}
        Ok(())
    }
}
