//! Which event accounts for which mail of a mailbox; made from the whole log when someone asks.

use std::collections::BTreeMap;

use event::{DirectoryEntry, Event, Fact, MailRefusal, MailboxName, Mark, Position, Timestamp};

use crate::Content;

/// Clocks of mail servers may differ from ours by so much.
const CLOCKS_MS: u64 = 5 * 60 * 1000;

/// What the log knows of the mail of every mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    books: BTreeMap<MailboxName, Book>,
}

/// What the log knows of the mail of one mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// When the mailbox was first in the directory.
    listed: Option<Timestamp>,
    /// By UIDVALIDITY.
    numberings: BTreeMap<u32, Numbering>,
    accounts: BTreeMap<Mark, Account>,
    repeated: Vec<Repeated>,
}

/// How far a numbering of UIDs was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Numbering {
    history: u32,
    cursor: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    position: Position,
    time: Timestamp,
    /// What is known of the mail.
    content: Option<Content>,
    /// Another event is expected once the mail can be read.
    quarantined: bool,
    /// It lay there before the activation.
    is_history: bool,
}

/// A mail that two events account for, which must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The mail.
    pub mark: Mark,
    /// The earlier event.
    pub first: Position,
    /// The later event.
    pub second: Position,
}

/// What the log says of a mail that lies on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An event accounts for it.
    Recorded,
    /// It lay there before the mailbox was activated.
    History,
    /// It has not been read yet.
    Waiting,
    /// It should have been read, and no event accounts for it.
    Unaccounted,
    /// It came under the number of another mail, which is recorded, and no event accounts for it.
    Replaced,
}

impl Ledger {
    /// The book of one mailbox; `None` where the log does not know it.
    pub fn book(&self, mailbox: &MailboxName) -> Option<&Book> {
        self.books.get(mailbox)
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Position, event: &Event) {
        if let Fact::DirectoryLoaded { entries } = &event.fact {
            for entry in entries {
                match entry {
                    DirectoryEntry::Mailbox { name, .. } | DirectoryEntry::Internal { name } => {
                        let book = self.books.entry(name.clone()).or_default();
                        book.listed.get_or_insert(event.time);
                    }
                    DirectoryEntry::Queue { .. }
                    | DirectoryEntry::QueueRule { .. }
                    | DirectoryEntry::Agent { .. }
                    | DirectoryEntry::AgentLevel { .. }
                    | DirectoryEntry::AgentSkill { .. }
                    | DirectoryEntry::AgentTeam { .. }
                    | DirectoryEntry::Skill { .. }
                    | DirectoryEntry::Team { .. }
                    | DirectoryEntry::Disposition { .. }
                    | DirectoryEntry::Schedule(_) => {}
                }
            }
        }
        if let Fact::MailVanished { mailbox, marks } = &event.fact
            && let Some(book) = self.books.get_mut(mailbox)
        {
            for mark in marks {
                book.accounts.remove(mark);
            }
        }
        if let Some(source) = event.fact.source() {
            let book = self.books.entry(source.mailbox.clone()).or_default();
            book.apply(at, &source.mark, event);
        }
    }
}

impl Book {
    /// What the log says of a mail on the server; `is_new` where it lies where only mail lies that
    /// was not read yet, `received` where the server says when it received it.
    pub fn standing(&self, mark: &Mark, is_new: bool, received: Option<Timestamp>) -> Standing {
        if let Some(account) = self.accounts.get(mark) {
            let is_later = received.is_some_and(|time| time > account.time.plus_ms(CLOCKS_MS));
            return match (mark, account.is_history) {
                (Mark::Imap { .. }, _) if is_later => Standing::Replaced,
                (_, true) => Standing::History,
                (_, false) => Standing::Recorded,
            };
        }
        match mark {
            Mark::Imap { uid_validity, uid } => {
                let numbering = self.numberings.get(uid_validity).copied().unwrap_or_default();
                if *uid <= numbering.history {
                    Standing::History
                } else if *uid <= numbering.cursor {
                    Standing::Unaccounted
                } else {
                    Standing::Waiting
                }
            }
            Mark::Maildir { .. } | Mark::Pop3 { .. } if is_new => Standing::Waiting,
            Mark::Maildir { .. } | Mark::Pop3 { .. } => Standing::Unaccounted,
        }
    }

