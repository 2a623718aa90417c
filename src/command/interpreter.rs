//! The application interpreter: one pure step at a time.

use application::{Action, ActionKind, Application, Name, Variables};
use event::{
    ActionFailed, ActionTaken, ApplicationName, ContactId, ContactNoted, ContactTagged, ExitName,
    Fact, Line, ParameterName, Private, QueueReason, ReleaseReason, Step, SubApplicationEntered,
    Timestamp,
};
use projections::{Course, CourseAt, OpenContact, Place, Visit};

use crate::queueing::{Entry, enqueue};
use crate::{Fault, NewEvent, View, known};

/// So deep applications run each other.
const CALLERS_MAX: usize = 8;
/// A contact that goes through so many actions without a wait goes in circles.
const AT_ONCE_MAX: u32 = 1_000;
/// How long it rests then.
const REST_MS: u64 = 15 * 60 * 1000;
/// What is recorded of the reason for a way is cut after so many bytes.
const WHY_BYTES_MAX: usize = 4096;

/// A contact at an action of its application.
pub(crate) struct At<'a> {
    /// The views.
    pub view: &'a View<'a>,
    /// The contact.
    pub contact: ContactId,
    /// What is known of it.
    pub open: &'a OpenContact,
    /// The action and its visit.
    pub step: Step,
    /// The action itself.
    pub action: &'a Action,
    /// Whether a wait in the action is over.
    pub resumed: bool,
    /// The time.
    pub now: Timestamp,
}

/// The next step of a contact's application.
///
/// A contact whose application ends before it was queued is released, so that none is left
/// where nobody looks.
pub(crate) fn step(
    view: &View<'_>,
    contact: ContactId,
    now: Timestamp,
) -> Result<Vec<NewEvent>, Fault> {
    let at = At::find(view, contact, now).ok_or(Fault::Unpublished(contact))?;
    let course = at.open.course.as_ref();
    if course.is_some_and(|course| course.at_once >= AT_ONCE_MAX) {
        return Ok(at.rest());
    }
    at.take()
}

impl<'a> At<'a> {
    /// Where the contact stands; `None` where views and log have come apart.
    pub(crate) fn find(view: &'a View<'a>, contact: ContactId, now: Timestamp) -> Option<Self> {
        let open = view.hot.contacts.get(contact)?;
        let course = open.course.as_ref()?;
        let application = view.applications.get(&course.application)?;
        let step = place(application, course)?;
        let action = application.actions.get(&step.action)?;
        let resumed = matches!(course.at, CourseAt::Resumed { .. });
        Some(Self { view, contact, open, step, action, resumed, now })
    }

    fn take(&self) -> Result<Vec<NewEvent>, Fault> {
        Ok(match &self.action.kind {
            ActionKind::WaitForEmail { .. } => vec![self.leave("mail", "")],
            ActionKind::Wait { .. } if self.resumed => vec![self.leave("over", "")],
            ActionKind::Wait { ms } => vec![self.pause(*ms)],
            ActionKind::CheckEmail(table) => self.check_email(table),
            ActionKind::ComposeReply(reply) => self.compose_reply(reply)?,
            ActionKind::Queue { queue, priority, skills } => {
                let entry = Entry {
                    line: Line::Queue(queue.clone()),
                    priority: *priority,
                    entered: self.waits_since(),
                    reason: QueueReason::Application,
                    skills: skills.clone(),
                };
                self.line_up(entry, self.leave("queued", ""))?
            }
            ActionKind::RouteToAgent { agent, wait_ms, priority } => {
                self.route_to_agent(agent, *wait_ms, *priority)?
            }
            ActionKind::TransferToAddress { address } => self.transfer_to_address(address)?,
            ActionKind::SetParameter { parameter, value } => {
                let set = |value| vec![self.set(parameter, value), self.leave("set", "")];
                self.rendered(value, set)?
            }
            ActionKind::ChooseBySchedule { schedule } => self.choose_by_schedule(schedule),
            ActionKind::Branch { condition } => {
                match condition.holds(&self.variables(condition.names())?) {
                    Ok(true) => vec![self.leave("yes", "")],
                    Ok(false) => vec![self.leave("no", "")],
                    Err(error) => self.fail(&error),
                }
            }
            ActionKind::Note { .. } if self.open.done.contains(&Visit::from(&self.step)) => {
                vec![self.leave("noted", "before")]
            }
            ActionKind::Note { text } => self.rendered(text, |text| {
                let noted = Fact::from(ContactNoted { contact: self.contact });
                vec![NewEvent::with(noted, Private::Text(text)), self.leave("noted", "")]
            })?,
            ActionKind::Tag { tag } => {
                let tagged = ContactTagged { contact: self.contact, tag: tag.clone() };
                vec![Fact::from(tagged).into(), self.leave("tagged", "")]
            }
            ActionKind::CallWebhook(webhook) => self.call_webhook(webhook)?,
            ActionKind::RunApplication { application } => self.run_application(application),
            ActionKind::End => self.end()?,
        })
    }

