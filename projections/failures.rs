//! Failures: actions of applications that lately could not be carried out as written.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use event::{
    ActionFailed, ActionName, ApplicationName, ContactId, Event, Fact, StepFact, Timestamp,
};

/// No more actions are remembered; of more, those that failed longest ago are forgotten.
const ACTIONS_MAX: usize = 100;

/// The actions that failed since their application was last published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Failures {
    actions: BTreeMap<(ApplicationName, ActionName), FailedAction>,
}

/// How an action failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FailedAction {
    /// How often.
    pub count: u32,
    /// When it did last.
    pub last: Timestamp,
    /// For which contact that was.
    pub contact: ContactId,
}

impl Failures {
    /// Every action that failed, by application.
    pub fn iter(&self) -> impl Iterator<Item = (&ApplicationName, &ActionName, FailedAction)> {
        let actions = self.actions.iter();
        actions.map(|((application, action), failed)| (application, action, *failed))
    }

    /// Takes in one event. Only two facts say anything of it.
    pub fn apply(&mut self, event: &Event) {
        if let Fact::ApplicationPublished { application, .. } = &event.fact {
            self.actions.retain(|(name, _), _| *name != application.name);
        } else if let Fact::Step(StepFact::ActionFailed(failed)) = &event.fact {
            self.fail(failed, event.time);
        }
    }

    fn fail(&mut self, failed: &ActionFailed, now: Timestamp) {
        let ActionFailed { contact, step } = failed;
        let key = (step.application.name.clone(), step.action.clone());
        let known = self.actions.get(&key).map_or(0, |known| known.count);
        let failed = FailedAction { count: known.saturating_add(1), last: now, contact: *contact };
        self.actions.insert(key, failed);
        if self.actions.len() > ACTIONS_MAX {
            let oldest = self.actions.iter().min_by_key(|(_, failed)| failed.last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.actions.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use event::{Actor, ApplicationRef, Cause, CommandId, Step};

    use super::*;

    fn event(time: u64, fact: impl Into<Fact>) -> Event {
        let (actor, cause) = (Actor::Engine, Cause::Command(CommandId(1)));
        Event { time: Timestamp(time), actor, cause, fact: fact.into(), private: None }
    }

    fn application(name: &str, version: u32) -> ApplicationRef {
        ApplicationRef { name: name.parse().unwrap(), version }
    }

    fn fail(view: &mut Failures, time: u64, name: &str, action: &str) {
        let application = application(name, 1);
        let step = Step { application, action: action.parse().unwrap(), visit: 1 };
        let contact = ContactId::from_digest(&[7; 32]);
        view.apply(&event(time, ActionFailed { contact, step }));
    }

    fn shown(view: &Failures) -> Vec<(String, u32, u64)> {
        let shown =
            |(application, action, failed): (&ApplicationName, &ActionName, FailedAction)| {
                (format!("{application} {action}"), failed.count, failed.last.0)
            };
        view.iter().map(shown).collect()
    }

    #[test]
    fn failures_are_counted_until_a_new_version_is_published() {
        let mut view = Failures::default();
        fail(&mut view, 1, "support", "ask");
        fail(&mut view, 2, "support", "ask");
        fail(&mut view, 3, "support", "reply");
        fail(&mut view, 4, "sales", "ask");
        let failed = |name: &str, count, last| (name.to_owned(), count, last);
        let sales = failed("sales ask", 1, 4);
        let expected = [sales.clone(), failed("support ask", 2, 2), failed("support reply", 1, 3)];
        assert_eq!(shown(&view), expected);
        let (application, text) = (application("support", 2), String::new());
        view.apply(&event(5, Fact::ApplicationPublished { application, text }));
        assert_eq!(shown(&view), std::slice::from_ref(&sales));
        fail(&mut view, 6, "support", "ask");
        assert_eq!(shown(&view), [sales, failed("support ask", 1, 6)]);
    }

    #[test]
    fn the_failures_of_longest_ago_are_forgotten() {
        let mut view = Failures::default();
        for number in 0..=ACTIONS_MAX as u64 {
            // The first ones fail again.
            fail(&mut view, number, "support", &format!("action {number}"));
            fail(&mut view, number, "support", "action 0");
        }
        let shown = shown(&view);
        assert_eq!(shown.len(), ACTIONS_MAX);
        let counts = |action: &str| shown.iter().any(|(name, ..)| name == action);
        assert!(counts("support action 0") && counts("support action 2"), "{shown:?}");
        assert!(!counts("support action 1"), "{shown:?}");
    }
}
