//! Publishing an application.

use application::{Action, ActionKind, Application, ApplicationError, Problem, Severity};
use event::{
    ApplicationEntered, ApplicationFileKept, ApplicationName, ApplicationRef, ContactId, Fact,
    MessageRef, RunningContacts,
};
use projections::{OpenContact, Place};

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
        let mut surroundings = surroundings(&view.hot.directory, &self.name);
        surroundings.files = Some(files);
        let mut problems = Application::check(&self.text, &surroundings);
        problems.extend(self.unused_by_mailboxes(view));
        problems.retain(|problem| problem.severity == Severity::Error);
        if problems.is_empty() { Ok(()) } else { Err(ApplicationError { problems }) }
    }

    /// What is wrong where mailboxes send their mail here, and it takes none.
    fn unused_by_mailboxes(&self, view: &View<'_>) -> Option<Problem> {
        let application = Application::parse(&self.text).ok()?;
        let start = application.actions.get(&application.start)?;
        if let Action { kind: ActionKind::WaitForEmail { .. }, .. } = start {
            return None;
        }
        let mut mailboxes = view.hot.directory.mailboxes.iter();
        let (mailbox, _) =
            mailboxes.find(|(_, entry)| entry.application.as_ref() == Some(&self.name))?;
        Some(Problem {
            line: start.line,
            severity: Severity::Error,
            message: format!(
                "mailbox `{mailbox}` sends its mail to `{}`, which must start with \"wait for e-mail\"",
                self.name
            ),
            hint: None,
        })
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
