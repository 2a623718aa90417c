//! The network edge at work: mailboxes, the way out, the DNS; taken over while they run.

mod accounts;
mod logins;
mod plan;
mod running;
mod said;
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::Handle;
use event::MailboxName;
use gateway::{
    Account, Dns, Errands, HealthCell, Intake, MessageStore, Outbound, Rates, Signer, Target,
    Terms, Trusted, Verifier, run_errands, run_imap, run_maildir, run_outbound, run_pop3,
};
use http::picture::{Keys, Kind, Thing};
use http::{Connections, InUse};
use mail::TokenKey;

use crate::config::{CheckSender, Config, File, bare};
pub(crate) use plan::{Plan, polled};
use running::Running;

/// What has to end before something else begins in its place may take this long; a mailbox is broken
/// off then, which loses nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is being sent at the end may take this long; a service manager kills after 90 s.
const STOP_GRACE: Duration = Duration::from_secs(15);

/// What the edge works with, whatever the configuration says.
#[derive(Clone)]
pub(crate) struct Tools {
    /// The way to the engine.
    pub(crate) handle: Handle,
    /// Where messages are kept.
    pub(crate) store: MessageStore,
    /// Signs reply tokens.
    pub(crate) key: TokenKey,
}

/// Everything that talks to mail servers, as the configuration in force says.
pub(crate) struct Edge {
    tools: Tools,
    intake: Intake,
    connections: Connections,
    /// What is in force.
    config: Arc<Config>,
    plan: Plan,
    mailboxes: BTreeMap<MailboxName, (Running, HealthCell)>,
    outgoing: Option<(Running, HealthCell)>,
    errands: Option<Running>,
    dns: Option<Asked>,
    /// Ways out that finish what they were sending.
    leaving: Vec<Running>,
}

/// A DNS that is asked who sent a mail.
struct Asked {
    /// `None` where it cannot be.
    dns: Option<(Dns, Running)>,
    health: HealthCell,
}

impl Edge {
    /// Begins with everything that a plan for the configuration wants.
    pub(crate) async fn start(tools: Tools, config: Arc<Config>, mut plan: Plan) -> Self {
        let dns = ask_dns(&config.file);
        let terms = terms(&config.file, dns.as_ref());
        let Tools { handle, store, key } = tools.clone();
        let intake = Intake::new(handle, store, key, terms);
        let (targets, signer) = (std::mem::take(&mut plan.targets), plan.signer.clone());
        let mut edge = Self {
            tools,
            intake,
            connections: Connections::default(),
            config,
            plan,
            mailboxes: BTreeMap::new(),
            outgoing: None,
            errands: None,
            dns,
            leaving: Vec::new(),
        };
        edge.poll();
        edge.run_errands();
        edge.send(targets, signer);
        edge.show();
        edge
    }

    /// What mail comes in by.
    pub(crate) fn intake(&self) -> &Intake {
        &self.intake
    }

    /// The mailboxes and servers that are in use, for others to see.
    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The configuration in force.
    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// What was made of it.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Has another configuration in force: what is as it was goes on untouched, what is gone or
    /// otherwise ends at a safe point before anything begins in its place.
    pub(crate) async fn take_over(&mut self, config: Arc<Config>, mut plan: Plan) {
        let differs = |thing: &Thing| self.plan.picture.keys(thing) != plan.picture.keys(thing);
        let tls = differs(&Thing::only(Kind::Tls));
        let outgoing = tls || differs(&Thing::only(Kind::Outgoing));
        let verification = differs(&Thing::only(Kind::Verification));
        let gone: BTreeSet<MailboxName> = self
            .mailboxes
            .keys()
            .filter(|name| tls || self.connection(name) != connection(&plan, name))
            .cloned()
            .collect();
        self.stop_polling(gone).await;
        plan.logins.come_into_force().await;
        if verification {
            self.dns = ask_dns(&config.file);
        }
        let (targets, signer) = (std::mem::take(&mut plan.targets), plan.signer.clone());
        (self.config, self.plan) = (config, plan);
        self.intake.set_terms(terms(&self.config.file, self.dns.as_ref()));
        self.poll();
        if tls {
            let errands = self.errands.take().into_iter().collect();
            running::break_off(running::end(errands, PATIENCE).await).await;
            self.run_errands();
        }
        if outgoing {
            let before = self.outgoing.take().map(|(running, _)| running);
            // A mail server may take minutes to say what became of a mail. Nobody else sends that.
            let slow = running::end(before.into_iter().collect(), PATIENCE).await;
            self.leaving.extend(slow);
            self.send(targets, signer);
        }
        self.show();
    }

    /// Ends in good order: no new mail, what is being sent is finished. Where a mail server hangs,
    /// what is being sent is given up; the next start sees that.
    pub(crate) async fn stop(&mut self) {
        let slow = running::end(self.everything(), STOP_GRACE).await;
        if !slow.is_empty() {
            tracing::warn!("a mail server hangs; what is being sent is given up");
        }
        running::break_off(slow).await;
    }

    /// Ends at once.
    pub(crate) async fn abandon(&mut self) {
        running::break_off(self.everything()).await;
    }