    /// What templates and conditions can name, as far as these names go.
    pub(crate) fn variables<'n>(
        &self,
        names: impl IntoIterator<Item = &'n Name>,
    ) -> Result<Variables, Fault> {
        known::variables(self, names)
    }

    /// Records that the contact leaves the action, and why in a sentence, where there is more to say
    /// than the exit.
    pub(crate) fn leave(&self, exit: &str, why: &str) -> NewEvent {
        self.leave_by_row(exit, None, why)
    }

    /// The same where a row of a table decided.
    pub(crate) fn leave_by_row(&self, exit: &str, row: Option<u16>, why: &str) -> NewEvent {
        let exit = ExitName::new(exit).ok();
        let taken = ActionTaken { contact: self.contact, step: self.step.clone(), exit, row };
        let why = why.get(..why.floor_char_boundary(WHY_BYTES_MAX)).unwrap_or_default();
        let private = (!why.is_empty()).then(|| Private::Text(why.to_owned()));
        NewEvent { fact: taken.into(), private }
    }

    /// The action cannot be carried out as written: the contact leaves it by `error`, or, where an
    /// old application says nothing of that, by the way of a mail that it does nothing about.
    pub(crate) fn fail(&self, reason: &str) -> Vec<NewEvent> {
        let ways = ["error", "otherwise", "withheld", "failed", "no", "set", "noted", "done"];
        let leads = |exit: &&str| self.action.exits.keys().any(|name| name.as_str() == *exit);
        let exit = ways.into_iter().find(leads).unwrap_or("error");
        let failed = failed(self.contact, self.step.clone(), reason.to_owned());
        vec![failed, self.leave(exit, reason)]
    }

    /// The application goes in circles, which its check does not let pass; the contact stays where it
    /// is for a while, so that nobody else has to wait for it.
    fn rest(&self) -> Vec<NewEvent> {
        let reason = format!("it went through {AT_ONCE_MAX} actions without a wait, and rests");
        vec![failed(self.contact, self.step.clone(), reason), self.pause(REST_MS)]
    }

    /// Sets a parameter.
    pub(crate) fn set(&self, parameter: &ParameterName, value: String) -> NewEvent {
        let parameter = parameter.clone();
        let fact = Fact::ParameterSet { contact: self.contact, parameter };
        NewEvent::with(fact, Private::Text(value))
    }

    /// What becomes of a text once it is rendered; the error exit where it cannot be.
    pub(crate) fn rendered(
        &self,
        template: &application::Template,
        then: impl FnOnce(String) -> Vec<NewEvent>,
    ) -> Result<Vec<NewEvent>, Fault> {
        Ok(match template.render(&self.variables(template.names())?) {
            Ok(text) => then(text),
            Err(error) => self.fail(&error),
        })
    }

    /// The application goes on after so long.
    pub(crate) fn pause(&self, ms: u64) -> NewEvent {
        let until = self.now.plus_ms(ms);
        Fact::ApplicationPaused { contact: self.contact, step: self.step.clone(), until }.into()
    }

    /// Has the contact wait in a line.
    pub(crate) fn line_up(&self, entry: Entry, then: NewEvent) -> Result<Vec<NewEvent>, Fault> {
        let lined_up = enqueue(self.view, self.contact, entry, self.now)?;
        Ok(lined_up.into_iter().chain([then]).collect())
    }

    /// Since when the contact counts as waiting: whoever waits already goes on.
    pub(crate) fn waits_since(&self) -> Timestamp {
        match self.open.place {
            Place::Waiting { entered, .. } => entered,
            Place::Application
            | Place::Held { .. }
            | Place::Parked { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. } => self.now,
        }
    }

    fn run_application(&self, name: &ApplicationName) -> Vec<NewEvent> {
        let callers = self.open.course.as_ref().map_or(0, |course| course.callers.len());
        if callers >= CALLERS_MAX {
            return self.fail(&format!("applications run each other more than {CALLERS_MAX} deep"));
        }
        match self.view.hot.directory.newest(name) {
            Some((application, _)) => {
                let (contact, step) = (self.contact, self.step.clone());
                vec![Fact::from(SubApplicationEntered { contact, step, application }).into()]
            }
            None => self.fail(&format!("application `{name}` was never published")),
        }
    }

    /// Whoever waits in a queue waits on; whom one agent did not take goes back to the queue they were
    /// in before, and whoever was in none is released.
    fn end(&self) -> Result<Vec<NewEvent>, Fault> {
        let (contact, step) = (self.contact, self.step.clone());
        let ended = ActionTaken { contact, step, exit: None, row: None };
        let ended = NewEvent::from(Fact::from(ended));
        if self.open.course.as_ref().is_some_and(|course| !course.callers.is_empty()) {
            return Ok(vec![ended]);
        }
        let waited = match &self.open.place {
            Place::Application => None,
            Place::Waiting { line: Line::Agent(_), priority, entered } => {
                Some((*priority, *entered))
            }
            Place::Waiting { line: Line::Queue(_), .. }
            | Place::Held { .. }
            | Place::Parked { .. }
            | Place::Leaving { .. }
            | Place::Forwarded { .. } => return Ok(vec![ended]),
        };
        let listed = &self.view.hot.directory.queues;
        let home = self.open.home.as_ref().filter(|home| listed.contains_key(*home));
        if let (Some((priority, entered)), Some(home)) = (waited, home) {
            let (line, skills) = (Line::Queue(home.clone()), self.open.skills.clone());
            let reason = QueueReason::AgentWaitOver;
            return self.line_up(Entry { line, priority, entered, reason, skills }, ended);
        }
        let reason = ReleaseReason::ApplicationEnded;
        let released = Fact::ContactReleased { contact: self.contact, agent: None, reason };
        Ok(vec![ended, released.into()])
    }
}

/// An action could not be carried out: an alarm.
pub(crate) fn failed(contact: ContactId, step: Step, reason: String) -> NewEvent {
    NewEvent::with(ActionFailed { contact, step }.into(), Private::Text(reason))
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
