//! What another program answered, for the action that asked.

use event::{ContactId, Fact, Private, Step, WebhookAnswered};
use projections::Errand;

use crate::{Decision, NewEvent, View};

/// What another program answered.
#[derive(Clone, Debug)]
pub struct RecordWebhook {
    /// The contact.
    pub contact: ContactId,
    /// The action that asked.
    pub step: Step,
    /// The HTTP status; `None` where there was no usable answer.
    pub status: Option<u16>,
    /// The body of the answer, or what went wrong.
    pub text: String,
    /// So many attempts were made.
    pub attempts: u8,
}

impl RecordWebhook {
    /// An action that no longer waits for it leaves everything as it is.
    pub(crate) fn decide(&self, view: &View<'_>) -> Decision {
        match view.hot.errands.get(self.contact) {
            Some(Errand::Webhook { step, .. }) if *step == self.step => {}
            Some(Errand::Webhook { .. } | Errand::Mail { .. }) | None => {
                return Decision::unchanged();
            }
        }
        let Self { contact, status, attempts, .. } = *self;
        let answered = WebhookAnswered { contact, step: self.step.clone(), status, attempts };
        let text = Private::Text(self.text.clone());
        Decision::record([NewEvent::with(Fact::from(answered), text)])
    }
}
