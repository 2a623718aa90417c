//! Finds out whether mail is from whom it says.

use std::collections::BTreeMap;
use std::sync::Arc;

use event::MailboxName;
use mail::{AuthenticationServer, Parsed, SenderCheck};

/// What is believed about the senders of each mailbox's mail; by default nothing.
#[derive(Clone, Default)]
pub struct Verifier {
    servers: Arc<BTreeMap<MailboxName, Vec<AuthenticationServer>>>,
}

impl Verifier {
    /// Believes what these servers say of the mail in these mailboxes.
    pub fn new(servers: BTreeMap<MailboxName, Vec<AuthenticationServer>>) -> Self {
        Self { servers: Arc::new(servers) }
    }

    /// What the mailbox's server says of a mail.
    pub(crate) fn told(&self, mailbox: &MailboxName, raw: &[u8], parsed: &Parsed) -> SenderCheck {
        let servers = self.servers.get(mailbox).map_or(&[][..], Vec::as_slice);
        let from = parsed.from.as_ref().map(|from| &from.address);
        mail::sender_check(raw, servers, from)
    }
}
