//! The action `check e-mail`: the table looks at what the log says of the mail, or at the mail itself.

use application::{CheckedMail, Found, Table};
use event::{ExitName, Fact, MailRequested};

use crate::NewEvent;
use crate::interpreter::At;

impl At<'_> {
    /// Asks for the mail itself where a condition needs it: its header and its text are not in the
    /// log.
    pub(crate) fn check_email(&self, table: &Table) -> Vec<NewEvent> {
        if table.needs_mail() {
            let (contact, step) = (self.contact, self.step.clone());
            return vec![Fact::from(MailRequested { contact, step }).into()];
        }
        vec![self.found(table, &table.look(&self.recorded()))]
    }

    /// The way a mail goes.
    pub(crate) fn checked(&self, table: &Table, mail: CheckedMail) -> NewEvent {
        let mail = CheckedMail { verification: self.open.verification, ..mail };
        self.found(table, &table.look(&mail))
    }

    fn found(&self, table: &Table, found: &Found) -> NewEvent {
        let row = found.row.and_then(|row| table.rows.get(usize::from(row).checked_sub(1)?));
        let exit = row.map_or("otherwise", |row| ExitName::as_str(&row.exit));
        self.leave_by_row(exit, found.row, &found.reasons.join("\n"))
    }

    /// The mail as far as the log has it.
    fn recorded(&self) -> CheckedMail {
        let open = self.open;
        CheckedMail {
            subject: open.subject.clone(),
            attachments: open.attachments.clone(),
            sender: open.sender.as_ref().map(|from| from.address.to_string()).unwrap_or_default(),
            size: open.message.size,
            language: open.language.clone().unwrap_or_default(),
            automatic: open.automatic,
            verification: open.verification,
            ..CheckedMail::default()
        }
    }
}
