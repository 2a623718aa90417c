//! Publishing an application.

use std::collections::BTreeSet;

use application::{Action, ActionKind, Application, ApplicationError, Problem, Severity};
use event::{
    ApplicationEntered, ApplicationFileKept, ApplicationName, ApplicationRef, ContactId, Fact,
    MessageRef, RunningContacts,
};
use projections::{Directory, OpenContact, Place};

use crate::{Decision, NewEvent, Rejection, View, surroundings};

/// An application is as given; contacts that arrive from now on enter this version.
#[derive(Clone, Debug)]
pub struct Publish {
    /// The application.
    pub name: ApplicationName,
    /// Its text.
    pub text: String,
    /// The files it sends with its answers.
    pub files: Vec<SentFile>,
}

/// A file that an application sends. Its bytes are in the message store already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// The name by which the application's text calls it.
    pub name: String,
    /// Its media type (RFC 2046).
    pub media_type: String,
    /// Its bytes.
    pub content: MessageRef,
}

impl Publish {
    /// The same text with the same files is the same version; a text that cannot work is refused,
    /// with all that is wrong with it.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        let directory = &view.hot.directory;
        let problems = self.wrong(directory);
        if !problems.is_empty() {
            return Err(ApplicationError { problems }.into());
        }
        let newest = directory.newest(&self.name);
        if newest
            .is_some_and(|(newest, text)| text == self.text && self.has_files(directory, &newest))
        {
            return Ok(Decision::unchanged());
        }
        Ok(Decision::record(self.events(view, directory.settings.running_contacts)))
    }

    /// The next version, with its files; contacts that are in the application and not yet queued
    /// begin anew in it where `running` says so.
    pub(crate) fn events(&self, view: &View<'_>, running: RunningContacts) -> Vec<NewEvent> {
        let newest = view.hot.directory.newest(&self.name);
        let version = newest.map_or(1, |(newest, _)| newest.version.saturating_add(1));
        let application = ApplicationRef { name: self.name.clone(), version };
        let kept = self.files.iter().cloned().map(|SentFile { name, media_type, content }| {
            let application = application.clone();
            Fact::from(ApplicationFileKept { application, name, media_type, content })
        });
        let entered = self.movers(view, running).map(|contact| {
            Fact::from(ApplicationEntered { contact, application: application.clone() })
        });
        let text = self.text.clone();
        let published = Fact::ApplicationPublished { application: application.clone(), text };
        std::iter::once(published).chain(kept).chain(entered).map(NewEvent::from).collect()
    }

    /// Everything that keeps the text from working in a directory.
    pub(crate) fn wrong(&self, directory: &Directory) -> Vec<Problem> {
        let files = self.files.iter().map(|file| file.name.clone()).collect();
        let mut problems = problems(directory, &self.name, &self.text, files);
        problems.retain(Problem::is_error);
        problems
    }

    fn has_files(&self, directory: &Directory, version: &ApplicationRef) -> bool {
        self.files.iter().all(|file| {
            let known = directory.file(version, &file.name);
            known.is_some_and(|known| {
                known.content == file.content && known.media_type == file.media_type
            })
        })
    }

    /// The contacts that begin anew in the new version.
    fn movers(&self, view: &View<'_>, running: RunningContacts) -> impl Iterator<Item = ContactId> {
        let is_mover = move |open: &OpenContact| {
            running == RunningContacts::Move
                && open.application.name == self.name
                && open.place == Place::Application
        };
        view.hot.contacts.iter().filter(move |(_, open)| is_mover(open)).map(|(id, _)| id)
    }
}

/// All that is wrong with a text that is to be published under a name, or that somebody should look
/// at first. `files` are the names of the files that come with it.
pub fn problems(
    directory: &Directory,
    name: &ApplicationName,
    text: &str,
    files: BTreeSet<String>,
) -> Vec<Problem> {
    let mut surroundings = surroundings(directory, name);
    surroundings.files = Some(files);
    let mut problems = Application::check(text, &surroundings);
    problems.extend(unused_by_mailboxes(directory, name, text));
    problems
}

/// What is wrong where mailboxes send their mail to an application that takes none.
fn unused_by_mailboxes(
    directory: &Directory,
    name: &ApplicationName,
    text: &str,
) -> Option<Problem> {
    let application = Application::parse(text).ok()?;
    let start = application.actions.get(&application.start)?;
    if let Action { kind: ActionKind::WaitForEmail { .. }, .. } = start {
        return None;
    }
    let mut mailboxes = directory.mailboxes.iter();
    let (mailbox, _) = mailboxes.find(|(_, entry)| entry.application.as_ref() == Some(name))?;
    Some(Problem {
        line: start.line,
        severity: Severity::Error,
        message: format!(
            "mailbox `{mailbox}` sends its mail to `{name}`, which must start with \"wait for e-mail\""
        ),
        hint: None,
    })
}
