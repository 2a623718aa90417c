//! The table of `check e-mail`: rows of conditions, of which the first that holds decides.

use event::{AutomaticKind, ExitName, Verification};

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

impl Table {
    /// Whether the table must see the mail itself, beside what the log says of it.
    pub fn needs_mail(&self) -> bool {
        true
    }

    /// Looks at the rows from the top until one holds.
    pub fn look(&self, _mail: &CheckedMail) -> Found {
        Found { row: None, reasons: Vec::new() }
    }
}
