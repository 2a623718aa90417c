//! Publishing an application.

use std::collections::BTreeSet;

use application::{Action, ActionKind, Application, ApplicationError, Problem, Severity};
use event::{
    ApplicationEntered, ApplicationFileKept, ApplicationName, ApplicationRef, ContactId, Fact,
    MessageRef, RunningContacts,
};
use projections::{Directory, OpenContact, Place};

use crate::{Decision, Rejection, View, surroundings};

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
        self.check(view)?;
        let version = match view.hot.directory.newest(&self.name) {
            Some((newest, text)) if text == self.text && self.has_files(view, &newest) => {
                return Ok(Decision::unchanged());
            }
            Some((newest, _)) => newest.version.saturating_add(1),
            None => 1,
        };
        let application = ApplicationRef { name: self.name.clone(), version };
        let kept = self.files.iter().cloned().map(|SentFile { name, media_type, content }| {
            let application = application.clone();
            Fact::from(ApplicationFileKept { application, name, media_type, content })
        });
        let entered = self.movers(view).map(|contact| {
            Fact::from(ApplicationEntered { contact, application: application.clone() })
        });
        let text = self.text.clone();
        let published = Fact::ApplicationPublished { application: application.clone(), text };
        Ok(Decision::record(std::iter::once(published).chain(kept).chain(entered)))
    }

    fn has_files(&self, view: &View<'_>, version: &ApplicationRef) -> bool {
        self.files.iter().all(|file| {
            let known = view.hot.directory.file(version, &file.name);
            known.is_some_and(|known| {
                known.content == file.content && known.media_type == file.media_type
            })
        })
    }

    fn check(&self, view: &View<'_>) -> Result<(), ApplicationError> {
        let files = self.files.iter().map(|file| file.name.clone()).collect();
        let mut problems = problems(&view.hot.directory, &self.name, &self.text, files);
        problems.retain(|problem| problem.severity == Severity::Error);
        if problems.is_empty() { Ok(()) } else { Err(ApplicationError { problems }) }
    }

    /// The contacts that begin anew in the new version, as the settings say.
    fn movers(&self, view: &View<'_>) -> impl Iterator<Item = ContactId> {
        let moves = view.hot.directory.settings.running_contacts == RunningContacts::Move;
        let is_mover = move |open: &OpenContact| {
            moves && open.application.name == self.name && open.place == Place::Application
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
