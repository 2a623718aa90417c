//! Where fetched mail goes, and what must hold before a server may be told.

use std::future::Future;

use event::{MailboxName, Mark};

use projections::{Activation, Reached};

use crate::{Fetched, StoreError};

/// The receiving side of a mailbox.
///
/// Rules, which every implementation keeps and the gateways rely on:
///
/// - [`take`](Inbox::take) returns `Ok` once **every** message of the batch is durable, whatever
///   became of it: a contact, a duplicate, a refusal, or quarantined. Only then does a gateway
///   change anything on the server or go past these messages.
/// - One bad message never makes a batch fail. `Err` means that nothing may be taken as recorded
///   and the same messages will be offered again; it is for conditions that pass or that an
///   operator ends: a full disk, an engine that stops.
/// - A message may be offered more than once: after a crash between recording and answering, after
///   a dropped call, after an `Err`, and whenever UIDVALIDITY changes. The implementation
///   recognises it by its mark or its content.
/// - Where a server gives numbers a second time, what came under them is offered again, too; there is
///   other mail among it, which only its content tells.
/// - After a change of UIDVALIDITY the whole folder is offered again, also what was history at the
///   activation; `received` tells the two apart.
/// - Batches of one mailbox are offered one after the other, in the order of their marks. A call
///   that is dropped before it returns counts as never made.
pub trait Inbox: Send + Sync + 'static {
    /// The highest UID recorded for an IMAP mailbox, or its activation mark where that is higher,
    /// and when it was; `None` where the mailbox was never activated.
    fn reached(
        &self,
        mailbox: &MailboxName,
    ) -> impl Future<Output = Result<Option<Reached>, InboxError>> + Send;

    /// The first activation of an IMAP mailbox, which tells history; `None` where that was wanted,
    /// too.
    fn activation(
        &self,
        mailbox: &MailboxName,
    ) -> impl Future<Output = Result<Option<Activation>, InboxError>> + Send;

    /// Records durably that all mail up to and including `mark` is history, from before Postbook.
    fn activate(
        &self,
        mailbox: &MailboxName,
        mark: Mark,
    ) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// Records a batch; returns once all of it is durable.
    fn take(
        &self,
        mailbox: &MailboxName,
        batch: Vec<Fetched>,
    ) -> impl Future<Output = Result<(), InboxError>> + Send;
}

/// Why mail could not be recorded; it stays on the server and is offered again.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The message store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log did not take it; the text says why and what to do.
    #[error("the log did not record the mail: {0}")]
    Log(String),
    /// A mail that its server did not send before does not come now; the text says why.
    #[error("the mail cannot be fetched: {0}")]
    NotFetched(String),
    /// The engine is stopping or has stopped.
    #[error("the engine has stopped")]
    Stopped,
}