    /// Whether an event accounts for a mail on the server.
    pub fn holds(&self, mark: &Mark) -> bool {
        self.accounts.contains_key(mark)
    }

    /// Whether a mail arrived before the mailbox was known to us.
    pub fn is_older(&self, received: Timestamp) -> bool {
        self.listed.is_some_and(|listed| received < listed)
    }

    /// The mails that two events account for.
    pub fn repeated(&self) -> &[Repeated] {
        &self.repeated
    }

    fn apply(&mut self, at: Position, mark: &Mark, event: &Event) {
        let fact = &event.fact;
        if let Mark::Imap { uid_validity, uid } = mark {
            let numbering = self.numberings.entry(*uid_validity).or_default();
            numbering.cursor = numbering.cursor.max(*uid);
            if let Fact::MailboxActivated { .. } = fact {
                numbering.history = numbering.history.max(*uid);
            }
        }
        if let Fact::MailboxActivated { .. } = fact {
            return;
        }
        let quarantined = matches!(fact, Fact::MailQuarantined { .. } | Fact::MailSetAside { .. });
        let is_history = matches!(fact, Fact::MailRefused { reason: MailRefusal::History, .. });
        let content = Content::of(fact);
        let account = Account { position: at, time: event.time, content, quarantined, is_history };
        let Some(known) = self.accounts.get_mut(mark) else {
            self.accounts.insert(mark.clone(), account);
            return;
        };
        // That a known mail was found again says nothing new of it, and another mail under the same
        // number is one of its own.
        let is_found_again = matches!(fact, Fact::MailDuplicated { .. });
        let is_another = matches!(mark, Mark::Imap { .. })
            && (known.content.is_some() && content.is_some() && known.content != content);
        if !known.quarantined && !is_found_again && !is_another {
            let (mark, first) = (mark.clone(), known.position);
            self.repeated.push(Repeated { mark, first, second: at });
        }
        let content = if is_found_again { known.content } else { content };
        *known = Account { content, ..account };
    }
}

#[cfg(test)]
mod tests {
    use event::{
        Actor, ApplicationName, Cause, CommandId, ContactId, MessageDigest, MessageRef,
        QuarantineReason, Source,
    };

    use super::*;

    fn mailbox() -> MailboxName {
        MailboxName::new("support").unwrap()
    }

    fn uid(uid: u32) -> Mark {
        Mark::Imap { uid_validity: 7, uid }
    }

    fn file(name: &str) -> Mark {
        Mark::Maildir { name: name.to_owned() }
    }

    fn source(mark: &Mark) -> Source {
        Source { mailbox: mailbox(), mark: mark.clone() }
    }

    fn refused(mark: &Mark) -> Fact {
        let reason = MailRefusal::OwnMail;
        Fact::MailRefused { source: source(mark), size: 1, reason }
    }

    fn quarantined(mark: &Mark) -> Fact {
        let message = Some(MessageRef { digest: MessageDigest([9; 32]), size: 1 });
        let reason = QuarantineReason::NoHeader;
        Fact::MailSetAside { source: source(mark), message, reason, received: Timestamp(1) }
    }

    fn duplicated(mark: &Mark) -> Fact {
        Fact::MailDuplicated { source: source(mark), contact: ContactId::from_digest(&[7; 32]) }
    }

    fn ledger(facts: impl IntoIterator<Item = Fact>) -> Ledger {
        let mut ledger = Ledger::default();
        for (at, fact) in (1..).zip(facts) {
            let cause = Cause::Command(CommandId(1));
            let (time, actor) = (Timestamp(at * 1000), Actor::Engine);
            ledger.apply(Position(at), &Event { time, actor, cause, fact, private: None });
        }
        ledger
    }

