//! One mail sent over SMTP (RFC 5321) or LMTP (RFC 2033), the way a mail client's server does it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::mail::Outgoing;

const PATIENCE: Duration = Duration::from_secs(20);

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// To Postfix.
    Smtp,
    /// Straight into Dovecot.
    Lmtp,
}

/// Sends a mail to the SMTP server on `port`; the error is the server's own line.
pub fn submit_to(port: u16, mail: &Outgoing) -> Result<()> {
    send(Protocol::Smtp, port, &mail.sender, &mail.recipients, &mail.raw)
}

/// Sends `mail` (any line ends) to all of `recipients`; the error is the server's own line.
pub(crate) fn send(
    protocol: Protocol,
    port: u16,
    sender: &str,
    recipients: &[String],
    mail: &[u8],
) -> Result<()> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("no server answers on port {port}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut dialogue = Dialogue { reader: BufReader::new(stream) };
    dialogue.expect('2')?;
    let hello = match protocol {
        Protocol::Smtp => "EHLO",
        Protocol::Lmtp => "LHLO",
    };
    dialogue.say(&format!("{hello} client.test"), '2')?;
    dialogue.say(&format!("MAIL FROM:<{sender}>"), '2')?;
    for recipient in recipients {
        dialogue.say(&format!("RCPT TO:<{recipient}>"), '2')?;
    }
    dialogue.say("DATA", '3')?;
    dialogue.reader.get_mut().write_all(&stuffed(mail))?;
    let replies = match protocol {
        Protocol::Smtp => 1,
        Protocol::Lmtp => recipients.len(),
    };
    for _ in 0..replies {
        dialogue.expect('2')?;
    }
    dialogue.say("QUIT", '2')
}

struct Dialogue {
    reader: BufReader<TcpStream>,
}

impl Dialogue {
    fn say(&mut self, line: &str, expected: char) -> Result<()> {
        self.reader.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.expect(expected)
    }

    /// Reads one reply, which may have several lines.
    fn expect(&mut self, expected: char) -> Result<()> {
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                bail!("the server hung up");
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                if line.starts_with(expected) {
                    return Ok(());
                }
                bail!("{}", line.trim_end());
            }
        }
    }
}

/// The mail as DATA wants it: CRLF line ends, dots doubled, the final dot (RFC 5321 section 4.5.2).
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(mail.len() + mail.len() / 32 + 5);
    for line in mail.split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b".") {
            bytes.push(b'.');
        }
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b".\r\n");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_crlf_and_dots_are_doubled() {
        assert_eq!(stuffed(b"a\n.b\r\n\n..c"), b"a\r\n..b\r\n\r\n...c\r\n.\r\n");
        assert_eq!(stuffed(b""), b".\r\n");
    }
}
