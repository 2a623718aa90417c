//! Splits what a server sends into responses, within limits that hold before memory is taken.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use crate::wire::{ReadError, read_more};

const READ_BYTES: usize = 64 << 10;
/// The longest line of a response, literals apart; a server that sends more is not served.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Why no response could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodecError {
    #[error(transparent)]
    Wire(#[from] ReadError),
    #[error("a line is longer than {LINE_BYTES_MAX} bytes")]
    LineTooLong,
    #[error("a literal of {announced} bytes was announced, at most {max} are allowed")]
    LiteralTooLarge { announced: u64, max: u64 },
}

/// A connection that sends lines and receives whole responses.
#[derive(Debug)]
pub(super) struct Codec<S> {
    stream: S,
    buffer: BytesMut,
    frame: Frame,
}

/// How far the response at the start of the buffer has been looked at.
#[derive(Debug, Default)]
struct Frame {
    /// Where the line that is being read begins; behind the last literal.
    line_start: usize,
    /// Up to where that line has no end.
    searched: usize,
    /// The bytes of the literals so far.
    literal_bytes: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Codec<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new(), frame: Frame::default() }
    }

    /// Sends one line.
    pub(super) async fn send(&mut self, line: &str) -> Result<(), CodecError> {
        let mut bytes = Vec::with_capacity(line.len() + 2);
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        self.stream.write_all(&bytes).await.map_err(ReadError::Io)?;
        Ok(self.stream.flush().await.map_err(ReadError::Io)?)
    }

    /// Reads one response with its literals, up to and including the final line end; fails once
    /// nothing came for `silence_max`. The next call goes on where a failed or dropped one
    /// stopped.
    pub(super) async fn read(
        &mut self,
        literal_bytes_max: u64,
        silence_max: Duration,
    ) -> Result<Bytes, CodecError> {
        loop {
            if let Some(length) = self.frame.end(&self.buffer, literal_bytes_max)? {
                self.frame = Frame::default();
                return Ok(self.buffer.split_to(length).freeze());
            }
            let missing = self.frame.line_start.saturating_sub(self.buffer.len());
            let room = missing.max(READ_BYTES);
            read_more(&mut self.stream, &mut self.buffer, room, silence_max).await?;
        }
    }

    /// The bare connection; `None` where bytes came that nobody asked for, which before a TLS
    /// handshake were put there by someone else (CVE-2011-0411).
    pub(super) fn into_stream(self) -> Option<S> {
        self.buffer.is_empty().then_some(self.stream)
    }
}

impl Frame {
    /// The length of the response at the start of `buffer`, once it is complete.
    fn end(&mut self, buffer: &[u8], literal_bytes_max: u64) -> Result<Option<usize>, CodecError> {
        loop {
            let from = self.searched.max(self.line_start);
            let Some(unread) = buffer.get(from..) else {
                return Ok(None);
            };
            let Some(at) = unread.iter().position(|&byte| byte == b'\n') else {
                self.searched = buffer.len();
                let line_bytes = buffer.len().saturating_sub(self.line_start);
                return match line_bytes > LINE_BYTES_MAX {
                    true => Err(CodecError::LineTooLong),
                    false => Ok(None),
                };
            };
            let end = from + at + 1;
            let line = buffer.get(self.line_start..end).unwrap_or_default();
            let Some(literal) = announced(line).filter(|_| may_have_literals(buffer)) else {
                return Ok(Some(end));
            };
            self.literal_bytes = self.literal_bytes.saturating_add(literal);
            let length = usize::try_from(literal).ok();
            let next = length.and_then(|length| end.checked_add(length));
            match next {
                Some(next) if self.literal_bytes <= literal_bytes_max => self.line_start = next,
                _ => {
                    return Err(CodecError::LiteralTooLarge {
                        announced: self.literal_bytes,
                        max: literal_bytes_max,
                    });
                }
            }
        }
    }
}

/// The length in `{length}` at the end of a line (RFC 3501 section 4.3).
pub(super) fn announced(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\r\n")?.strip_suffix(b"}")?;
    let open = line.iter().rposition(|&byte| byte == b'{')?;
    let digits = std::str::from_utf8(line.get(open + 1..)?).ok()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than fit are a length beyond every limit.
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Whether the response is data; free text of a status may end in braces, too.
fn may_have_literals(response: &[u8]) -> bool {
    let Some(data) = response.strip_prefix(b"* ") else {
        return false;
    };
    let word = data.split(|byte| matches!(byte, b' ' | b'\r')).next();
    let word = word.unwrap_or_default().to_ascii_uppercase();
    !matches!(&word[..], b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(input: &[u8], literal_bytes_max: u64, piece: usize) -> Vec<String> {
        let (client, mut server) = tokio::io::duplex(piece);
        let input = input.to_vec();
        tokio::spawn(async move { server.write_all(&input).await });
        let mut codec = Codec::new(client);
        let mut seen = Vec::new();
        loop {
            match codec.read(literal_bytes_max, Duration::MAX).await {
                Ok(frame) => seen.push(String::from_utf8(frame.to_vec()).unwrap()),
                Err(error) => {
                    seen.push(error.to_string());
                    return seen;
                }
            }
        }
    }

    #[tokio::test]
    async fn responses_are_split_wherever_the_network_cuts_them() {
        let parts = [
            "* OK ends in a brace {5}\r\n",
            "* 1 FETCH (BODY[] {7}\r\na\r\nb {9} UID 4 X {0}\r\n)\r\n",
            "* 1 FETCH (BODY[] {1}\r\n{)\r\n",
            "A1 OK done {3}\r\n",
            "+ go {3}\r\n",
        ];
        let input = parts.concat();
        for piece in [1, 2, 7, 4096] {
            let seen = read_all(input.as_bytes(), 100, piece).await;
            assert_eq!(seen[..5], parts, "pieces of {piece}");
            assert_eq!(seen[5], "the connection was closed");
        }
    }

    #[tokio::test]
    async fn limits_hold_before_memory_is_taken() {
        let cases = [
            ("* 1 FETCH (BODY[] {4294967296}\r\n", "4294967296 bytes"),
            ("* 1 FETCH (BODY[] {99999999999999999999999}\r\n", "18446744073709551615 bytes"),
            (
                "* 1 FETCH (X {60}\r\n012345678901234567890123456789012345678901234567890123456789 \
                 Y {60}\r\n",
                "120 bytes",
            ),
        ];
        for (input, expected) in cases {
            let seen = read_all(input.as_bytes(), 100, 4096).await;
            assert!(seen[0].contains(expected), "{seen:?}");
        }
        let seen = read_all(&[b'x'; 200_000], 100, 4096).await;
        assert!(seen[0].contains("line is longer"), "{seen:?}");
    }
}
