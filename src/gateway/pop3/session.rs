//! Commands and their answers on one connection, each with its time limit.

use std::time::Duration;

use tokio::time::Instant;

use super::codec::{Codec, Content};
use super::error::Pop3Error;
use crate::wire::Wire;
use crate::words::words;
use crate::{Pop3Timeouts, Step};

/// Lines of an answer; a listing has one for each message.
const LINES_MAX: usize = 500_000;
/// An answer may take this many times the limit of one line, so that a server that drips something
/// now and then does not hold us for ever.
const STEPS_MAX: u32 = 20;
/// Commands that are sent before the first of them is answered (RFC 2449 section 6.6); so few that
/// the network takes them while the server is busy sending.
const AHEAD_MAX: usize = 200;

/// One connection to a server.
pub(super) struct Session {
    codec: Codec<Wire>,
    timeouts: Pop3Timeouts,
    /// What the server can do, in upper case; `None` where it does not tell.
    capabilities: Option<Vec<String>>,
}

/// The first line of an answer.
pub(super) enum Reply {
    /// `+OK`
    Ok(String),
    /// `-ERR`
    Refused(String),
    /// `+`: the server waits for more of the command (RFC 5034).
    Continue,
}

impl Session {
    pub(super) fn new(wire: Wire, timeouts: Pop3Timeouts) -> Self {
        Self { codec: Codec::new(wire), timeouts, capabilities: None }
    }

    /// The bare connection; `None` where the server sent something that nobody asked for.
    pub(super) fn into_wire(self) -> Option<Wire> {
        self.codec.into_stream()
    }

    /// Asks what the server can do (RFC 2449); old ones do not know the question.
    pub(super) async fn ask_capabilities(&mut self) -> Result<(), Pop3Error> {
        let step = Step::Capability;
        let mut known = Vec::new();
        if let Reply::Ok(_) = self.ask(step, "CAPA").await? {
            self.lines(step, |line| known.push(words(line).to_ascii_uppercase())).await?;
            self.capabilities = Some(known);
        }
        Ok(())
    }

    /// The capabilities as text, where the server told any.
    pub(super) fn offered(&self) -> Option<String> {
        self.capabilities.as_ref().map(|known| known.join(", "))
    }

    /// The arguments of a capability; `None` where it is not announced.
    pub(super) fn capability(&self, name: &str) -> Option<Vec<&str>> {
        self.capabilities.as_ref()?.iter().find_map(|line| {
            let mut words = line.split(' ');
            (words.next() == Some(name)).then(|| words.collect())
        })
    }

    /// Gives a command that must succeed; returns what the server said.
    pub(super) async fn demand(&mut self, step: Step, command: &str) -> Result<String, Pop3Error> {
        self.ask(step, command).await?.demand_ok(step)
    }

    /// Gives a command and reads the first line of its answer.
    pub(super) async fn ask(&mut self, step: Step, command: &str) -> Result<Reply, Pop3Error> {
        self.send(step, &format!("{command}\r\n")).await?;
        self.reply(step).await
    }

    /// Gives commands whose answers are read one by one with [`answer`](Self::answer), and returns
    /// how many of them may be given at once.
    pub(super) fn ahead_max(&self) -> usize {
        if self.capability("PIPELINING").is_some() { AHEAD_MAX } else { 1 }
    }

    /// Gives several commands at once; their answers are to be read in this order.
    pub(super) async fn give(
        &mut self,
        step: Step,
        commands: impl Iterator<Item = String>,
    ) -> Result<(), Pop3Error> {
        let lines: String = commands.map(|command| command + "\r\n").collect();
        self.send(step, &lines).await
    }

    /// Reads the first line of an answer.
    pub(super) async fn reply(&mut self, step: Step) -> Result<Reply, Pop3Error> {
        let line = self
            .codec
            .line(self.timeouts.step)
            .await
            .map_err(|error| Pop3Error::from_codec(step, error))?;
        match &line[..] {
            [b'+', b'O', b'K', rest @ ..] => Ok(Reply::Ok(words(rest))),
            [b'-', b'E', b'R', b'R', rest @ ..] => Ok(Reply::Refused(words(rest))),
            [b'+'] | [b'+', b' ', ..] => Ok(Reply::Continue),
            _ => Err(Pop3Error::Protocol {
                step,
                what: "it answers with neither +OK nor -ERR".to_owned(),
            }),
        }
    }

    /// Reads the lines of an answer up to its final dot.
    pub(super) async fn lines(
        &mut self,
        step: Step,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), Pop3Error> {
        let deadline = Instant::now() + self.longest();
        for _ in 0..LINES_MAX {
            let line = self.codec.line(self.timeouts.step).await;
            let line = line.map_err(|error| Pop3Error::from_codec(step, error))?;
            match &line[..] {
                [b'.'] => return Ok(()),
                [b'.', rest @ ..] => each(rest),
                whole => each(whole),
            }
            if Instant::now() >= deadline {
                return Err(Pop3Error::Hang { step, after: self.longest() });
            }
        }
        let what = format!("it sent more than {LINES_MAX} lines");
        Err(Pop3Error::Protocol { step, what })
    }

    /// Reads a message up to its final dot and keeps its first bytes.
    pub(super) async fn content(
        &mut self,
        step: Step,
        size_expected: usize,
        keep_bytes_max: u64,
    ) -> Result<Content, Pop3Error> {
        let after = self.longest();
        let reading = self.codec.content(size_expected, keep_bytes_max, self.timeouts.step);
        tokio::time::timeout(after, reading)
            .await
            .map_err(|_| Pop3Error::Hang { step, after })?
            .map_err(|error| Pop3Error::from_codec(step, error))
    }

    async fn send(&mut self, step: Step, lines: &str) -> Result<(), Pop3Error> {
        let after = self.timeouts.step;
        tokio::time::timeout(after, self.codec.send(lines))
            .await
            .map_err(|_| Pop3Error::Hang { step, after })?
            .map_err(|error| Pop3Error::from_codec(step, error))
    }

    fn longest(&self) -> Duration {
        self.timeouts.step * STEPS_MAX
    }
}

impl Reply {
    pub(super) fn demand_ok(self, step: Step) -> Result<String, Pop3Error> {
        match self {
            Self::Ok(text) => Ok(text),
            Self::Refused(text) => Err(Pop3Error::Refused { step, text }),
            Self::Continue => Err(Pop3Error::Protocol {
                step,
                what: "it waits for more of a command that is complete".to_owned(),
            }),
        }
    }
}
