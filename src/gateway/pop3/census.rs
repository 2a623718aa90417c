//! What lies in a POP3 mailbox now, looked at without changing anything.

use std::collections::{BTreeMap, BTreeSet};

use event::{Mark, Timestamp};

use super::error::Pop3Error;
use super::listing::{self, HEADER_BYTES_MAX, Listed};
use super::login;
use super::session::{Reply, Session};
use crate::{Details, Pop3Account, Present, Step};

/// Every message of the mailbox, whether it was fetched or not, in the order of their numbers.
pub(crate) async fn census(account: &Pop3Account) -> Result<Vec<Present>, Pop3Error> {
    let mut session = login::login(account).await?;
    let listing = listing::list(&mut session).await?;
    quit(session).await;
    if let Some(gap) = listing.gap() {
        return Err(gap);
    }
    let present =
        |Listed { uidl, .. }| Present { mark: Mark::Pop3 { uidl }, received: None, is_new: false };
    Ok(listing.messages.into_iter().map(present).collect())
}

/// What the server tells of these messages; those that are gone are left out.
pub(crate) async fn details(
    account: &Pop3Account,
    marks: &[Mark],
) -> Result<BTreeMap<Mark, Details>, Pop3Error> {
    let wanted: BTreeSet<&Mark> = marks.iter().collect();
    let mut session = login::login(account).await?;
    let mut details = BTreeMap::new();
    for Listed { number, size, uidl } in listing::list(&mut session).await?.messages {
        let mark = Mark::Pop3 { uidl };
        if wanted.contains(&mark) {
            let received = received(&mut session, number).await?;
            details.insert(mark, Details { received, size: Some(size) });
        }
    }
    quit(session).await;
    Ok(details)
}

/// When a message was received, where its header can be had and tells it.
async fn received(session: &mut Session, number: u32) -> Result<Option<Timestamp>, Pop3Error> {
    let step = Step::List;
    let reply = session.ask(step, &format!("TOP {number} 0")).await?;
    if let Reply::Refused(_) = reply {
        return Ok(None);
    }
    reply.demand_ok(step)?;
    let content = session.content(step, 0, HEADER_BYTES_MAX).await?;
    Ok(mail::received(&content.kept))
}

/// Nothing was changed, so that it does not matter whether the server hears this.
async fn quit(mut session: Session) {
    let _ = session.ask(Step::List, "QUIT").await;
}
