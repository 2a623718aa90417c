//! What the parts of a configuration must say about each other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use anyhow::Context;
use event::{Address, ApplicationName, QueueName};

use gateway::Signer;

use crate::config::{After, Dkim, File, Imap, Maildir, OAuth2, Pop3};
use crate::config_error::{ConfigError, problem};

/// Checks names against each other and reads the applications; tells every problem at once.
pub(crate) fn check(
    path: &Path,
    text: &str,
    file: &File,
) -> Result<BTreeMap<ApplicationName, String>, ConfigError> {
    let mut check = Check { path, text, problems: Vec::new() };
    let queues = check.queues(file);
    check.mailboxes(file);
    check.outgoing(file);
    let own = check.addresses(file);
    check.agents(file, &queues, &own);
    let applications = check.applications(file, &queues);
    for mailbox in &file.mailbox {
        let application = &mailbox.application;
        if !file.application.iter().any(|known| known.name.get_ref().0 == application.get_ref().0) {
            let names = list(file.application.iter().map(|known| known.name.get_ref().0.as_str()));
            let message =
                format!("there is no application `{}`; allowed: {names}", application.get_ref().0);
            check.report(application.span(), "mailbox.application", &message);
        }
    }
    ConfigError::of(check.problems).map_or(Ok(applications), Err)
}

/// Gives a signer the key that an entry names.
pub(crate) fn read_key(key: &Dkim, signer: &mut Signer) -> anyhow::Result<()> {
    let path = key.key_file.get_ref();
    let name = || format!("cannot use the DKIM key in {}", path.display());
    let pem = std::fs::read(path).with_context(name)?;
    signer.add(&key.domain, &key.selector, &pem).with_context(name)
}

struct Check<'a> {
    path: &'a Path,
    text: &'a str,
    problems: Vec<String>,
}

