//! Fetching messages, several at once where the server takes several commands at once.

use std::collections::VecDeque;

use bytes::Bytes;
use event::{Mark, Timestamp};

use super::error::Pop3Error;
use super::listing::Listed;
use super::past::Past;
use super::session::{Reply, Session};
use crate::fetched::BEGINNING_BYTES;
use crate::{Body, Fetched, Step};

/// Messages in a batch; with more, the server and the inbox wait for each other longer.
const BATCH_MESSAGES_MAX: usize = 200;
/// Bytes in a batch, by the sizes the server gives.
const BATCH_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a batch that are held, whatever sizes the server gave; this bounds the memory.
pub(super) const HELD_BYTES_MAX: u64 = 2 * BATCH_BYTES_MAX;

/// What came of fetching a batch.
#[derive(Default)]
pub(super) struct Harvest {
    /// The messages as they were listed and as they came.
    pub(super) messages: Vec<(Listed, Fetched)>,
    /// Those that were much larger than the server said; with their true sizes now.
    pub(super) deferred: Vec<Listed>,
    /// The first message that is there but does not come.
    pub(super) withheld: Option<Pop3Error>,
    /// What ended the session, and the message that was due.
    pub(super) broken: Option<(String, Pop3Error)>,
    held_bytes: u64,
}

/// Takes the next messages, so many that count and memory are bounded; large ones stand alone.
pub(super) fn next_batch(wanted: &mut VecDeque<Listed>, message_bytes_max: u64) -> Vec<Listed> {
    let (mut batch, mut bytes) = (Vec::new(), 0u64);
    while batch.len() < BATCH_MESSAGES_MAX
        && let Some(message) = wanted.front()
    {
        bytes = bytes.saturating_add(bytes_due(message, message_bytes_max));
        if bytes > BATCH_BYTES_MAX && !batch.is_empty() {
            break;
        }
        batch.extend(wanted.pop_front());
    }
    batch
}

/// How much of a message is fetched, at most: of what is too large the header.
pub(super) fn bytes_due(message: &Listed, message_bytes_max: u64) -> u64 {
    if message.size > message_bytes_max { BEGINNING_BYTES.into() } else { message.size }
}

/// Whether a message is not asked for: of what is too large the header is wanted, but not at the
/// price of one more session.
fn is_given_up(message: &Listed, message_bytes_max: u64, past: &Past) -> bool {
    message.size > message_bytes_max && past.is_suspect(&message.uidl)
}

/// Fetches a batch; what came before the session broke is in the harvest.
pub(super) async fn fetch(
    session: &mut Session,
    message_bytes_max: u64,
    batch: &[Listed],
    past: &mut Past,
) -> Harvest {
    let mut harvest = Harvest::default();
    for part in batch.chunks(session.ahead_max()) {
        let asked = part.iter().filter(|message| !is_given_up(message, message_bytes_max, past));
        let commands = asked.map(|message| match message.size > message_bytes_max {
            true => format!("TOP {} 0", message.number),
            false => format!("RETR {}", message.number),
        });
        let mut outcome = session.give(Step::Fetch, commands).await;
        for message in part {
            if outcome.is_ok() {
                outcome = harvest.reap(session, message_bytes_max, message, past).await;
            }
            if let Err(error) = outcome {
                harvest.broken = Some((message.uidl.clone(), error));
                return harvest;
            }
        }
    }
    harvest
}

impl Harvest {
    /// Takes in the answer that is due for a message.
    async fn reap(
        &mut self,
        session: &mut Session,
        message_bytes_max: u64,
        message: &Listed,
        past: &mut Past,
    ) -> Result<(), Pop3Error> {
        let step = Step::Fetch;
        if is_given_up(message, message_bytes_max, past) {
            self.add_oversize(message, message.size, message_bytes_max, &[]);
            return Ok(());
        }
        let reply = session.reply(step).await?;
        if message.size > message_bytes_max {
            // A server need not know TOP (RFC 1939 section 7).
            let header = match reply {
                Reply::Refused(_) => Bytes::new(),
                reply => {
                    reply.demand_ok(step)?;
                    session.content(step, 0, BEGINNING_BYTES.into()).await?.kept
                }
            };
            self.held_bytes += header.len() as u64;
            self.add_oversize(message, message.size, message_bytes_max, &header);
            return Ok(());
        }
        if let Reply::Refused(text) = reply {
            let name = message.uidl.clone();
            self.withheld.get_or_insert(Pop3Error::Withheld { name, text });
            return Ok(());
        }
        reply.demand_ok(step)?;
        let keep = if self.held_bytes > HELD_BYTES_MAX { 0 } else { message_bytes_max };
        let expected = usize::try_from(message.size.min(keep)).unwrap_or_default();
        let content = session.content(step, expected, keep).await?;
        let (size, kept_bytes) = (content.size, content.kept.len() as u64);
        self.held_bytes += kept_bytes;
        if size > message_bytes_max && keep > 0 {
            self.add_oversize(message, size, message_bytes_max, &content.kept);
        } else if kept_bytes < size {
            self.deferred.push(Listed { size, ..message.clone() });
        } else if !past.takes(message, size) {
            let (name, listed) = (message.uidl.clone(), message.size);
            self.withheld.get_or_insert(Pop3Error::Short { name, came: size, listed });
        } else {
            let received = mail::received(&content.kept);
            self.add(message, received, Body::Raw(content.kept));
        }
        Ok(())
    }

    fn add_oversize(&mut self, message: &Listed, size: u64, size_max: u64, beginning: &[u8]) {
        let body = Body::oversize(size, size_max, beginning);
        self.add(message, mail::received(beginning), body);
    }

    fn add(&mut self, message: &Listed, received: Option<Timestamp>, body: Body) {
        let mark = Mark::Pop3 { uidl: message.uidl.clone() };
        self.messages.push((message.clone(), Fetched { mark, received, body }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_by_count_and_bytes() {
        let lengths = |sizes: &[u64]| {
            let listed = sizes.iter().zip(1..);
            let mut wanted: VecDeque<Listed> = listed
                .map(|(&size, number)| Listed { number, size, uidl: number.to_string() })
                .collect();
            let mut lengths = Vec::new();
            while !wanted.is_empty() {
                lengths.push(next_batch(&mut wanted, 50 << 20).len());
            }
            lengths
        };
        assert_eq!(lengths(&[5_000; 450]), [200, 200, 50]);
        assert_eq!(lengths(&[1, 50 << 20, 1, 1]), [1, 1, 2]);
        assert_eq!(lengths(&[1 << 20; 9]), [4, 4, 1]);
        assert_eq!(lengths(&[1, u64::MAX, u64::MAX, 1]), [4]);
        assert_eq!(lengths(&[]), [0usize; 0]);
    }
}