    fn everything(&mut self) -> Vec<Running> {
        let mailboxes = std::mem::take(&mut self.mailboxes).into_values();
        let asked = self.dns.take().and_then(|asked| asked.dns);
        mailboxes
            .chain(self.outgoing.take())
            .map(|(running, _)| running)
            .chain(asked.map(|(_, running)| running))
            .chain(self.errands.take())
            .chain(std::mem::take(&mut self.leaving))
            .collect()
    }

    /// What is said about the connection to a mailbox.
    fn connection(&self, name: &MailboxName) -> Option<Keys> {
        connection(&self.plan, name)
    }

    async fn stop_polling(&mut self, names: BTreeSet<MailboxName>) {
        let ending: Vec<Running> = names
            .iter()
            .filter_map(|name| self.mailboxes.remove(name))
            .map(|(running, _)| running)
            .collect();
        running::break_off(running::end(ending, PATIENCE).await).await;
    }

    /// Has every mailbox polled that is not.
    fn poll(&mut self) {
        for (name, account) in self.plan.accounts.clone() {
            if self.mailboxes.contains_key(&name) {
                continue;
            }
            let health = HealthCell::new();
            let (inbox, cell, mailbox) =
                (Arc::new(self.intake.clone()), health.clone(), name.clone());
            let running = match account {
                Account::Imap(account) => {
                    Running::start(|stop| run_imap(mailbox, account, inbox, cell, stop))
                }
                Account::Pop3(account) => {
                    Running::start(|stop| run_pop3(mailbox, account, inbox, cell, stop))
                }
                Account::Maildir(account) => {
                    Running::start(|stop| run_maildir(mailbox, account, inbox, cell, stop))
                }
            };
            self.mailboxes.insert(name, (running, health));
        }
    }

    fn send(&mut self, targets: Vec<Target>, signer: Signer) {
        let Tools { handle, store, key } = self.tools.clone();
        let envelope_sender = self.config.file.outgoing.sender.0.clone();
        let outbound = Outbound { handle, store, key, signer, envelope_sender };
        let (health, rates): (_, Rates) = (HealthCell::new(), self.plan.rates.clone());
        let cell = health.clone();
        let running = Running::start(|stop| run_outbound(outbound, targets, rates, cell, stop));
        self.outgoing = Some((running, health));
    }

    fn run_errands(&mut self) {
        let Tools { handle, store, .. } = self.tools.clone();
        let errands = Errands { handle, store, trust: self.plan.logins.trust() };
        self.errands = Some(Running::start(|stop| run_errands(errands, stop)));
    }

    /// Shows others what is in use.
    fn show(&self) {
        let mailboxes = self.mailboxes.iter();
        let mailboxes =
            mailboxes.map(|(name, (_, health))| (format!("mailbox {name}"), health.clone()));
        let outgoing = self.outgoing.iter();
        let outgoing = outgoing.map(|(_, health)| ("outgoing".to_owned(), health.clone()));
        let dns = self.dns.iter().map(|asked| ("DNS".to_owned(), asked.health.clone()));
        let health = mailboxes.chain(outgoing).chain(dns).collect();
        self.connections.set(InUse { health, accounts: self.plan.accounts.clone() });
    }
}

/// What a plan says about the connection to a mailbox.
fn connection(plan: &Plan, name: &MailboxName) -> Option<Keys> {
    let things = [Kind::Mailbox, Kind::Internal].map(|kind| Thing::new(kind, name));
    let mut keys = things.iter().find_map(|thing| plan.picture.keys(thing))?.clone();
    // Whose word is believed is asked with each mail.
    keys.retain(|key, _| !key.starts_with("trusted_"));
    Some(keys)
}

fn ask_dns(file: &File) -> Option<Asked> {
    match file.verification.check {
        CheckSender::Off | CheckSender::Header => return None,
        CheckSender::Full => {}
    }
    let health = HealthCell::new();
    let dns = match Dns::new(file.verification.dns_server) {
        Ok(dns) => {
            let (watched, cell) = (dns.clone(), health.clone());
            Some((dns, Running::start(|stop| watched.watch(cell, stop))))
        }
        Err(error) => {
            tracing::warn!(%error, "the DNS cannot be asked who sent a mail");
            health.failed(error.to_string());
            None
        }
    };
    Some(Asked { dns, health })
}

fn terms(file: &File, asked: Option<&Asked>) -> Terms {
    Terms {
        internal: bare(&file.internal.name).clone(),
        internal_address: bare(&file.internal.address).clone(),
        verifier: verifier(file, asked),
        envelope_sender: file.outgoing.sender.0.clone(),
    }
}

fn verifier(file: &File, asked: Option<&Asked>) -> Verifier {
    if file.verification.check == CheckSender::Off {
        return Verifier::default();
    }
    let trusted = file.mailbox.iter().map(|mailbox| {
        let servers = mailbox.trusted_authserv_ids.iter().map(|id| id.0.clone()).collect();
        let received_by = mailbox.trusted_received_by.clone();
        (bare(&mailbox.name).clone(), Trusted { servers, received_by })
    });
    let dns = asked.and_then(|asked| asked.dns.as_ref()).map(|(dns, _)| dns.clone());
    Verifier::new(trusted.collect(), dns)
}
