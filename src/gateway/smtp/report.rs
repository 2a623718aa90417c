//! What became of a message, for each recipient and in one word.

use event::Address;

use super::envelope::Envelope;
use super::transaction::{Failure, Transaction};

/// What became of a message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientOutcome {
    /// The server took the message for this recipient.
    Taken,
    /// It was not taken; try again later.
    Deferred {
        /// The reply code, or 0 where there was none or the fault is not the message's.
        code: u16,
        /// What the server or the network said, as a sentence.
        text: String,
    },
    /// It will never be taken.
    Refused {
        /// The reply code, or 0 where there was none.
        code: u16,
        /// What the server said.
        text: String,
    },
    /// It will never be taken, since it is too large.
    TooLarge {
        /// The reply code, or 0 where the server had told its limit before.
        code: u16,
        /// What the server said, or a sentence.
        text: String,
    },
    /// It was sent to its end, but no answer came: it may have been taken or not.
    Uncertain {
        /// What happened, as a sentence.
        text: String,
    },
}

/// What became of a message for all its recipients together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The server took it for all recipients.
    Sent,
    /// It was not taken; try again later.
    Deferred {
        /// The reply code, or 0 where there was none or the fault is not the message's.
        code: u16,
        /// What the server or the network said, as a sentence.
        text: String,
    },
    /// It will never be taken.
    Refused {
        /// The reply code, or 0 where there was none.
        code: u16,
        /// What the server said.
        text: String,
    },
    /// It will never be taken, since it is too large.
    TooLarge {
        /// The reply code, or 0 where the server had told its limit before.
        code: u16,
        /// What the server said, or a sentence.
        text: String,
    },
    /// It was sent to its end, but no answer came: it may have been taken or not.
    Uncertain {
        /// What happened, as a sentence.
        text: String,
    },
}

/// What became of a message, recipient by recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendReport {
    /// Every recipient, in the order of the envelope.
    pub recipients: Vec<(Address, RecipientOutcome)>,
}

impl SendReport {
    /// The worst that happened: uncertain, else deferred, else refused; sent only where every
    /// recipient's copy was taken. Who names several recipients reads them one by one, since to
    /// send it all again would give some a second copy.
    pub fn summary(&self) -> SendOutcome {
        let worst = self.recipients.iter().map(|(_, outcome)| outcome).min_by_key(|o| o.rank());
        match worst {
            None => SendOutcome::Refused { code: 0, text: "it has no recipient".to_owned() },
            Some(RecipientOutcome::Taken) => SendOutcome::Sent,
            Some(RecipientOutcome::Deferred { code, text }) => {
                SendOutcome::Deferred { code: *code, text: text.clone() }
            }
            Some(RecipientOutcome::Refused { code, text }) => {
                SendOutcome::Refused { code: *code, text: text.clone() }
            }
            Some(RecipientOutcome::TooLarge { code, text }) => {
                SendOutcome::TooLarge { code: *code, text: text.clone() }
            }
            Some(RecipientOutcome::Uncertain { text }) => {
                SendOutcome::Uncertain { text: text.clone() }
            }
        }
    }

    pub(super) fn new(envelope: &Envelope, done: Transaction) -> Self {
        let others = done.end.map_or_else(RecipientOutcome::from, |()| RecipientOutcome::Taken);
        let mut report = Self::same(envelope, &others);
        for ((_, outcome), refusal) in report.recipients.iter_mut().zip(done.refusals) {
            if let Some(refusal) = refusal {
                *outcome = refusal.into();
            }
        }
        report
    }

    pub(super) fn same(envelope: &Envelope, outcome: &RecipientOutcome) -> Self {
        let recipients = envelope.to.iter().map(|to| (to.clone(), outcome.clone())).collect();
        Self { recipients }
    }
}

impl RecipientOutcome {
    /// The worst first: what nobody knows, then what is still to be done.
    fn rank(&self) -> u8 {
        match self {
            Self::Uncertain { .. } => 0,
            Self::Deferred { .. } => 1,
            Self::Refused { .. } | Self::TooLarge { .. } => 2,
            Self::Taken => 3,
        }
    }
}

impl From<Failure> for RecipientOutcome {
    fn from(failure: Failure) -> Self {
        match failure {
            // The server wants a login or TLS: an operator's matter, which must not bounce mail.
            Failure::Negative { code: 530 | 534 | 535 | 538, text } => Self::Deferred {
                code: 0,
                text: format!("the server does not accept our login: {text}"),
            },
            Failure::Negative { code, text } | Failure::Rejected { code, text } => match code {
                500.. if is_too_large(code, &text) => Self::TooLarge { code, text },
                500.. => Self::Refused { code, text },
                _ => Self::Deferred { code, text },
            },
            Failure::Impossible(text) => Self::Refused { code: 0, text },
            Failure::TooLarge(text) => Self::TooLarge { code: 0, text },
            Failure::BeforeData(text) | Failure::InData(text) => Self::Deferred { code: 0, text },
            Failure::AfterData(text) => Self::Uncertain { text },
        }
    }
}

/// Whether a server that said no for good means the size. Without a status code (RFC 3463) 552 says
/// it; with another one it says that the mailbox is full, or that a policy forbids the mail.
fn is_too_large(code: u16, text: &str) -> bool {
    let status = text.split_ascii_whitespace().next().unwrap_or_default();
    let has_status = status.starts_with("5.") || status.starts_with("4.");
    mail::is_too_large(status) || (code == 552 && !has_status)
}

#[cfg(test)]
mod tests {
    use super::is_too_large;

    #[test]
    fn case_081_only_what_is_said_of_the_size_is_about_the_size() {
        for (code, text, expected) in [
            (552, "5.3.4 Message size exceeds fixed limit", true),
            (552, "5.2.3 Message exceeds maximum fixed size", true),
            (550, "5.3.4 too big", true),
            (552, "message size exceeds maximum", true),
            (552, "", true),
            (552, "5.2.2 mailbox full", false),
            (552, "5.7.0 this message was blocked", false),
            (554, "transaction failed", false),
            (550, "5.1.1 no such user", false),
        ] {
            assert_eq!(is_too_large(code, text), expected, "{code} {text}");
        }
    }
}
