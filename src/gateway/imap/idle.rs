//! Waiting for news by IDLE (RFC 2177).

use tokio::time::Instant;

use super::error::ImapError;
use super::response::{Response, Status};
use super::session::{LITERAL_BYTES_MAX, Session};
use crate::{ImapTimeouts, Step};

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// There may be news, or it is time to look anyway.
    Look,
    /// The server announces IDLE but refuses it.
    Unavailable,
}

/// Waits until the server announces messages, at most until IDLE has to be renewed.
pub(super) async fn wait(
    session: &mut Session,
    timeouts: &ImapTimeouts,
) -> Result<Idle, ImapError> {
    let step = Step::Idle;
    let tag = session.start(step, "IDLE").await?;
    if session.until_continue(step).await?.is_some() {
        return Ok(Idle::Unavailable);
    }
    let deadline = Instant::now() + timeouts.idle_renew;
    while !session.news {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match session.receive_within(step, LITERAL_BYTES_MAX, left).await {
            // The end of IDLE without our asking leaves the session usable.
            Ok(Response::Tagged { status, .. }) => {
                return Ok(match status {
                    Status::Ok => Idle::Look,
                    _ => Idle::Unavailable,
                });
            }
            Ok(_) => {}
            Err(ImapError::Hang { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    session.send(step, "DONE").await?;
    let completion = session.finish(step, &tag, LITERAL_BYTES_MAX, |_| {}).await?;
    completion.demand_ok(step)?;
    Ok(Idle::Look)
}
