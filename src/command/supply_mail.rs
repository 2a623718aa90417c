//! The mail itself, for an action that asked to see it.

use application::{ActionKind, CheckedMail};
use event::{ContactId, Step, Timestamp};
use projections::Errand;

use crate::interpreter::At;
use crate::{Decision, Rejection, View};

/// The mail itself, for an action that asked to see it.
#[derive(Clone, Debug)]
pub struct SupplyMail {
    /// The contact.
    pub contact: ContactId,
    /// The action that asked.
    pub step: Step,
    /// The mail; the error says why there is none.
    pub mail: Result<CheckedMail, String>,
}

impl SupplyMail {
    /// An action that no longer waits for it leaves everything as it is.
    pub(crate) fn decide(&self, view: &View<'_>, now: Timestamp) -> Result<Decision, Rejection> {
        match view.hot.errands.get(self.contact) {
            Some(Errand::Mail { step }) if *step == self.step => {}
            Some(Errand::Mail { .. } | Errand::Webhook { .. }) | None => {
                return Ok(Decision::unchanged());
            }
        }
        let Some(at) = At::find(view, self.contact, now) else { return Ok(Decision::unchanged()) };
        Ok(Decision::record(match (&at.action.kind, &self.mail) {
            (ActionKind::CheckEmail(table), Ok(mail)) => vec![at.checked(table, mail.clone())],
            (_, Err(reason)) => at.fail(reason),
            (_, Ok(_)) => at.fail("the action does not look at the mail"),
        }))
    }
}
