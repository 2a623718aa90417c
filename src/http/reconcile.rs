//! Mailboxes compared with the log: every mail on a server must be accounted for by one event.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use event::{MailboxName, Mark, Position};
use futures::future::join_all;
use gateway::{Account, CensusError, Details, Present};
use log::EventLog;
use projections::{Book, Ledger, Standing};

use crate::answer::{Reconciled, Repeated, Unaccounted, instant};
use crate::query::QueryError;

/// How often a scan tells how far it is.
const PROGRESS_EVENTS: u64 = 10_000;

/// The mailboxes that are meant: the named one, or all.
pub fn chosen(
    accounts: &BTreeMap<MailboxName, Account>,
    name: Option<MailboxName>,
) -> Result<BTreeMap<MailboxName, Account>, QueryError> {
    let Some(name) = name else { return Ok(accounts.clone()) };
    let account = accounts.get(&name).ok_or_else(|| {
        let known: Vec<&str> = accounts.keys().map(MailboxName::as_str).collect();
        QueryError::Unknown(format!(
            "there is no mailbox `{name}`; there are: {}",
            known.join(", ")
        ))
    })?;
    Ok(BTreeMap::from([(name, account.clone())]))
}

/// What lies in each mailbox now, or why that cannot be told.
pub struct Found(BTreeMap<MailboxName, (Account, Result<Vec<Present>, CensusError>)>);

impl Found {
    /// Looks into all of them at once; changes nothing there.
    pub async fn look(accounts: BTreeMap<MailboxName, Account>) -> Self {
        let looks = accounts.into_iter().map(|(name, account)| async move {
            let present = gateway::census(&account).await;
            (name, (account, present))
        });
        Self(join_all(looks).await.into_iter().collect())
    }

    /// Compares it with a ledger that was read afterwards.
    pub async fn compare(self, ledger: &Ledger) -> Vec<Reconciled> {
        let mut compared = Vec::new();
        for (name, (account, present)) in self.0 {
            let mut reconciled = Reconciled { mailbox: name.to_string(), ..Default::default() };
            let unknown = Book::default();
            let book = ledger.book(&name).unwrap_or(&unknown);
            let outcome = match present {
                Ok(present) => compare(&account, present, book, &mut reconciled).await,
                Err(error) => Err(error),
            };
            reconciled.failure = outcome.err().map(|error| error.to_string());
            compared.push(reconciled);
        }
        compared
    }
}

/// Reads the whole log; `progress` is told the position reached now and then.
pub fn ledger(
    log: &dyn EventLog,
    progress: &mut dyn FnMut(Position),
) -> Result<Ledger, QueryError> {
    let mut ledger = Ledger::default();
    log.scan(Position(1), &mut |recorded| {
        ledger.apply(recorded.position, &recorded.event);
        if recorded.position.0.is_multiple_of(PROGRESS_EVENTS) {
            progress(recorded.position);
        }
        ControlFlow::Continue(())
    })?;
    Ok(ledger)
}

async fn compare(
    account: &Account,
    mut present: Vec<Present>,
    book: &Book,
    reconciled: &mut Reconciled,
) -> Result<(), CensusError> {
    tell_new(&mut present, book);
    // A file that is moved during the look is seen twice.
    let present: BTreeMap<Mark, Present> =
        present.into_iter().map(|present| (present.mark.clone(), present)).collect();
    reconciled.messages = present.len();
    reconciled.repeated = book.repeated().iter().map(repeated).collect();
    let mut unaccounted = Vec::new();
    let mut replaced = BTreeSet::new();
    for (mark, Present { is_new, received, .. }) in present {
        match book.standing(&mark, is_new, received) {
            Standing::Recorded => reconciled.recorded += 1,
            Standing::History => reconciled.history += 1,
            Standing::Waiting => reconciled.backlog += 1,
            Standing::Unaccounted => unaccounted.push(mark),
            Standing::Replaced => {
                replaced.insert(mark.clone());
                unaccounted.push(mark);
            }
        }
    }
    if unaccounted.is_empty() {
        return Ok(());
    }
    let details = gateway::details(account, &unaccounted).await?;
    for mark in unaccounted {
        // What is gone meanwhile is no mail that waits for us.
        let Some(details) = details.get(&mark) else { continue };
        let is_file = matches!(mark, Mark::Maildir { .. });
        if is_file && details.received.is_some_and(|time| book.is_older(time)) {
            reconciled.history += 1;
        } else {
            let is_replaced = replaced.contains(&mark);
            reconciled.unaccounted.push(told(&mark, details, is_replaced));
        }
    }
    Ok(())
}

/// POP3 servers list mail in the order of its arrival, and it is fetched in that order: what lies
/// behind all that is recorded was not looked at yet.
fn tell_new(present: &mut [Present], book: &Book) {
    let last = present.iter().rposition(|found| book.holds(&found.mark));
    for found in present.iter_mut().skip(last.map_or(0, |last| last + 1)) {
        found.is_new |= matches!(found.mark, Mark::Pop3 { .. });
    }
}

fn told(mark: &Mark, details: &Details, is_replaced: bool) -> Unaccounted {
    let why = match mark {
        Mark::Imap { .. } if is_replaced => "another mail was recorded under its number",
        Mark::Imap { .. } | Mark::Pop3 { .. } => "mail behind it is recorded, and it is not",
        Mark::Maildir { .. } => "another program took it out of `new` before it was read",
    };
    Unaccounted {
        mail: mark.to_string(),
        received: details.received.map(instant),
        size: details.size,
        why: why.to_owned(),
    }
}

fn repeated(repeated: &projections::Repeated) -> Repeated {
    Repeated {
        mail: repeated.mark.to_string(),
        positions: vec![repeated.first.0, repeated.second.0],
    }
}
