//! The views and what changes them: a command is decided, its facts folded, and what they lead to.

use std::collections::BTreeSet;

use application::Application;
use event::{Actor, ApplicationRef, Cause, Event, Fact, Timestamp};
use projections::{Archive, Course, Hot, OpenContact};

use crate::{Answer, Applications, Envelope, NewEvent, Rejection, View, decide, follow_up};

/// The state a log stands for: its views, and its applications ready to run.
pub struct State {
    hot: Hot,
    archive: Archive,
    applications: Applications,
}

/// The events a command led to; they are folded already and must be appended in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The events.
    pub events: Vec<Event>,
    /// What the asker is told.
    pub answer: Answer,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// It is not allowed; nothing has changed.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The views cannot be trusted any more: they must be made anew from the log.
    #[error("{0}")]
    Broken(String),
}

impl State {
    /// The state of replayed views. Fails with the application that cannot be read.
    pub fn new(hot: Hot, archive: Archive) -> Result<Self, ApplicationRef> {
        let mut applications = Applications::default();
        for reference in in_use(&hot) {
            if let Some(published) = hot.directory.publication(&reference) {
                let parsed = Application::parse(&published.text);
                applications.add(reference.clone(), parsed.map_err(|_| reference)?);
            }
        }
        Ok(Self { hot, archive, applications })
    }

    /// The views of what is open.
    pub fn hot(&self) -> &Hot {
        &self.hot
    }

    /// The views of what has been.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The views of what has been, to be written.
    pub fn archive_mut(&mut self) -> &mut Archive {
        &mut self.archive
    }

    /// Decides a command and everything it leads to. Time never runs backwards in a log: a clock
    /// that was set back counts as standing still.
    pub fn carry_out(&mut self, envelope: &Envelope) -> Result<Carried, CarryError> {
        let decision = decide(&self.view(), envelope)?;
        let time = envelope.time.max(self.hot.time);
        let cause = Cause::Command(envelope.id);
        let mut events = Vec::new();
        for new in decision.events {
            events.push(self.take_in(event(new, time, envelope.actor.clone(), cause))?);
        }
        loop {
            let led_to = follow_up(&self.view(), time)
                .map_err(|fault| CarryError::Broken(fault.to_string()))?;
            if led_to.is_empty() {
                return Ok(Carried { events, answer: decision.answer });
            }
            let cause = Cause::Event(self.hot.position);
            for new in led_to {
                events.push(self.take_in(event(new, time, Actor::Engine, cause))?);
            }
        }
    }

    /// What a command would lead to: so many events, before those that these would lead to. Nothing
    /// changes.
    pub fn rehearse(&self, envelope: &Envelope) -> Result<usize, Rejection> {
        Ok(decide(&self.view(), envelope)?.events.len())
    }

    fn view(&self) -> View<'_> {
        View { hot: &self.hot, archive: &self.archive, applications: &self.applications }
    }

    fn take_in(&mut self, event: Event) -> Result<Event, CarryError> {
        let at = self.hot.position.next();
        if let Fact::ApplicationPublished { application, text } = &event.fact {
            let parsed = Application::parse(text).map_err(Rejection::from)?;
            self.applications.add(application.clone(), parsed);
        }
        self.hot.apply(at, &event);
        self.archive.apply(at, &event);
        match self.archive.failure() {
            None => Ok(event),
            Some(failure) => Err(CarryError::Broken(failure.to_string())),
        }
    }
}

/// The versions of applications that contacts may run from now on: the newest, and those they are in.
/// Older ones are many in the end, and need not be readable for ever.
fn in_use(hot: &Hot) -> BTreeSet<ApplicationRef> {
    let newest = hot.directory.newest_versions().map(|(reference, _)| reference);
    newest.chain(hot.contacts.iter().flat_map(|(_, open)| entered(open)).cloned()).collect()
}

fn entered(open: &OpenContact) -> impl Iterator<Item = &ApplicationRef> {
    open.course.iter().flat_map(Course::applications).chain([&open.application])
}

fn event(new: NewEvent, time: Timestamp, actor: Actor, cause: Cause) -> Event {
    Event { time, actor, cause, fact: new.fact, private: new.private }
}
