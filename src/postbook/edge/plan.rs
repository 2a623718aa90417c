//! What the configuration wants of the network edge, with all it names read and nothing begun.

use std::collections::BTreeMap;
use std::fs;

use event::MailboxName;
use gateway::{Account, Rates, Secret, Signer, Target, Trust};
use http::picture::{Keys, Kind, Picture, Thing, Value};
use mail::AuthenticationServer;

use super::accounts::{imap_account, maildir_account, pop3_account, targets};
use super::logins::{Logins, Proof};
use super::said::said;
use super::wrong::Wrong;
use crate::config::{
    Checked, Config, ConfigError, File, Imap, Maildir, Pop3, Problem, bare, read_key,
};

/// What the configuration wants of the network edge.
pub(crate) struct Plan {
    /// What it says about connections.
    pub(crate) picture: Picture,
    /// Every mailbox that is polled.
    pub(super) accounts: BTreeMap<MailboxName, Account>,
    /// The ways out.
    pub(super) targets: Vec<Target>,
    /// The keys that mail is signed with.
    pub(super) signer: Signer,
    /// How often mail goes to a domain.
    pub(super) rates: Rates,
    pub(super) logins: Logins,
}

impl Plan {
    /// Reads everything that a configuration names: passwords, certificates, keys. What is as it was
    /// in the plan `before` is used on. All that cannot be read is told at once.
    pub(crate) fn read(config: &Config, before: Option<&Self>) -> Result<Self, ConfigError> {
        let mut reading = Reading::new(config);
        let trust = reading.trust(before);
        let secrets = reading.secrets(boxes(&config.file));
        let outgoing = &config.file.outgoing;
        let proof = Proof::of_outgoing(outgoing);
        let secret = reading.secret("outgoing", &proof);
        let signer = reading.signer();
        reading.describe(&secrets, secret.as_ref());
        let picture = std::mem::take(&mut reading.picture);
        let trust = reading.end(trust)?;
        let mut logins = Logins::new(trust.clone(), before.map(|before| &before.logins));
        let accounts = accounts(&config.file, &secrets, &mut logins);
        let login = logins.login(&proof, secret);
        let rates = outgoing.rate.iter();
        Ok(Self {
            picture,
            accounts,
            targets: targets(outgoing, &login, &trust),
            signer,
            rates: rates.map(|rate| (bare(&rate.domain).clone(), rate.per_minute)).collect(),
            logins,
        })
    }
}

/// Every mailbox that a configuration has polled, for a look into them.
pub(crate) fn polled(config: &Config) -> Result<BTreeMap<MailboxName, Account>, ConfigError> {
    let mut reading = Reading::new(config);
    let trust = reading.trust(None);
    let secrets = reading.secrets(boxes(&config.file));
    let trust = reading.end(trust)?;
    Ok(accounts(&config.file, &secrets, &mut Logins::new(trust, None)))
}

/// A mailbox that is polled.
struct Polled<'a> {
    name: &'a MailboxName,
    /// The section it is in.
    section: &'static str,
    imap: Option<&'a Imap>,
    pop3: Option<&'a Pop3>,
    maildir: Option<&'a Maildir>,
}

impl Polled<'_> {
    fn thing(&self) -> Thing {
        let kind = if self.section == "internal" { Kind::Internal } else { Kind::Mailbox };
        Thing::new(kind, self.name)
    }

    /// What proves the login, and the section that says so.
    fn proof(&self) -> Option<(&'static str, Proof<'_>)> {
        let imap = self.imap.map(|imap| ("imap", Proof::of_imap(imap)));
        imap.or_else(|| self.pop3.map(|pop3| ("pop3", Proof::of_pop3(pop3))))
    }
}

fn boxes(file: &File) -> impl Iterator<Item = Polled<'_>> {
    let public = file.mailbox.iter().map(|mailbox| Polled {
        name: bare(&mailbox.name),
        section: "mailbox",
        imap: mailbox.imap.as_ref(),
        pop3: mailbox.pop3.as_ref(),
        maildir: mailbox.maildir.as_ref(),
    });
    public.chain([Polled {
        name: bare(&file.internal.name),
        section: "internal",
        imap: file.internal.imap.as_ref(),
        pop3: file.internal.pop3.as_ref(),
        maildir: file.internal.maildir.as_ref(),
    }])
}

fn accounts(
    file: &File,
    secrets: &BTreeMap<MailboxName, Secret>,
    logins: &mut Logins,
) -> BTreeMap<MailboxName, Account> {
    let mut accounts = BTreeMap::new();
    for polled in boxes(file) {
        let login = polled
            .proof()
            .map(|(_, proof)| logins.login(&proof, secrets.get(polled.name).cloned()));
        let account = match (polled.imap, polled.pop3, polled.maildir, login) {
            (Some(imap), _, _, Some(login)) => imap_account(imap, login, logins.trust()),
            (None, Some(pop3), _, Some(login)) => pop3_account(pop3, login, logins.trust()),
            (_, _, Some(maildir), _) => maildir_account(maildir),
            // The check sees to it that there is one of them.
            (_, _, None, _) => continue,
        };
        accounts.insert(polled.name.clone(), account);
    }
    accounts
}

