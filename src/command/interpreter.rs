//! The application interpreter: one pure step at a time.

use event::{
    ContactId, ExitName, Fact, Line, NameError, Private, QueueReason, ReleaseReason, Step,
    Timestamp,
};
use projections::{Course, CourseAt, Place};

use crate::compose_reply::compose_reply;
use crate::queueing::{Entry, enqueue};
use crate::{ActionKind, Application, Fault, NewEvent, View};

/// The next step of a contact's application.
///
/// A contact whose application ends before it was queued is released, so that none is left
/// where nobody looks.
pub(crate) fn step(
    view: &View<'_>,
    contact: ContactId,
    now: Timestamp,
) -> Result<Vec<NewEvent>, Fault> {
    let fault = Fault::Unpublished(contact);
    let open = view.hot.contacts.get(contact).ok_or_else(|| fault.clone())?;
    let application = view.applications.get(&open.application).ok_or_else(|| fault.clone())?;
    let course = open.course.as_ref().ok_or_else(|| fault.clone())?;
    let step = place(application, course).ok_or_else(|| fault.clone())?;
    let kind = &application.actions.get(&step.action).ok_or_else(|| fault.clone())?.kind;
    let leave = |exit: &str| -> Result<NewEvent, Fault> {
        let exit = ExitName::new(exit).map_err(|_: NameError| fault.clone())?;
        Ok(Fact::StepTaken { contact, step: step.clone(), exit: Some(exit) }.into())
    };
    Ok(match kind {
        ActionKind::WaitForEmail => vec![leave("mail")?],
        ActionKind::Wait { seconds } => {
            if matches!(course.at, CourseAt::Resumed { .. }) {
                vec![leave("over")?]
            } else {
                let until = now.plus_ms(u64::from(*seconds) * 1000);
                vec![Fact::ApplicationPaused { contact, step, until }.into()]
            }
        }
        ActionKind::CheckEmail { sender } => vec![leave(sender.exit(&open.verification))?],
        ActionKind::ComposeReply { subject, text } => {
            let (asked, exit) = compose_reply(view, contact, open, &step, (subject, text));
            asked.into_iter().chain([leave(exit)?]).collect()
        }
        ActionKind::Queue { queue, priority } => {
            let entry = Entry {
                line: Line::Queue(queue.clone()),
                priority: *priority,
                entered: now,
                reason: QueueReason::Application,
                skills: Vec::new(),
            };
            enqueue(view, contact, entry, now)?.into_iter().chain([leave("queued")?]).collect()
        }
        ActionKind::SetParameter { parameter, value } => {
            let fact = Fact::ParameterSet { contact, parameter: parameter.clone() };
            let set = NewEvent::with(fact, Private::Text(value.clone()));
            vec![set, leave("set")?]
        }
        ActionKind::End => {
            let ended = Fact::StepTaken { contact, step, exit: None };
            let unqueued = matches!(open.place, Place::Application);
            let reason = ReleaseReason::ApplicationEnded;
            let released =
                unqueued.then_some(Fact::ContactReleased { contact, agent: None, reason });
            std::iter::once(ended).chain(released).map(Into::into).collect()
        }
    })
}

/// The action the contact stands at now, and which visit this is.
fn place(application: &Application, course: &Course) -> Option<Step> {
    let action = match &course.at {
        CourseAt::Start => application.start.clone(),
        CourseAt::Left { action, exit } => {
            application.actions.get(action)?.exits.get(exit)?.clone()
        }
        CourseAt::Paused { step, .. }
        | CourseAt::Awaiting { step }
        | CourseAt::Resumed { step } => return Some(step.clone()),
    };
    Some(course.next_visit(&action))
}