impl Check<'_> {
    fn report(&mut self, span: Range<usize>, key: &str, message: &str) {
        self.problems.push(problem(self.path, self.text, Some(span), Some(key), message));
    }

    fn queues(&mut self, file: &File) -> BTreeSet<QueueName> {
        let mut queues = BTreeSet::new();
        for queue in &file.queue {
            let name = &queue.name.get_ref().0;
            if !queues.insert(name.clone()) {
                self.report(
                    queue.name.span(),
                    "queue.name",
                    &format!("there are two queues `{name}`"),
                );
            }
        }
        queues
    }

    fn mailboxes(&mut self, file: &File) {
        let mut names = BTreeSet::from([&file.internal.name.get_ref().0]);
        let internal = (&file.internal.imap, &file.internal.pop3, &file.internal.maildir);
        self.one_account(file.internal.address.span(), "internal", internal);
        for mailbox in &file.mailbox {
            let (name, span) = (&mailbox.name.get_ref().0, mailbox.name.span());
            if !names.insert(name) {
                self.report(
                    span.clone(),
                    "mailbox.name",
                    &format!("there are two mailboxes `{name}`"),
                );
            }
            if mailbox.addresses.is_empty() {
                self.report(span.clone(), "mailbox.addresses", "at least one address is needed");
            }
            let accounts = (&mailbox.imap, &mailbox.pop3, &mailbox.maildir);
            self.one_account(span, "mailbox", accounts);
        }
    }

    fn one_account(
        &mut self,
        span: Range<usize>,
        key: &str,
        (imap, pop3, maildir): (&Option<Imap>, &Option<Pop3>, &Option<Maildir>),
    ) {
        let given = [imap.is_some(), pop3.is_some(), maildir.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            self.report(span.clone(), key, "give one of: `imap`, `pop3`, `maildir`");
        }
        if let Some(imap) = imap {
            let (key, oauth2) = (format!("{key}.imap"), imap.oauth2.as_ref());
            let passwords = [imap.password_file.is_some(), imap.password_env.is_some()];
            self.one_login(span.clone(), &key, passwords, oauth2);
            self.move_to(span.clone(), &format!("{key}.move_to"), imap);
        }
        if let Some(pop3) = pop3 {
            let passwords = [pop3.password_file.is_some(), pop3.password_env.is_some()];
            self.one_login(span, &format!("{key}.pop3"), passwords, pop3.oauth2.as_ref());
        }
    }

    fn one_login(
        &mut self,
        span: Range<usize>,
        key: &str,
        passwords: [bool; 2],
        oauth2: Option<&OAuth2>,
    ) {
        let logins = passwords.into_iter().chain([oauth2.is_some()]);
        if logins.filter(|given| *given).count() != 1 {
            let message = "give one of: `password_file`, `password_env`, `oauth2`";
            self.report(span.clone(), key, message);
        }
        self.one_client_secret(span, &format!("{key}.oauth2"), oauth2);
    }

    fn one_client_secret(&mut self, span: Range<usize>, key: &str, oauth2: Option<&OAuth2>) {
        if let Some(oauth2) = oauth2
            && oauth2.client_secret.is_some()
            && oauth2.client_secret_file.is_some()
        {
            self.report(span, key, "give one of: `client_secret`, `client_secret_file`");
        }
    }

    fn move_to(&mut self, span: Range<usize>, key: &str, imap: &Imap) {
        match (&imap.move_to, imap.after) {
            (None, After::Move) => {
                self.report(span, key, "`after = \"move\"` needs the folder to move to");
            }
            (Some(folder), After::Move) => {
                let name = folder.get_ref();
                // Moved into itself, a mail would come as a new one again and again.
                let same = *name == imap.folder
                    || (name.eq_ignore_ascii_case("INBOX")
                        && imap.folder.eq_ignore_ascii_case("INBOX"));
                if same || name.is_empty() || name.chars().any(char::is_control) {
                    let message = "give a folder other than `folder`, without control characters";
                    self.report(folder.span(), key, message);
                }
            }
            (Some(folder), After::Nothing | After::Seen | After::Delete) => {
                self.report(folder.span(), key, "goes with `after = \"move\"` only");
            }
            (None, After::Nothing | After::Seen | After::Delete) => {}
        }
    }

    fn outgoing(&mut self, file: &File) {
        let outgoing = &file.outgoing;
        let at = self.text.find("[outgoing").unwrap_or(0);
        if outgoing.smtp.is_some() == outgoing.maildirs.is_some() {
            self.report(at..at, "outgoing", "give one of: `smtp`, `maildirs`");
        }
        if outgoing.connections == 0 {
            self.report(at..at, "outgoing.connections", "at least 1 is needed");
        }
        let mut domains = BTreeSet::new();
        for rate in &outgoing.rate {
            let domain = &rate.domain.get_ref().0;
            if !domains.insert(domain) {
                let message = format!("there are two rates for `{domain}`");
                self.report(rate.domain.span(), "outgoing.rate.domain", &message);
            }
        }
        self.one_client_secret(at..at, "outgoing.oauth2", outgoing.oauth2.as_ref());
        if outgoing.oauth2.is_some() && outgoing.smtp.is_none() {
            self.report(at..at, "outgoing.oauth2", "it goes with `outgoing.smtp` only");
        }
        self.keys(&outgoing.dkim);
        if let Some(smtp) = &outgoing.smtp {
            let logins = [
                smtp.password_file.is_some(),
                smtp.password_env.is_some(),
                outgoing.oauth2.is_some(),
            ];
            let given = logins.iter().filter(|given| **given).count();
            if given != usize::from(smtp.user.is_some()) {
                let message =
                    "`user` goes with one of: `password_file`, `password_env`, `outgoing.oauth2`";
                self.report(at..at, "outgoing.smtp", message);
            }
        }
    }

    fn keys(&mut self, keys: &[Dkim]) {
        for key in keys {
            if let Err(error) = read_key(key, &mut Signer::default()) {
                self.report(key.key_file.span(), "outgoing.dkim.key_file", &format!("{error:#}"));
            }
        }
    }

    /// Our own addresses; the same address twice is a loop waiting to happen.
    fn addresses(&mut self, file: &File) -> BTreeSet<Address> {
        let mut own = BTreeSet::from([file.internal.address.get_ref().0.clone()]);
        for address in file.mailbox.iter().flat_map(|mailbox| &mailbox.addresses) {
            let plain = &address.get_ref().0;
            if !own.insert(plain.clone()) {
                let message = format!("{plain} is the address of another mailbox already");
                self.report(address.span(), "mailbox.addresses", &message);
            }
        }
        own
    }

    fn agents(&mut self, file: &File, queues: &BTreeSet<QueueName>, own: &BTreeSet<Address>) {
        let mut numbers = BTreeSet::new();
        for agent in &file.agent {
            if !numbers.insert(agent.number()) {
                let message = format!("there are two agents {}", agent.number());
                self.report(agent.number.span(), "agent.number", &message);
            }
            let address = &agent.address.get_ref().0;
            let plain = address.without_detail();
            if own.contains(address) || plain.is_some_and(|plain| own.contains(&plain)) {
                let message =
                    format!("{address} is one of our own mailboxes; an agent needs their own");
                self.report(agent.address.span(), "agent.address", &message);
            }
            if *agent.capacity.get_ref() == 0 {
                self.report(agent.capacity.span(), "agent.capacity", "at least 1 is needed");
            }
            for queue in &agent.queues {
                if !queues.contains(&queue.get_ref().0) {
                    self.unknown_queue(queue.span(), "agent.queues", &queue.get_ref().0, queues);
                }
            }
        }
    }

    fn unknown_queue(
        &mut self,
        span: Range<usize>,
        key: &str,
        queue: &QueueName,
        queues: &BTreeSet<QueueName>,
    ) {
        let names = list(queues.iter().map(QueueName::as_str));
        self.report(span, key, &format!("there is no queue `{queue}`; allowed: {names}"));
    }

    fn applications(
        &mut self,
        file: &File,
        queues: &BTreeSet<QueueName>,
    ) -> BTreeMap<ApplicationName, String> {
        let mut applications = BTreeMap::new();
        for entry in &file.application {
            let (name, path) = (&entry.name.get_ref().0, entry.file.get_ref());
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) => {
                    let message = format!("cannot read {}: {error}", path.display());
                    self.report(entry.file.span(), "application.file", &message);
                    continue;
                }
            };
            match command::Application::parse(&text) {
                Ok(application) => {
                    for queue in application.queues() {
                        if !queues.contains(queue) {
                            let key = format!("application {name}");
                            self.unknown_queue(entry.file.span(), &key, queue, queues);
                        }
                    }
                }
                Err(error) => self.problems.extend(error.problems.iter().map(|problem| {
                    format!("{}:{}: {}", path.display(), problem.line, problem.message)
                })),
            }
            if applications.insert(name.clone(), text).is_some() {
                let message = format!("there are two applications `{name}`");
                self.report(entry.name.span(), "application.name", &message);
            }
        }
        applications
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") }
}
