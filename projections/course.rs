//! How far a contact is in its application, and in those that application runs.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{
    ActionName, ApplicationName, ApplicationRef, Event, ExitName, Fact, Step, StepFact, Timestamp,
};

/// The name of the exit by which an action is left whose application has ended.
pub const DONE: &str = "done";

/// How far a contact is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Course {
    /// The application it is in.
    pub application: ApplicationRef,
    /// Where it stands there.
    pub at: CourseAt,
    /// The actions of other applications that wait for this one to end, the outermost first.
    pub callers: Vec<Step>,
    /// How often it has been at each action.
    pub visits: BTreeMap<(ApplicationName, ActionName), u32>,
    /// How many actions it has left since it last waited in one.
    pub at_once: u32,
}

/// Where a contact stands in an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum CourseAt {
    /// Before the first action.
    #[default]
    Start,
    /// It left an action.
    Left {
        /// The action.
        action: ActionName,
        /// The way out.
        exit: ExitName,
    },
    /// It waits in an action for a timer.
    Paused {
        /// The action.
        step: Step,
        /// When it goes on.
        until: Timestamp,
    },
    /// It waits in an action for what was asked of somebody else.
    Awaiting {
        /// The action.
        step: Step,
    },
    /// The wait in an action is over.
    Resumed {
        /// The action.
        step: Step,
    },
}

/// One visit to an action, whatever the version of its application.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Visit {
    /// The application.
    pub application: ApplicationName,
    /// The action.
    pub action: ActionName,
    /// Counts from 1 within the contact.
    pub number: u32,
}

impl From<&Step> for Visit {
    fn from(step: &Step) -> Self {
        Self {
            application: step.application.name.clone(),
            action: step.action.clone(),
            number: step.visit,
        }
    }
}

impl Course {
    /// A contact before the first action of an application.
    pub fn start(application: ApplicationRef) -> Self {
        Self {
            application,
            at: CourseAt::Start,
            callers: Vec::new(),
            visits: BTreeMap::new(),
            at_once: 0,
        }
    }

    /// The application it is in, and those that wait for it to end.
    pub fn applications(&self) -> impl Iterator<Item = &ApplicationRef> {
        [&self.application].into_iter().chain(self.callers.iter().map(|caller| &caller.application))
    }

    /// Whether it can take a step now.
    pub fn can_run(&self) -> bool {
        !matches!(self.at, CourseAt::Paused { .. } | CourseAt::Awaiting { .. })
    }

    /// The next visit to an action of the application it is in.
    pub fn next_visit(&self, action: &ActionName) -> Step {
        let key = (self.application.name.clone(), action.clone());
        let visit = self.visits.get(&key).copied().unwrap_or(0).saturating_add(1);
        Step { application: self.application.clone(), action: action.clone(), visit }
    }

    /// Takes in a fact about the contact; `None` once its application has ended.
    pub(crate) fn advance(mut self, event: &Event) -> Option<Self> {
        if let Fact::StepTaken { step, exit, .. } = &event.fact {
            return self.leave(step, exit.as_ref());
        }
        if let Fact::Step(StepFact::ActionTaken(taken)) = &event.fact {
            return self.leave(&taken.step, taken.exit.as_ref());
        }
        if let Fact::Step(StepFact::SubApplicationEntered(entered)) = &event.fact {
            self.visit(&entered.step);
            self.callers.push(entered.step.clone());
            self.application = entered.application.clone();
            self.at = CourseAt::Start;
        } else if let Fact::ApplicationPaused { step, until, .. } = &event.fact {
            self.visit(step);
            self.at = CourseAt::Paused { step: step.clone(), until: *until };
            self.at_once = 0;
        } else if let Some(step) = asked(&event.fact) {
            self.visit(step);
            self.at = CourseAt::Awaiting { step: step.clone() };
        } else if let CourseAt::Paused { step, .. } | CourseAt::Awaiting { step } = &self.at {
            self.at = CourseAt::Resumed { step: step.clone() };
        }
        Some(self)
    }

    fn visit(&mut self, step: &Step) {
        let key = (step.application.name.clone(), step.action.clone());
        self.visits.insert(key, step.visit);
    }

    fn leave(mut self, step: &Step, exit: Option<&ExitName>) -> Option<Self> {
        self.visit(step);
        self.at_once = self.at_once.saturating_add(1);
        if let Some(exit) = exit {
            self.at = CourseAt::Left { action: step.action.clone(), exit: exit.clone() };
            return Some(self);
        }
        let caller = self.callers.pop()?;
        self.at = CourseAt::Left { action: caller.action, exit: ExitName::new(DONE).ok()? };
        self.application = caller.application;
        Some(self)
    }
}

/// The action that waits for an outcome, where the fact asks for one.
fn asked(fact: &Fact) -> Option<&Step> {
    if let Fact::Step(StepFact::MailRequested(asked)) = fact {
        Some(&asked.step)
    } else if let Fact::Step(StepFact::WebhookRequested(asked)) = fact {
        Some(&asked.step)
    } else if let Fact::Step(StepFact::ContactForwarded(asked)) = fact {
        Some(&asked.step)
    } else {
        None
    }
}
