//! Sends messages over one connection that is kept between them.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, ready};

use super::envelope::Envelope;
use super::open::{Connection, open};
use super::report::{RecipientOutcome, SendReport};
use super::transaction::{Failure, Transaction, reset, transact};
use crate::SmtpAccount;

/// Sends messages to one server.
pub struct SmtpSender {
    account: Box<SmtpAccount>,
    connection: Option<Connection>,
}

impl SmtpSender {
    /// A sender for the account; it connects with the first message.
    pub fn new(account: SmtpAccount) -> Self {
        Self { account: Box::new(account), connection: None }
    }

    /// Sends one message to all recipients of the envelope. Line ends are made CRLF, so that no
    /// server can read a second message into it.
    pub async fn send(&mut self, envelope: &Envelope, message: &[u8]) -> SendReport {
        self.send_when(ready(()), envelope, message).await
    }

    /// Does the same, and gives the server the message once `go` is there: what has to happen before
    /// can happen while sender and recipients are named.
    pub async fn send_when(
        &mut self,
        go: impl Future<Output = ()> + Clone,
        envelope: &Envelope,
        message: &[u8],
    ) -> SendReport {
        let message = with_crlf(message);
        // The connection is kept only after an undisturbed end; a send that is dropped half-way
        // must not leave it to the next one.
        if let Some(mut kept) = self.connection.take() {
            let done =
                transact(&mut kept, &self.account.timeouts, envelope, &message, go.clone()).await;
            // The server may have closed it meanwhile, which says nothing about the message.
            if !matches!(
                done.end,
                Err(Failure::BeforeData(_) | Failure::Negative { code: 421, .. })
            ) {
                return self.conclude(kept, envelope, done).await;
            }
        }
        match open(&self.account).await {
            Ok(mut fresh) => {
                let done =
                    transact(&mut fresh, &self.account.timeouts, envelope, &message, go).await;
                self.conclude(fresh, envelope, done).await
            }
            Err(error) => {
                let (code, text) = (error.code(), error.to_string());
                SendReport::same(envelope, &RecipientOutcome::Deferred { code, text })
            }
        }
    }

    /// Keeps the connection where it can be used again.
    async fn conclude(
        &mut self,
        mut connection: Connection,
        envelope: &Envelope,
        done: Transaction,
    ) -> SendReport {
        let usable = match &done.end {
            Err(Failure::Negative { code: 421, .. } | Failure::Rejected { code: 421, .. }) => false,
            Err(Failure::BeforeData(_) | Failure::InData(_) | Failure::AfterData(_)) => false,
            Ok(())
            | Err(
                Failure::Impossible(_)
                | Failure::TooLarge(_)
                | Failure::Negative { .. }
                | Failure::Rejected { .. },
            ) => !done.is_open() || reset(&mut connection.smtp, &self.account.timeouts).await,
        };
        if usable {
            self.connection = Some(connection);
        }
        SendReport::new(envelope, done)
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender")
            .field("account", &self.account)
            .field("connected", &self.connection.is_some())
            .finish()
    }
}

/// The message with CRLF at every line end, without the last one, which the transport adds.
fn with_crlf(message: &[u8]) -> Cow<'_, [u8]> {
    match mail::with_crlf(message) {
        Cow::Borrowed(message) => Cow::Borrowed(message.strip_suffix(b"\r\n").unwrap_or(message)),
        Cow::Owned(mut message) => {
            if message.ends_with(b"\r\n") {
                message.truncate(message.len() - 2);
            }
            Cow::Owned(message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_crlf() {
        let cases: [(&[u8], &[u8]); 9] = [
            (b"", b""),
            (b"a\r\nb\r\n", b"a\r\nb"),
            (b"a\r\nb", b"a\r\nb"),
            (b"a\nb\n", b"a\r\nb"),
            (b"a\rb", b"a\r\nb"),
            (b"a\r\n.\nMAIL FROM:<x@y>\r\n", b"a\r\n.\r\nMAIL FROM:<x@y>"),
            (b"a\r\r\nb", b"a\r\nb"),
            (b"a\n\n", b"a\r\n"),
            (b"a\r\n\r\n", b"a\r\n"),
        ];
        for (message, expected) in cases {
            assert_eq!(
                with_crlf(message).as_ref(),
                expected,
                "{:?}",
                String::from_utf8_lossy(message)
            );
        }
    }
}
