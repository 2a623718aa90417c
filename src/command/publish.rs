//! Publishing an application.

use event::{ApplicationName, ApplicationRef, Fact};

use crate::{Application, Decision, Rejection, View};

/// An application is as given; contacts that arrive from now on enter this version.
#[derive(Clone, Debug)]
pub struct Publish {
    /// The application.
    pub name: ApplicationName,
    /// Its text.
    pub text: String,
}

impl Publish {
    /// The same text is the same version; a text that cannot work is refused.
    pub(crate) fn decide(&self, view: &View<'_>) -> Result<Decision, Rejection> {
        Application::parse(&self.text)?;
        let version = match view.hot.directory.newest(&self.name) {
            Some((_, text)) if text == self.text => return Ok(Decision::unchanged()),
            Some((newest, _)) => newest.version.saturating_add(1),
            None => 1,
        };
        let application = ApplicationRef { name: self.name.clone(), version };
        Ok(Decision::record([Fact::ApplicationPublished { application, text: self.text.clone() }]))
    }
}
