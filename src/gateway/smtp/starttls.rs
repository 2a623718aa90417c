//! STARTTLS (RFC 3207), spoken by ourselves: lettre keeps what it read before the handshake and
//! would take it for the server's protected answer (CVE-2011-0411).

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::error::OpenError;
use crate::{ConnectError, SmtpAccount, Step, net};

const LINE_BYTES_MAX: u64 = 2_048;
const LINES_MAX: usize = 100;

/// Brings a fresh connection to the point where the TLS handshake begins.
pub(super) async fn start_tls(
    stream: TcpStream,
    account: &SmtpAccount,
) -> Result<TcpStream, OpenError> {
    let mut plain =
        Plain { stream: BufReader::new(stream), host: &account.host, limit: account.timeouts.step };
    plain.reply(Step::Greeting).await?;
    plain.send(&format!("EHLO {}\r\n", account.hello_name)).await?;
    let offered = plain.reply(Step::Capability).await?;
    if !offered.iter().any(|line| line.eq_ignore_ascii_case("STARTTLS")) {
        return Err(OpenError::StartTlsMissing);
    }
    plain.send("STARTTLS\r\n").await?;
    plain.reply(Step::StartTls).await?;
    if !plain.stream.buffer().is_empty() {
        return Err(OpenError::Injected);
    }
    Ok(plain.stream.into_inner())
}

struct Plain<'a> {
    stream: BufReader<TcpStream>,
    host: &'a str,
    limit: Duration,
}

impl Plain<'_> {
    async fn send(&mut self, line: &str) -> Result<(), OpenError> {
        self.stream
            .get_mut()
            .write_all(line.as_bytes())
            .await
            .map_err(|error| OpenError::Cut(error.to_string()))
    }

    /// The texts of a positive reply, without the code.
    async fn reply(&mut self, step: Step) -> Result<Vec<String>, OpenError> {
        let (limit, host) = (self.limit, self.host);
        let lines = net::within(limit, host, step, self.lines())
            .await
            .map_err(ConnectError::into)
            .and_then(|lines| lines)?;
        let last = lines.last().map_or("", String::as_str);
        let code = last.get(..3).and_then(|code| code.parse().ok());
        match code {
            Some(200..300) => {}
            Some(code) => {
                let text = last.get(4..).unwrap_or_default().to_owned();
                return Err(OpenError::Refused { step, code, text });
            }
            None => return Err(OpenError::Garbage { step }),
        }
        let texts = lines.iter().filter_map(|line| line.get(4..));
        Ok(texts.map(str::to_owned).collect())
    }

    async fn lines(&mut self) -> Result<Vec<String>, OpenError> {
        let mut lines = Vec::new();
        while lines.len() < LINES_MAX {
            let mut bytes = Vec::new();
            (&mut self.stream)
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut bytes)
                .await
                .map_err(|error| OpenError::Cut(error.to_string()))?;
            if !bytes.ends_with(b"\n") {
                return Err(OpenError::Cut("a reply was cut off".to_owned()));
            }
            let line = String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned();
            let goes_on = line.as_bytes().get(3) == Some(&b'-');
            lines.push(line);
            if !goes_on {
                return Ok(lines);
            }
        }
        Err(OpenError::Cut("a reply has no end".to_owned()))
    }
}
