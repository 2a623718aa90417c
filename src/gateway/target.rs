//! Where outgoing mail goes: a server, or Maildirs for the sandbox.

use std::future::Future;
use std::path::{Path, PathBuf};

use event::Address;

use crate::{DeliverError, Envelope, SendOutcome, SmtpSender, deliver};

/// One way out.
#[derive(Debug)]
pub enum Target {
    /// A server that takes mail by SMTP.
    Smtp(SmtpSender),
    /// One Maildir for each recipient, in a folder named by the address.
    Maildir {
        /// The folder that holds the Maildirs.
        root: PathBuf,
    },
}

impl Target {
    /// Sends a message to every recipient of the envelope, once `go` is there. `unique` names this
    /// message for ever: a Maildir takes it once, however often it is sent.
    pub async fn send_when(
        &mut self,
        go: impl Future<Output = ()> + Clone,
        envelope: &Envelope,
        bytes: &[u8],
        unique: &str,
    ) -> SendOutcome {
        match self {
            Self::Smtp(sender) => sender.send_when(go, envelope, bytes).await.summary(),
            Self::Maildir { root } => {
                go.await;
                let folders: Vec<_> = envelope.to.iter().map(|to| folder(root, to)).collect();
                let (bytes, unique) = (bytes.to_vec(), unique.to_owned());
                let work = tokio::task::spawn_blocking(move || {
                    folders.iter().try_for_each(|folder| deliver(folder, &unique, &bytes))
                });
                match work.await {
                    Ok(Ok(())) => SendOutcome::Sent,
                    Ok(Err(error @ DeliverError::Name(_))) => {
                        SendOutcome::Refused { code: 0, text: error.to_string() }
                    }
                    Ok(Err(error)) => SendOutcome::Deferred { code: 0, text: error.to_string() },
                    Err(error) => SendOutcome::Deferred { code: 0, text: error.to_string() },
                }
            }
        }
    }
}

/// The Maildir of an address: its folded form, without what a file name cannot hold.
fn folder(root: &Path, address: &Address) -> PathBuf {
    let name = address.folded().replace('%', "%25").replace('/', "%2f");
    root.join(name)
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[tokio::test]
    async fn every_recipient_has_a_maildir_and_gets_a_message_once() {
        let root = tempfile::tempdir().unwrap();
        let mut target = Target::Maildir { root: root.path().to_owned() };
        let envelope = Envelope {
            from: None,
            id: None,
            to: ["Jo@A.test", "../../jo@b.test"].map(|text| text.parse().unwrap()).to_vec(),
        };
        for _ in 0..2 {
            let outcome = target.send_when(ready(()), &envelope, b"mail", "7").await;
            assert_eq!(outcome, SendOutcome::Sent);
        }
        for folder in ["jo@a.test", "..%2f..%2fjo@b.test"] {
            let path = root.path().join(folder).join("new/7");
            assert_eq!(std::fs::read(path).unwrap(), b"mail");
        }
        let outcome = target.send_when(ready(()), &envelope, b"mail", "../7").await;
        assert!(matches!(outcome, SendOutcome::Refused { .. }));
    }
}
