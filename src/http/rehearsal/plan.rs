//! What a rehearsal begins with.

use application::{Application, Problem, Surroundings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::{
    AgentNumber, ApplicationFileKept, ApplicationName, ApplicationRef, Check, CheckedBy,
    DirectoryEntry, Fact, MailboxName, MessageDigest, MessageRef, Private, PrivateEntry, Timestamp,
    Verification,
};
use projections::Directory;

use super::{RehearsalError, bad};
use crate::answer::moment;
use crate::commands::{MailRequest, RehearseRequest};

/// Where a mail comes to whose application serves no mailbox.
const MAILBOX: &str = "test";

/// What a rehearsal begins with.
pub(super) struct Plan {
    name: ApplicationName,
    text: String,
    files: Vec<String>,
    /// The mailbox that mail comes to; its mail enters the application.
    pub(super) mailbox: MailboxName,
    /// When.
    pub(super) at: Timestamp,
    /// The agents who are ready.
    pub(super) signed_in: Vec<AgentNumber>,
    /// The status and the body that other programs answer.
    pub(super) webhook: Option<(u16, String)>,
    /// Whether mail is from whom it says.
    pub(super) verification: Verification,
}

impl Plan {
    pub(super) fn new(
        directory: Option<&Directory>,
        name: &str,
        request: RehearseRequest,
    ) -> Result<Self, RehearsalError> {
        let name = ApplicationName::new(name).map_err(bad)?;
        let check = |text: &Option<String>| match text {
            Some(text) => text.parse::<Check>().map_err(bad),
            None => Ok(Check::NotChecked),
        };
        let (dmarc, dkim) = (check(&request.dmarc)?, check(&request.dkim)?);
        let spf = check(&request.spf)?;
        let is_checked = [dmarc, dkim, spf].iter().any(|result| *result != Check::NotChecked);
        let by = if is_checked { CheckedBy::Ourselves } else { CheckedBy::Nobody };
        Ok(Self {
            mailbox: mailbox(directory, &name, request.mailbox)?,
            at: moment(&request.at).map_err(bad)?,
            signed_in: request.signed_in.into_iter().map(AgentNumber).collect(),
            webhook: request.webhook.map(|answer| (answer.status, answer.body)),
            verification: Verification { dmarc, dkim, spf, by },
            name,
            text: request.text,
            files: request.files,
        })
    }

    /// What is wrong with the application.
    pub(super) fn problems(&self, directory: Option<&Directory>) -> Vec<Problem> {
        let files = self.files.iter().cloned().collect();
        match directory {
            Some(directory) => command::problems(directory, &self.name, &self.text, files),
            None => {
                let (name, files) = (Some(self.name.clone()), Some(files));
                let surroundings = Surroundings { name, files, ..Surroundings::default() };
                Application::check(&self.text, &surroundings)
            }
        }
    }

    /// What has happened before the mail arrives: the directory was loaded, and the application was
    /// published.
    pub(super) fn facts(&self, directory: &Directory) -> Vec<(Fact, Option<Private>)> {
        let (entries, private) = directory.entries();
        let (mut entries, mut private) = (entries.to_vec(), private.to_vec());
        entries.retain(
            |entry| !matches!(entry, DirectoryEntry::Mailbox { name, .. } if *name == self.mailbox),
        );
        let (name, application) = (self.mailbox.clone(), self.name.clone());
        entries.push(DirectoryEntry::Mailbox { name: name.clone(), application });
        if !directory.mailboxes.contains_key(&name) {
            private.push(PrivateEntry::Mailbox { name, display_name: None, addresses: Vec::new() });
        }
        let loaded = Fact::DirectoryLoaded { entries };
        let mut facts = vec![(loaded, Some(Private::Directory(private)))];
        let (newest, is_new) = match directory.newest(&self.name) {
            Some((newest, text)) => (newest.version, text != self.text),
            None => (0, true),
        };
        let version = newest.saturating_add(u32::from(is_new));
        let application = ApplicationRef { name: self.name.clone(), version };
        if is_new {
            let (application, text) = (application.clone(), self.text.clone());
            facts.push((Fact::ApplicationPublished { application, text }, None));
        }
        facts.extend(self.files.iter().map(|name| {
            let content = MessageRef { digest: MessageDigest([0; 32]), size: 0 };
            let media_type = "application/octet-stream".to_owned();
            let (application, name) = (application.clone(), name.clone());
            let kept = ApplicationFileKept { application, name, media_type, content };
            (Fact::from(kept), None)
        }));
        facts
    }
}

/// The mailbox that is named, else the first one whose mail enters the application, else one made up.
fn mailbox(
    directory: Option<&Directory>,
    name: &ApplicationName,
    given: Option<String>,
) -> Result<MailboxName, RehearsalError> {
    let mailboxes = || {
        let all = directory.into_iter().flat_map(|directory| &directory.mailboxes);
        all.filter_map(|(mailbox, entry)| Some((mailbox, entry.application.as_ref()?)))
    };
    let Some(given) = given else {
        let served = mailboxes().find(|(_, application)| *application == name);
        let served = served.map(|(mailbox, _)| mailbox.clone());
        return served.map_or_else(|| MailboxName::new(MAILBOX).map_err(bad), Ok);
    };
    let given = MailboxName::new(given).map_err(bad)?;
    let known: Vec<&str> = mailboxes().map(|(mailbox, _)| mailbox.as_str()).collect();
    if directory.is_some() && !known.contains(&given.as_str()) {
        let known = known.join(", ");
        return Err(bad(format!("there is no mailbox `{given}`; there are: {known}")));
    }
    Ok(given)
}

/// The name and the bytes of a mail.
pub(super) fn raw(mail: &MailRequest) -> Result<(String, Vec<u8>), RehearsalError> {
    let raw = STANDARD.decode(&mail.content);
    let raw = raw.map_err(|error| bad(format!("{} is no base64: {error}", mail.name)))?;
    Ok((mail.name.clone(), raw))
}
