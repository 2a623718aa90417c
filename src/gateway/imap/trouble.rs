//! Messages that do not come: which one it is, how often it was tried, and when it is given up.

use event::QuarantineReason;

use super::error::ImapError;
use super::listing::Listed;

/// So often a message is asked for, each time over another connection, before it is given up.
pub(super) const ATTEMPTS_MAX: u32 = 3;
/// The same where the connection breaks, which is rarely the fault of a message.
const BROKEN_ATTEMPTS_MAX: u32 = 5;
/// So many messages in a row are given up; a server that sends none at all needs mending.
const GIVEN_UP_MAX: u32 = 10;

/// What is known of the messages of one folder that do not come; outlives a connection.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    uid_validity: u32,
    /// Up to this UID each message is fetched alone, so that it shows which one makes trouble.
    alone_to: u32,
    /// The message that made trouble last.
    uid: u32,
    attempts: u32,
    reason: Option<QuarantineReason>,
    /// How many were given up since the last one that came.
    given_up: u32,
}

impl Trouble {
    /// The folder was opened, perhaps with other numbers than before.
    pub(super) fn opened(&mut self, uid_validity: u32) {
        if self.uid_validity != uid_validity {
            *self = Self { uid_validity, ..Self::default() };
        }
    }

    /// Whether the message is to be fetched alone.
    pub(super) fn is_alone(&self, uid: u32) -> bool {
        uid <= self.alone_to || self.is_suspect(uid)
    }

    /// Whether the message did not come before, so that it is asked for in another way.
    pub(super) fn is_suspect(&self, uid: u32) -> bool {
        self.attempts > 0 && uid == self.uid
    }

    /// Why the message is given up, where it is.
    pub(super) fn verdict(&self, uid: u32) -> Option<QuarantineReason> {
        let attempts_max = match self.reason {
            Some(QuarantineReason::Interrupted) => BROKEN_ATTEMPTS_MAX,
            _ => ATTEMPTS_MAX,
        };
        let is_due = self.is_suspect(uid) && self.attempts >= attempts_max;
        self.reason.filter(|_| is_due && self.given_up < GIVEN_UP_MAX)
    }

    /// Whether so many messages in a row did not come that no more are given up.
    pub(super) fn is_hopeless(&self) -> bool {
        self.given_up >= GIVEN_UP_MAX
    }

    /// A session ended while it fetched these messages.
    pub(super) fn ended(&mut self, batch: &[Listed], error: &ImapError) {
        match batch {
            [only] => {
                let reason = match error {
                    ImapError::Protocol { .. } => QuarantineReason::Garbled,
                    ImapError::Refused { .. } => QuarantineReason::Withheld,
                    _ => QuarantineReason::Interrupted,
                };
                self.missed(only.uid, reason);
            }
            _ => self.alone_to = batch.last().map_or(self.alone_to, |last| last.uid),
        }
    }

    /// A message did not come although the session went on.
    pub(super) fn missed(&mut self, uid: u32, reason: QuarantineReason) {
        if !self.is_suspect(uid) {
            (self.uid, self.attempts) = (uid, 0);
        }
        self.attempts += 1;
        self.reason = Some(reason);
    }

    /// A message was given up.
    pub(super) fn gave_up(&mut self) {
        self.given_up += 1;
    }

    /// A message came.
    pub(super) fn came(&mut self) {
        self.given_up = 0;
    }
}

#[cfg(test)]
mod tests {
    use crate::Step;

    use super::*;

    const MESSAGE: [Listed; 1] = [Listed { uid: 7, size: 5 }];

    fn cut() -> ImapError {
        ImapError::Cut { step: Step::Fetch, reason: String::new() }
    }

    #[test]
    fn a_message_is_given_up_after_so_many_attempts() {
        let mut trouble = Trouble::default();
        for _ in 0..BROKEN_ATTEMPTS_MAX {
            assert_eq!(trouble.verdict(7), None);
            trouble.ended(&MESSAGE, &cut());
        }
        assert_eq!(trouble.verdict(7), Some(QuarantineReason::Interrupted));
        assert_eq!(trouble.verdict(8), None);
        for _ in 0..ATTEMPTS_MAX {
            assert_eq!(trouble.verdict(8), None);
            trouble.missed(8, QuarantineReason::Withheld);
        }
        assert_eq!(trouble.verdict(8), Some(QuarantineReason::Withheld));
    }

    #[test]
    fn a_server_that_sends_nothing_empties_no_mailbox_into_quarantine() {
        let mut trouble = Trouble::default();
        for uid in 1..=GIVEN_UP_MAX {
            for _ in 0..ATTEMPTS_MAX {
                trouble.missed(uid, QuarantineReason::Withheld);
            }
            assert!(trouble.verdict(uid).is_some() && !trouble.is_hopeless(), "{uid}");
            trouble.gave_up();
        }
        for _ in 0..100 {
            trouble.missed(99, QuarantineReason::Withheld);
        }
        assert!(trouble.verdict(99).is_none() && trouble.is_hopeless());
        trouble.came();
        assert!(trouble.verdict(99).is_some());
    }
}
