//! Commands and their answers on one connection, each with its time limit.

use std::time::Duration;

use tokio::time::Instant;

use super::codec::Codec;
use super::error::ImapError;
use super::response::{Response, Status};
use crate::wire::Wire;
use crate::{ImapTimeouts, Step};

/// Literals in answers that carry no message.
pub(super) const LITERAL_BYTES_MAX: u64 = 64 << 10;
/// Untagged answers to a command; a batch has a few hundred.
const RESPONSES_MAX: usize = 10_000;
/// Untagged answers to a listing, which has one for each message of the folder.
const LISTED_MAX: usize = 2_000_000;
/// A command may take this many times the limit of one answer, so that a server that drips
/// something now and then does not hold us for ever.
const STEPS_MAX: u32 = 20;

/// One connection to a server.
pub(super) struct Session {
    codec: Codec<Wire>,
    timeouts: ImapTimeouts,
    commands: u32,
    /// What the server can do, in upper case.
    pub(super) capabilities: Vec<String>,
    /// How many messages the server says are in the folder.
    pub(super) exists: u32,
    /// Whether the number of messages was announced since this was last set to `false`.
    pub(super) news: bool,
}

/// How the server answered a command.
pub(super) struct Completion {
    pub(super) status: Status,
    pub(super) text: String,
}

impl Session {
    pub(super) fn new(wire: Wire, timeouts: ImapTimeouts) -> Self {
        Self {
            codec: Codec::new(wire),
            timeouts,
            commands: 0,
            capabilities: Vec::new(),
            exists: 0,
            news: false,
        }
    }

    /// The bare connection; `None` where the server sent something that nobody asked for.
    pub(super) fn into_wire(self) -> Option<Wire> {
        self.codec.into_stream()
    }

    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// Reads the greeting (RFC 3501 section 7.1.4); says whether it is `PREAUTH`.
    pub(super) async fn greeting(&mut self) -> Result<bool, ImapError> {
        let step = Step::Greeting;
        match self.receive(step, LITERAL_BYTES_MAX).await? {
            Response::Untagged { status: Status::Ok, .. } => Ok(false),
            Response::Untagged { status: Status::PreAuth, .. } => Ok(true),
            _ => Err(ImapError::Protocol {
                step,
                what: "it does not greet as an IMAP server".to_owned(),
            }),
        }
    }

    /// Asks what the server can do.
    pub(super) async fn ask_capabilities(&mut self) -> Result<(), ImapError> {
        let mut known = Vec::new();
        self.demand(Step::Capability, "CAPABILITY", |response| {
            if let Response::Capability(words) = response {
                known = words;
            }
        })
        .await?;
        self.capabilities = known;
        Ok(())
    }

    /// Runs a command that must succeed; `each` sees every untagged answer.
    pub(super) async fn demand(
        &mut self,
        step: Step,
        command: &str,
        each: impl FnMut(Response),
    ) -> Result<(), ImapError> {
        let completion = self.run(step, command, LITERAL_BYTES_MAX, each).await?;
        completion.demand_ok(step)
    }

    /// Runs a command to its tagged answer; `each` sees every untagged answer.
    pub(super) async fn run(
        &mut self,
        step: Step,
        command: &str,
        literal_bytes_max: u64,
        each: impl FnMut(Response),
    ) -> Result<Completion, ImapError> {
        let tag = self.start(step, command).await?;
        self.finish(step, &tag, literal_bytes_max, each).await
    }

    /// Sends a command; returns its tag.
    pub(super) async fn start(&mut self, step: Step, command: &str) -> Result<String, ImapError> {
        self.commands = self.commands.wrapping_add(1);
        let tag = format!("P{}", self.commands);
        self.send(step, &format!("{tag} {command}")).await?;
        Ok(tag)
    }

    /// Sends a line that belongs to a running command.
    pub(super) async fn send(&mut self, step: Step, line: &str) -> Result<(), ImapError> {
        let after = self.timeouts.step;
        tokio::time::timeout(after, self.codec.send(line))
            .await
            .map_err(|_| ImapError::Hang { step, after })?
            .map_err(|error| ImapError::from_codec(step, error))
    }

    /// Reads until the server waits for us to go on with a command; returns how it ended where it
    /// ended instead.
    pub(super) async fn until_continue(
        &mut self,
        step: Step,
    ) -> Result<Option<Completion>, ImapError> {
        for _ in 0..RESPONSES_MAX {
            match self.receive(step, LITERAL_BYTES_MAX).await? {
                Response::Continue => return Ok(None),
                Response::Tagged { status, text, .. } => {
                    return Ok(Some(Completion { status, text }));
                }
                _ => {}
            }
        }
        Err(endless(step, RESPONSES_MAX))
    }

    /// Reads to the answer tagged `tag`; `each` sees every other one.
    pub(super) async fn finish(
        &mut self,
        step: Step,
        tag: &str,
        literal_bytes_max: u64,
        mut each: impl FnMut(Response),
    ) -> Result<Completion, ImapError> {
        let deadline = Instant::now() + self.timeouts.step * STEPS_MAX;
        let responses_max = match step {
            Step::List => LISTED_MAX,
            _ => RESPONSES_MAX,
        };
        for _ in 0..responses_max {
            match self.receive(step, literal_bytes_max).await? {
                Response::Tagged { tag: answered, status, text } => {
                    if answered == tag {
                        return Ok(Completion { status, text });
                    }
                    return Err(ImapError::Protocol {
                        step,
                        what: "it answered a command that was not given".to_owned(),
                    });
                }
                other => each(other),
            }
            if Instant::now() >= deadline {
                let after = self.timeouts.step * STEPS_MAX;
                return Err(ImapError::Hang { step, after });
            }
        }
        Err(endless(step, responses_max))
    }

    /// Reads one response.
    pub(super) async fn receive(
        &mut self,
        step: Step,
        literal_bytes_max: u64,
    ) -> Result<Response, ImapError> {
        self.receive_within(step, literal_bytes_max, self.timeouts.step).await
    }

    /// Reads one response, waiting for news as long as `silence_max`.
    pub(super) async fn receive_within(
        &mut self,
        step: Step,
        literal_bytes_max: u64,
        silence_max: Duration,
    ) -> Result<Response, ImapError> {
        let frame = self
            .codec
            .read(literal_bytes_max, silence_max)
            .await
            .map_err(|error| ImapError::from_codec(step, error))?;
        let response = Response::parse(&frame);
        match response {
            Response::Exists(count) => {
                self.exists = count;
                self.news = true;
            }
            Response::Expunged => self.exists = self.exists.saturating_sub(1),
            Response::Untagged { status: Status::Bye, text, .. } => {
                return Err(ImapError::Bye { step, text });
            }
            _ => {}
        }
        Ok(response)
    }
}

impl Completion {
    pub(super) fn demand_ok(self, step: Step) -> Result<(), ImapError> {
        match self.status {
            Status::Ok => Ok(()),
            _ => Err(ImapError::Refused { step, text: self.text }),
        }
    }
}

fn endless(step: Step, responses_max: usize) -> ImapError {
    let what = format!("it sent more than {responses_max} responses to one command");
    ImapError::Protocol { step, what }
}