    #[test]
    fn a_uid_is_recorded_or_history_or_waits_or_is_unaccounted_for() {
        let ledger = ledger([
            Fact::MailboxActivated { source: source(&uid(10)) },
            refused(&uid(11)),
            refused(&uid(13)),
        ]);
        let book = ledger.book(&mailbox()).unwrap();
        let cases = [
            (10, Standing::History),
            (11, Standing::Recorded),
            (12, Standing::Unaccounted),
            (13, Standing::Recorded),
            (14, Standing::Waiting),
        ];
        for (number, expected) in cases {
            assert_eq!(book.standing(&uid(number), false, None), expected, "{number}");
        }
        let renumbered = Mark::Imap { uid_validity: 8, uid: 1 };
        assert_eq!(book.standing(&renumbered, false, None), Standing::Waiting);
    }

    #[test]
    fn a_file_outside_new_must_be_recorded_or_older_than_we_are() {
        let application = ApplicationName::new("support").unwrap();
        let ledger = ledger([
            Fact::EngineStopped,
            Fact::DirectoryLoaded {
                entries: vec![DirectoryEntry::Mailbox { name: mailbox(), application }],
            },
            refused(&file("a")),
        ]);
        let book = ledger.book(&mailbox()).unwrap();
        assert_eq!(book.standing(&file("a"), false, None), Standing::Recorded);
        assert_eq!(book.standing(&file("b"), false, None), Standing::Unaccounted);
        assert_eq!(book.standing(&file("b"), true, None), Standing::Waiting);
        assert!(book.is_older(Timestamp(1999)) && !book.is_older(Timestamp(2000)));
    }

    #[test]
    fn an_id_that_was_used_again_is_another_mail() {
        let uidl = |uidl: &str| Mark::Pop3 { uidl: uidl.to_owned() };
        let history = |mark: &Mark| Fact::MailRefused {
            source: source(mark),
            size: 1,
            reason: MailRefusal::History,
        };
        let gone = Fact::MailVanished { mailbox: mailbox(), marks: vec![uidl("1"), uidl("2")] };
        let ledger = ledger([
            history(&uidl("0")),
            refused(&uidl("1")),
            refused(&uidl("2")),
            gone,
            refused(&uidl("1")),
        ]);
        let book = ledger.book(&mailbox()).unwrap();
        let standings = ["0", "1", "2"].map(|id| book.standing(&uidl(id), false, None));
        assert_eq!(standings, [Standing::History, Standing::Recorded, Standing::Unaccounted]);
        assert_eq!(book.standing(&uidl("2"), true, None), Standing::Waiting);
        assert!(book.holds(&uidl("1")) && !book.holds(&uidl("2")));
        assert_eq!(book.repeated(), []);
    }

    #[test]
    fn another_mail_under_a_used_number_is_unaccounted_for_until_it_is_recorded() {
        let later = Timestamp(1000 + CLOCKS_MS + 1);
        let larger =
            Fact::MailRefused { source: source(&uid(1)), size: 2, reason: MailRefusal::Oversize };
        let before = ledger([refused(&uid(1))]);
        let standing = |ledger: &Ledger, received| {
            ledger.book(&mailbox()).unwrap().standing(&uid(1), false, Some(received))
        };
        assert_eq!(standing(&before, Timestamp(1000)), Standing::Recorded);
        assert_eq!(standing(&before, later), Standing::Replaced);
        let after = ledger([refused(&uid(1)), larger]);
        assert_eq!(standing(&after, later), Standing::Recorded);
        assert_eq!(after.book(&mailbox()).unwrap().repeated(), []);
    }

    #[test]
    fn two_events_for_one_mail_are_told_and_what_follows_from_a_quarantine_is_not() {
        let ledger = ledger([
            quarantined(&uid(1)),
            refused(&uid(1)),
            refused(&uid(2)),
            duplicated(&uid(2)),
            refused(&uid(2)),
        ]);
        let book = ledger.book(&mailbox()).unwrap();
        let (mark, first, second) = (uid(2), Position(4), Position(5));
        assert_eq!(book.repeated(), [Repeated { mark, first, second }]);
    }
}
