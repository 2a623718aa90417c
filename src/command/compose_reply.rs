//! An application's automatic answer: whether it may go out, and what it says.

use event::{Address, ContactId, Fact, Private, Step, WithheldReason, Written};
use projections::{OpenContact, Visit};

use crate::template::Variable;
use crate::{NewEvent, Template, View};

/// What asks for the answer or withholds it, and the exit.
///
/// A contact that enters its application again after a restart has asked already: it leaves by the
/// same exit and asks for nothing.
pub(crate) fn compose_reply(
    view: &View<'_>,
    contact: ContactId,
    open: &OpenContact,
    step: &Step,
    (subject, text): (&Template, &Template),
) -> (Option<NewEvent>, &'static str) {
    if open.replied.contains(&Visit::from(step)) {
        return (None, "sent");
    }
    let step = step.clone();
    match recipient(view, open) {
        Ok(to) => {
            let value = |variable| value(view, contact, open, variable);
            let (subject, text) = (subject.render(value), text.render(value));
            let written = Written { to: to.clone(), subject, text };
            let (thread, arrival) = (open.thread, open.arrival);
            let fact = Fact::AutomaticReplyRequested { contact, thread, arrival, step };
            (Some(NewEvent::with(fact, Private::Written(Box::new(written)))), "sent")
        }
        Err(reason) => {
            (Some(Fact::AutomaticReplyWithheld { contact, step, reason }.into()), "withheld")
        }
    }
}

/// Who gets the answer. The limits stop what no rule recognises: a robot that passes for a person,
/// also where it writes under another address each time.
fn recipient<'a>(view: &View<'_>, open: &'a OpenContact) -> Result<&'a Address, WithheldReason> {
    let own = |address: &Address| view.hot.directory.is_inside(address);
    let to = mail::may_answer(open.automatic, open.answer_to.as_ref(), own)?;
    if view.hot.automatic_mail.to_thread(open.thread) > 0 {
        return Err(WithheldReason::Thread);
    }
    within_limits(view, to)
}

/// The address, where it may get one more automatic answer now.
pub(crate) fn within_limits<'a>(
    view: &View<'_>,
    to: &'a Address,
) -> Result<&'a Address, WithheldReason> {
    let (lately, settings) = (&view.hot.automatic_mail, &view.hot.directory.settings);
    if lately.to_address(to) >= settings.automatic_replies_per_address_day {
        Err(WithheldReason::Address)
    } else if lately.to_domain(to.domain()) >= settings.automatic_replies_per_domain_hour {
        Err(WithheldReason::Domain)
    } else if lately.total() >= settings.automatic_replies_per_hour {
        Err(WithheldReason::Total)
    } else {
        Ok(to)
    }
}

fn value(view: &View<'_>, contact: ContactId, open: &OpenContact, variable: Variable) -> String {
    match variable {
        Variable::Contact => contact.to_string(),
        Variable::Mailbox => {
            let shown = view.hot.directory.public(&open.mailbox).and_then(|(_, name)| name);
            shown.map_or_else(|| open.mailbox.to_string(), str::to_owned)
        }
        Variable::Subject => open.subject.clone(),
    }
}
