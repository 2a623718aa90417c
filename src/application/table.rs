//! The table of `check e-mail`: rows of conditions, of which the first that holds decides.

use event::{AutomaticKind, ExitName, MailDetails, Verification};

use crate::Condition;
use crate::seen::Seen;

/// Rows, from the top.
#[derive(Clone, Debug)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Row>,
}

/// Conditions that must all hold.
#[derive(Clone, Debug)]
pub struct Row {
    /// The exit it leads to.
    pub exit: ExitName,
    /// All of them must hold; a row without any holds for every mail.
    pub conditions: Vec<Condition>,
}

/// A mail as conditions see it; text is decoded, and cut where it is long.
#[derive(Clone, Debug, Default)]
pub struct CheckedMail {
    /// Every header field in order, its name and its unfolded, decoded value.
    pub header: Vec<(String, String)>,
    /// The subject.
    pub subject: String,
    /// The text of the body.
    pub text: String,
    /// The names of attachments.
    pub attachments: Vec<String>,
    /// Who wrote; an address.
    pub sender: String,
    /// To and Cc.
    pub recipients: Vec<String>,
    /// Its size in bytes.
    pub size: u64,
    /// The language of its text; empty where it was not recognised.
    pub language: String,
    /// Set where no person wrote it.
    pub automatic: Option<AutomaticKind>,
    /// Whether it is from whom it says.
    pub verification: Verification,
}

/// What a table makes of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The row that holds, from 1; none: `otherwise`.
    pub row: Option<u16>,
    /// For each row that was looked at why it holds or does not, in a sentence.
    pub reasons: Vec<String>,
}

impl From<&MailDetails> for CheckedMail {
    /// What the private part of an event tells of a mail; the rest is empty.
    fn from(details: &MailDetails) -> Self {
        let sender = details.from.as_ref().map(|from| from.address.to_string());
        Self {
            subject: details.subject.clone(),
            attachments: details.attachments.clone(),
            sender: sender.unwrap_or_default(),
            ..Self::default()
        }
    }
}

impl Table {
    /// Whether the table must see the mail itself, beside what the log says of it: whether a
    /// condition is about its header, its body or its recipients.
    pub fn needs_mail(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.conditions).any(Condition::needs_mail)
    }

    /// Looks at the rows from the top until one holds.
    pub fn look(&self, mail: &CheckedMail) -> Found {
        let seen = Seen::new(mail);
        let mut reasons = Vec::new();
        for (row, number) in self.rows.iter().zip(1..) {
            let (holds, reason) = row.look(&seen);
            let answer = if holds { "yes" } else { "no" };
            reasons.push(format!("row {number} ({}): {answer}: {reason}", row.exit));
            if holds {
                return Found { row: Some(number), reasons };
            }
        }
        Found { row: None, reasons }
    }
}

impl Row {
    /// Whether all conditions hold; for a row that does not, why the first of them that does not.
    fn look(&self, seen: &Seen<'_>) -> (bool, String) {
        let mut held = Vec::new();
        for condition in &self.conditions {
            let verdict = condition.look(seen);
            if !verdict.holds {
                return (false, verdict.reason);
            }
            held.push(verdict.reason);
        }
        if held.is_empty() {
            return (true, "it has no conditions".to_owned());
        }
        (true, held.join("; "))
    }
}
