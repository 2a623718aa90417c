//! Splits what a server sends into lines and messages, within limits that hold before memory is
//! taken.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use crate::wire::{ReadError, read_more};

const READ_BYTES: usize = 64 << 10;
/// The longest line of an answer; RFC 1939 section 3 allows 512 bytes.
const LINE_BYTES_MAX: usize = 8 << 10;
/// The longest message that is read to its end, kept or not.
const CONTENT_BYTES_MAX: u64 = 1 << 30;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum CodecError {
    #[error(transparent)]
    Wire(#[from] ReadError),
    #[error("a line is longer than {LINE_BYTES_MAX} bytes")]
    LineTooLong,
    #[error("a message has no end within {CONTENT_BYTES_MAX} bytes")]
    Endless,
}

/// A connection that sends lines and receives lines and messages.
#[derive(Debug)]
pub(super) struct Codec<S> {
    stream: S,
    buffer: BytesMut,
}

/// A message as it was sent, so far as it was wanted.
#[derive(Debug)]
pub(super) struct Content {
    /// The first bytes of it.
    pub(super) kept: Bytes,
    /// The size of all of it.
    pub(super) size: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Codec<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// Sends lines, which must have their ends.
    pub(super) async fn send(&mut self, lines: &str) -> Result<(), CodecError> {
        self.stream.write_all(lines.as_bytes()).await.map_err(ReadError::Io)?;
        Ok(self.stream.flush().await.map_err(ReadError::Io)?)
    }

    /// Reads a line and takes its end off; fails once nothing came for `silence_max`.
    pub(super) async fn line(&mut self, silence_max: Duration) -> Result<Bytes, CodecError> {
        let mut searched = 0;
        loop {
            let unread = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = unread.iter().position(|&byte| byte == b'\n') {
                let mut line = self.buffer.split_to(searched + at + 1);
                line.truncate(searched + at);
                if line.last() == Some(&b'\r') {
                    line.truncate(line.len() - 1);
                }
                return Ok(line.freeze());
            }
            searched = self.buffer.len();
            if searched > LINE_BYTES_MAX {
                return Err(CodecError::LineTooLong);
            }
            self.more(silence_max).await?;
        }
    }

    /// Reads a message up to its final dot, takes off the dots that were put in for the transport,
    /// and keeps its first `keep_bytes_max` bytes.
    pub(super) async fn content(
        &mut self,
        size_expected: usize,
        keep_bytes_max: u64,
        silence_max: Duration,
    ) -> Result<Content, CodecError> {
        let mut unstuffing = Unstuffing {
            at: At::Start,
            kept: BytesMut::with_capacity(size_expected),
            keep_bytes_max: usize::try_from(keep_bytes_max).unwrap_or(usize::MAX),
            size: 0,
        };
        while !unstuffing.take(&mut self.buffer) {
            if unstuffing.size > CONTENT_BYTES_MAX {
                return Err(CodecError::Endless);
            }
            self.more(silence_max).await?;
        }
        Ok(Content { kept: unstuffing.kept.freeze(), size: unstuffing.size })
    }

    /// The bare connection; `None` where bytes came that nobody asked for, which before a TLS
    /// handshake were put there by someone else (CVE-2011-0411).
    pub(super) fn into_stream(self) -> Option<S> {
        self.buffer.is_empty().then_some(self.stream)
    }

    async fn more(&mut self, silence_max: Duration) -> Result<(), CodecError> {
        Ok(read_more(&mut self.stream, &mut self.buffer, READ_BYTES, silence_max).await?)
    }
}

/// Undoes RFC 1939 section 3. Only CRLF ends a line: servers put no dot behind a bare LF, so a
/// sender who writes one would otherwise decide where the message ends and what we read next.
struct Unstuffing {
    at: At,
    kept: BytesMut,
    keep_bytes_max: usize,
    size: u64,
}

/// What the next byte follows.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// CRLF, or nothing.
    Start,
    /// A bare CR.
    Return,
    /// Anything else.
    Inside,
}

impl Unstuffing {
    /// Takes in what has come; `true` once the message is complete.
    fn take(&mut self, buffer: &mut BytesMut) -> bool {
        loop {
            if self.at == At::Start {
                match &buffer[..] {
                    [b'.', b'\r', b'\n', ..] => {
                        buffer.advance(3);
                        return true;
                    }
                    [] | [b'.'] | [b'.', b'\r'] => return false,
                    [b'.', ..] => buffer.advance(1),
                    _ => {}
                }
                self.at = At::Inside;
            }
            let length = match buffer.iter().position(|&byte| byte == b'\n') {
                Some(at) => at + 1,
                None if buffer.is_empty() => return false,
                None => buffer.len(),
            };
            let part = buffer.get(..length).unwrap_or_default();
            self.at = match part {
                [b'\n'] if self.at == At::Return => At::Start,
                [.., b'\r', b'\n'] => At::Start,
                [.., b'\r'] => At::Return,
                _ => At::Inside,
            };
            let room = self.keep_bytes_max.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(part.get(..room).unwrap_or(part));
            self.size += length as u64;
            buffer.advance(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(input: &[u8], piece: usize) -> Codec<tokio::io::DuplexStream> {
        let (client, mut server) = tokio::io::duplex(piece);
        let input = input.to_vec();
        tokio::spawn(async move { server.write_all(&input).await });
        Codec::new(client)
    }

    #[tokio::test]
    async fn messages_are_read_wherever_the_network_cuts_them() {
        let cases = [
            (".\r\n", ""),
            ("a\r\n.\r\n", "a\r\n"),
            ("..\r\n..b\r\n.c\r\n.\r\n", ".\r\n.b\r\nc\r\n"),
            ("a.\r\n \r\n.\r\n", "a.\r\n \r\n"),
            // Bare LF and bare CR end no line.
            ("a\n.\n.x\r.\r\n.\r\n", "a\n.\n.x\r.\r\n"),
            ("a\n.\r\nb\r\r\n.\r\n", "a\n.\r\nb\r\r\n"),
        ];
        for (input, expected) in cases {
            for piece in [1, 2, 3, 7, 4096] {
                let mut codec = codec(format!("+OK\r\n{input}+OK next\r\n").as_bytes(), piece);
                assert_eq!(codec.line(Duration::MAX).await.unwrap(), "+OK");
                let content = codec.content(0, u64::MAX, Duration::MAX).await.unwrap();
                assert_eq!(content.kept, expected, "{input:?} in pieces of {piece}");
                assert_eq!(content.size, expected.len() as u64);
                assert_eq!(codec.line(Duration::MAX).await.unwrap(), "+OK next");
            }
        }
    }

    #[tokio::test]
    async fn only_what_is_wanted_is_kept() {
        let long = "x".repeat(300_000);
        let mut codec = codec(format!("{long}\r\nend\r\n.\r\n+OK\n").as_bytes(), 4096);
        let content = codec.content(0, 5, Duration::MAX).await.unwrap();
        assert_eq!((content.kept, content.size), (Bytes::from("xxxxx"), 300_007));
        assert_eq!(codec.line(Duration::MAX).await.unwrap(), "+OK");
    }

    #[tokio::test]
    async fn endless_lines_are_refused() {
        let mut codec = codec(&[b'x'; 200_000], 4096);
        let error = codec.line(Duration::MAX).await.unwrap_err().to_string();
        assert!(error.contains("line is longer"), "{error}");
    }
}
