//! What a POP3 mailbox asks of its inbox beside what every mailbox does.

use std::future::Future;

use event::MailboxName;
use projections::Maildrop;

use crate::{Inbox, InboxError};

/// The receiving side of a POP3 mailbox.
///
/// A server's unique id alone names a message, and only as long as it lies there: a server may give
/// it to another message afterwards (RFC 1939 section 7). So the inbox remembers the ids of
/// recorded mail until it is told that they are gone.
pub trait MaildropInbox: Inbox {
    /// The recorded mail that lay on the server when it was last looked at; `None` where the mailbox
    /// was never activated.
    fn maildrop(
        &self,
        mailbox: &MailboxName,
    ) -> impl Future<Output = Result<Option<Maildrop>, InboxError>> + Send;

    /// Records durably that these mails, each with its id and its size, are history, from before
    /// Postbook, and then that the mailbox is active.
    fn activate_maildrop(
        &self,
        mailbox: &MailboxName,
        history: Vec<(String, u64)>,
    ) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// Records durably that no mail lies on the server under these ids any more.
    fn vanished(
        &self,
        mailbox: &MailboxName,
        uidls: Vec<String>,
    ) -> impl Future<Output = Result<(), InboxError>> + Send;
}