/// Reads what a configuration names.
struct Reading<'a> {
    config: &'a Config,
    picture: Picture,
    problems: Vec<Problem>,
}

impl<'a> Reading<'a> {
    fn new(config: &'a Config) -> Self {
        Self { config, picture: Picture::default(), problems: Vec::new() }
    }

    fn report(&mut self, section: &str, Wrong { place, key, message }: Wrong) {
        let key = format!("{section}.{key}");
        self.problems.push(self.config.sources.problem(place, &key, &message));
    }

    /// The trusted certificates; those of the plan `before` where they are the same. `None` where
    /// they cannot be used.
    fn trust(&mut self, before: Option<&Plan>) -> Option<Trust> {
        let authorities = self.config.file.tls.authorities.as_ref();
        let path = authorities.map(|path| path.get_ref().as_path());
        let mut keys = said("", &self.config.file.tls);
        if let Some(text) = path.and_then(|path| fs::read_to_string(path).ok()) {
            keys.insert("certificates".to_owned(), Value::Hidden(Secret::new(text)));
        }
        let tls = Thing::only(Kind::Tls);
        let same = before.filter(|before| before.picture.keys(&tls) == Some(&keys));
        self.picture.say_all(tls, keys);
        if let Some(before) = same {
            return Some(before.logins.trust());
        }
        match Trust::load(path) {
            Ok(trust) => Some(trust),
            Err(error) => {
                let place = authorities.map_or(0..0, |path| path.span());
                self.report("tls", Wrong::at(place, "authorities", error.to_string()));
                None
            }
        }
    }

    /// The trusted certificates, where everything could be read.
    fn end(self, trust: Option<Trust>) -> Result<Trust, ConfigError> {
        ConfigError::unless_none(self.problems)?;
        // Where there are none that has been told as a problem.
        trust.ok_or_else(|| ConfigError::of("the certificates cannot be used".to_owned()))
    }

    fn secrets<'b>(
        &mut self,
        boxes: impl Iterator<Item = Polled<'b>>,
    ) -> BTreeMap<MailboxName, Secret> {
        let mut secrets = BTreeMap::new();
        for polled in boxes {
            let Some((part, proof)) = polled.proof() else { continue };
            let section = format!("{}.{part}", polled.section);
            if let Some(secret) = self.secret(&section, &proof) {
                secrets.insert(polled.name.clone(), secret);
            }
        }
        secrets
    }

    fn secret(&mut self, section: &str, proof: &Proof<'_>) -> Option<Secret> {
        match proof.secret() {
            Ok(secret) => secret,
            Err(wrong) => {
                self.report(section, wrong);
                None
            }
        }
    }

    fn signer(&mut self) -> Signer {
        let mut signer = Signer::default();
        for key in &self.config.file.outgoing.dkim {
            if let Err(error) = read_key(key, &mut signer) {
                let wrong = Wrong::at(key.key_file.span(), "dkim.key_file", format!("{error:#}"));
                self.report("outgoing", wrong);
            }
        }
        signer
    }

    /// What the configuration says about connections, with what is behind the names of files.
    fn describe(&mut self, secrets: &BTreeMap<MailboxName, Secret>, outgoing: Option<&Secret>) {
        let file = &self.config.file;
        for polled in boxes(file) {
            let mut keys = Keys::new();
            keys.extend(polled.imap.map(|imap| said("imap", imap)).into_iter().flatten());
            keys.extend(polled.pop3.map(|pop3| said("pop3", pop3)).into_iter().flatten());
            keys.extend(polled.maildir.map(|it| said("maildir", it)).into_iter().flatten());
            if let (Some((part, _)), Some(secret)) = (polled.proof(), secrets.get(polled.name)) {
                keys.insert(format!("{part}.secret"), Value::Hidden(secret.clone()));
            }
            self.picture.say_all(polled.thing(), keys);
        }
        for mailbox in &file.mailbox {
            let thing = Thing::new(Kind::Mailbox, bare(&mailbox.name));
            let servers = mailbox.trusted_authserv_ids.iter().map(|Checked(server)| match server {
                AuthenticationServer::Named(name) => name.as_str(),
                AuthenticationServer::Unnamed => "(a server without a name)",
            });
            let servers: Vec<&str> = servers.collect();
            if !servers.is_empty() {
                self.picture.say(thing.clone(), "trusted_authserv_ids", servers.join(", "));
            }
            if let Some(name) = &mailbox.trusted_received_by {
                self.picture.say(thing, "trusted_received_by", name);
            }
        }
        let mut keys = said("", &file.outgoing);
        let secret = outgoing.map(|secret| ("smtp.secret".to_owned(), secret.clone()));
        let dkim = file.outgoing.dkim.iter().enumerate().filter_map(|(number, key)| {
            let text = fs::read_to_string(key.key_file.get_ref()).ok()?;
            Some((format!("dkim[{number}].key"), Secret::new(text)))
        });
        keys.extend(secret.into_iter().chain(dkim).map(|(key, it)| (key, Value::Hidden(it))));
        self.picture.say_all(Thing::only(Kind::Outgoing), keys);
        self.picture.say_all(Thing::only(Kind::Verification), said("", &file.verification));
    }
}
