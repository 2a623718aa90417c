//! Finds out whether mail is from whom it says: what its server says, else what the DNS says.

mod dns;
mod sender;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use command::{Command, ReceiveMail};
use event::{CheckedBy, MailboxName};
use mail::{AuthenticationServer, Parsed, SenderCheck};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

pub use dns::{Dns, DnsError};

/// All mails of a batch together may wait this long for the DNS; what has no answer then goes on
/// unchecked.
const LIMIT: Duration = Duration::from_secs(3);

/// What is believed of the mail in one mailbox.
#[derive(Clone, Debug, Default)]
pub struct Trusted {
    /// Whose Authentication-Results.
    pub servers: Vec<AuthenticationServer>,
    /// What our own server calls itself in Received; without it SPF is not checked.
    pub received_by: Option<String>,
}

/// Checks the senders of the mail in each mailbox; by default nothing.
#[derive(Clone, Default)]
pub struct Verifier {
    trusted: Arc<BTreeMap<MailboxName, Trusted>>,
    dns: Option<Dns>,
}

impl Verifier {
    /// Believes what is said of each mailbox; what no server tells is asked of the DNS, if there
    /// is one.
    pub fn new(trusted: BTreeMap<MailboxName, Trusted>, dns: Option<Dns>) -> Self {
        Self { trusted: Arc::new(trusted), dns }
    }

    /// What the mailbox's server says of a mail.
    pub(crate) fn told(&self, mailbox: &MailboxName, raw: &[u8], parsed: &Parsed) -> SenderCheck {
        let servers = self.trusted.get(mailbox).map_or(&[][..], |trusted| &trusted.servers);
        mail::sender_check(raw, servers, parsed.from.as_ref().map(|from| &from.address))
    }

    /// Checks, all at once, the mails of which no server told anything.
    pub(crate) async fn check(
        &self,
        mails: impl IntoIterator<Item = (&mut Command, Option<Bytes>)>,
    ) {
        let Some(dns) = &self.dns else { return };
        let limit = Instant::now() + LIMIT;
        let checks = mails.into_iter().filter_map(|(command, raw)| match command {
            Command::ReceiveMail(mail) if mail.sender.verification.by == CheckedBy::Nobody => {
                Some(self.check_one(dns, mail, raw?, limit))
            }
            _ => None,
        });
        futures::future::join_all(checks).await;
    }

    async fn check_one(&self, dns: &Dns, mail: &mut ReceiveMail, raw: Bytes, limit: Instant) {
        if !dns.answers(limit).await {
            return;
        }
        let Ok(permit) = timeout_at(limit, dns.permit()).await else { return };
        let trusted = self.trusted.get(&mail.source.mailbox);
        let received_by = trusted.and_then(|trusted| trusted.received_by.clone());
        let from = mail.parsed.from.as_ref().map(|from| from.address.clone());
        let (asked, runtime) = (dns.clone(), Handle::current());
        // The whole body is hashed, which takes its time; and a panic over a mail stays here.
        let checked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let hop = received_by.and_then(|by| mail::hop(&raw, &by));
            let check = sender::check(&asked, &raw, from.as_ref(), hop.as_ref());
            runtime.block_on(timeout_at(limit, check))
        });
        match checked.await {
            Ok(Ok(sender)) => mail.sender = sender,
            Ok(Err(_)) => dns.doubt(),
            Err(error) => {
                tracing::error!(%error, message = %mail.message.digest, "the sender of a mail could not be checked");
            }
        }
    }
}

#[cfg(test)]
mod tests;
