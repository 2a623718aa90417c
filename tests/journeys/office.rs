//! The contact centre of the journeys: its accounts on the mail servers, its configuration, and
//! what is asked of the running program.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::{Agent, Customer, Mail, MailClient, Program, Servers, Stage, until, within};
use serde_json::Value;

use super::happenings::{Happening, Happenings};

/// The public mailbox the application `support` serves.
pub(crate) const SUPPORT: &str = "support@support.test";
/// The public mailbox the application `sales` serves.
pub(crate) const SALES: &str = "sales@support.test";
/// Where agents' replies come back to.
pub(crate) const INTERNAL: &str = "internal@support.test";
/// The envelope sender of everything we send.
pub(crate) const BOUNCES: &str = "bounces@support.test";
/// What waits for a thousand contacts.
pub(crate) const LONG: Duration = Duration::from_secs(180);

/// The password of every account.
pub(crate) const PASSWORD: &str = "correct horse";

/// An application that sends every mail to a queue.
pub(crate) fn queueing(queue: &str) -> String {
    format!(
        "start = \"arrival\"\n[action.arrival]\ndo = \"wait for e-mail\"\nexit.mail = \"line\"\n\
         [action.line]\ndo = \"queue\"\nqueue = \"{queue}\"\nexit.queued = \"finish\"\n\
         [action.finish]\ndo = \"end\"\n"
    )
}

/// An application that waits before it sends a mail to the queue `support`.
pub(crate) fn waiting(seconds: u32) -> String {
    format!(
        "start = \"arrival\"\n[action.arrival]\ndo = \"wait for e-mail\"\nexit.mail = \"pause\"\n\
         [action.pause]\ndo = \"wait\"\nseconds = {seconds}\nexit.over = \"line\"\n\
         [action.line]\ndo = \"queue\"\nqueue = \"support\"\nexit.queued = \"finish\"\n\
         [action.finish]\ndo = \"end\"\n"
    )
}

/// The agents most journeys work with: both serve `support`, the second one `sales`, too.
pub(crate) fn agnes() -> Agent {
    Agent::new(1001, "Agnès Martin", "agnes@agents.test", MailClient::Outlook)
}

/// See [`agnes`].
pub(crate) fn bruno() -> Agent {
    Agent::new(1002, "Bruno Keller", "bruno@agents.test", MailClient::Thunderbird)
}

/// The customer most journeys begin with.
pub(crate) fn ann() -> Customer {
    Customer::new("Ann Oyelaran", "ann@customer.test")
}

/// How a contact centre is set up.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The agents, with how many contacts each may hold.
    pub(crate) agents: Vec<(Agent, u16)>,
    /// `release` or `keep`.
    pub(crate) held_contacts: &'static str,
    /// More settings, as TOML.
    pub(crate) settings: &'static str,
    /// The rules of the queue `support`, as TOML.
    pub(crate) rules: &'static str,
    /// The application of the mailbox `support`.
    pub(crate) application: String,
    /// The address of the mailbox `support`.
    pub(crate) address: &'static str,
    /// A port for plain SMTP, in place of the submission port with STARTTLS and a login.
    pub(crate) plain_smtp_port: Option<u16>,
    /// Anything else, as TOML.
    pub(crate) extra: String,
    /// What stands before all sections.
    pub(crate) top: &'static str,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            agents: vec![(agnes(), 1), (bruno(), 1)],
            held_contacts: "release",
            settings: "",
            rules: "",
            application: queueing("support"),
            address: SUPPORT,
            plain_smtp_port: None,
            extra: String::new(),
            top: "",
        }
    }
}

impl Plan {
    /// The configuration: every mailbox is read by TLS or STARTTLS, and noticed by IDLE alone,
    /// since nobody polls within an hour.
    pub(crate) fn configuration(&self, servers: &Servers) -> Result<String> {
        let (imap, imaps) = (servers.port("IMAP")?, servers.port("IMAPS")?);
        let account = |port: u16, security: &str, user: &str| {
            format!(
                "imap = {{ host = \"localhost\", port = {port}, security = \"{security}\", \
                 user = \"{user}\", password_file = \"password\", poll_seconds = 3600 }}"
            )
        };
        let smtp = match self.plain_smtp_port {
            Some(port) => {
                format!("host = \"localhost\", port = {port}, security = \"plain-loopback\"")
            }
            None => format!(
                "host = \"localhost\", port = {}, security = \"starttls\", user = \"{INTERNAL}\", \
                 password_file = \"password\"",
                servers.port("SUBM")?
            ),
        };
        let mut text = format!(
            "data = \"data\"\n{top}\
             [settings]\nrestart_held_contacts = \"{held}\"\n{settings}\n\
             [verification]\ncheck = \"off\"\n\
             [tls]\nauthorities = \"{authority}\"\n\
             [internal]\nname = \"internal\"\naddress = \"{INTERNAL}\"\n{internal}\n\
             [outgoing]\nsender = \"{BOUNCES}\"\nsmtp = {{ {smtp} }}\n\
             [[mailbox]]\nname = \"support\"\ndisplay_name = \"Desk Support\"\n\
             addresses = [\"{address}\"]\napplication = \"support\"\n{support}\n\
             [[mailbox]]\nname = \"sales\"\naddresses = [\"{SALES}\"]\napplication = \"sales\"\n\
             {sales}\n\
             [[application]]\nname = \"support\"\nfile = \"support.toml\"\n\
             [[application]]\nname = \"sales\"\nfile = \"sales.toml\"\n\
             [[queue]]\nname = \"sales\"\n[[queue]]\nname = \"support\"\n{rules}\n",
            top = self.top,
            held = self.held_contacts,
            settings = self.settings,
            rules = self.rules,
            authority = servers.authority()?.display(),
            internal = account(imap, "starttls", INTERNAL),
            address = self.address,
            support = account(imaps, "tls", self.address),
            sales = account(imap, "starttls", SALES),
        );
        for (place, (agent, capacity)) in self.agents.iter().enumerate() {
            let queues = if place == 1 { "\"support\", \"sales\"" } else { "\"support\"" };
            write!(
                text,
                "[[agent]]\nnumber = {}\nname = \"{}\"\naddress = \"{}\"\nqueues = [{queues}]\n\
                 capacity = {capacity}\n",
                agent.number, agent.name, agent.address
            )?;
        }
        Ok(text + &self.extra)
    }
}

/// A contact centre at work.
pub(crate) struct Office<'a> {
    /// The mail servers.
    pub(crate) servers: &'a Servers,
    /// The program.
    pub(crate) program: Program,
    happenings: Happenings,
}

impl<'a> Office<'a> {
    /// Sets the contact centre up and starts nothing.
    pub(crate) fn install(stage: &'a Stage, plan: &Plan) -> Result<Self> {
        let program = stage.program(&plan.configuration(stage.servers()?)?)?;
        Self::furnish(stage, plan, "support.test", program)
    }

    /// Sets a second contact centre up beside it, with its addresses at `domain`, and starts it.
    pub(crate) fn open_another(stage: &'a Stage, plan: &Plan, domain: &str) -> Result<Self> {
        let configuration = plan.configuration(stage.servers()?)?.replace("support.test", domain);
        let program = Program::install(&stage.folder().join(domain), &configuration)?;
        let mut office = Self::furnish(stage, plan, domain, program)?;
        office.start()?;
        Ok(office)
    }

    fn furnish(stage: &'a Stage, plan: &Plan, domain: &str, program: Program) -> Result<Self> {
        let servers = stage.servers()?;
        for address in [plan.address, SALES, INTERNAL] {
            servers.user(&address.replace("support.test", domain), PASSWORD)?;
        }
        fs::write(program.folder().join("password"), format!("{PASSWORD}\n"))?;
        fs::write(program.folder().join("support.toml"), &plan.application)?;
        fs::write(program.folder().join("sales.toml"), queueing("sales"))?;
        Ok(Self::around(servers, program))
    }

    /// A contact centre that is set up already.
    pub(crate) fn around(servers: &'a Servers, program: Program) -> Self {
        Self { servers, program, happenings: Happenings::default() }
    }

    /// Sets the contact centre up and starts it.
    pub(crate) fn open(stage: &'a Stage, plan: &Plan) -> Result<Self> {
        let mut office = Self::install(stage, plan)?;
        office.start()?;
        Ok(office)
    }

    /// Starts the program, and waits until it has looked into every mailbox.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.program.start(&["status"])?;
        within(LONG, "every mailbox has been looked into", || {
            let connections = self.connections()?;
            let ready = |(name, state): &(String, String)| name == "outgoing" || state == "ok";
            Ok(connections.iter().all(ready).then_some(()))
        })
    }

    /// Kills the program and starts it again.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.program.kill()?;
        self.start()
    }

    /// Every mailbox and the outgoing server, each with its state.
    pub(crate) fn connections(&self) -> Result<Vec<(String, String)>> {
        let status = self.program.json(&["status"])?;
        Ok(list(&status, "connections")
            .iter()
            .map(|connection| (text(connection, "name"), text(connection, "state")))
            .collect())
    }

    /// The agent takes contacts from now on.
    pub(crate) fn ready(&self, agent: &Agent) -> Result<()> {
        self.program.text(&["agent", "ready", &agent.number.to_string()]).map(|_| ())
    }

    /// The agent ends the only contact they hold.
    pub(crate) fn release(&self, agent: &Agent) -> Result<()> {
        self.program.text(&["agent", "release", &agent.number.to_string()]).map(|_| ())
    }

    /// The contacts an agent holds.
    pub(crate) fn held_by(&self, agent: &Agent) -> Result<Vec<String>> {
        let agents = self.program.json(&["agent", "list"])?;
        let entries = agents.as_array().context("agents are listed")?;
        let found = entries.iter().find(|entry| entry["number"] == agent.number);
        let found = found.context("the agent is listed")?;
        let names = list(found, "contacts").iter().filter_map(Value::as_str);
        Ok(names.map(str::to_owned).collect())
    }

    /// What waits in a queue, as `postbook queue` shows it: in the order of service.
    pub(crate) fn queue(&self, name: &str) -> Result<Vec<Value>> {
        rows(self.program.json(&["queue", name])?)
    }

    /// All contacts, newest first.
    pub(crate) fn contacts(&self) -> Result<Vec<Value>> {
        rows(self.program.json(&["journal", "list", "--count", "10000"])?)
    }

    /// Outgoing mail that is not settled.
    pub(crate) fn outbox(&self) -> Result<Vec<Value>> {
        rows(self.program.json(&["outbox", "list"])?)
    }

    /// The state of a contact, as `journal show` gives it.
    pub(crate) fn state(&self, contact: &str) -> Result<String> {
        let shown = self.program.json(&["journal", "show", contact])?;
        Ok(shown.get("contact").map(|contact| text(contact, "state")).unwrap_or_default())
    }

    /// The four thread variables as a contact sees them: last handling agent, others, internal
    /// and external addresses.
    pub(crate) fn variables(&self, contact: &str) -> Result<[String; 4]> {
        let shown = self.program.json(&["journal", "show", contact])?;
        let value = |name: &str| {
            let variables = list(&shown, "variables");
            let found = variables.iter().find(|pair| pair[0] == format!("$Email:{name}"));
            let found = found.and_then(|pair| pair[1].as_str());
            found.map(str::to_owned).with_context(|| format!("{name} is shown"))
        };
        Ok([
            value("LastHandlingAgent")?,
            value("OtherHandlingAgents")?,
            value("InternalCCAddresses")?,
            value("ExternalCCAddresses")?,
        ])
    }

    /// Every event of one kind, oldest first.
    pub(crate) fn all(&self, kind: &str) -> Result<Vec<Happening>> {
        self.happenings.all(&self.program, kind)
    }

    /// Every event after the first `known` ones.
    pub(crate) fn news(&self, known: usize) -> Result<Vec<Happening>> {
        self.happenings.after(&self.program, known)
    }

    /// Waits until there are `count` events of one kind, and gives them all.
    pub(crate) fn wait_for(&self, kind: &str, count: usize) -> Result<Vec<Happening>> {
        let what = format!("there are {count} events {kind}");
        within(LONG, &what, || {
            let found = self.all(kind)?;
            Ok((found.len() >= count).then_some(found))
        })
    }

    /// The contact that arrived as number `count`, from 1, once it has.
    pub(crate) fn arrival(&self, count: usize) -> Result<String> {
        let arrived = self.wait_for("ContactArrived", count)?;
        let newest = arrived.get(count.saturating_sub(1)).context("it has arrived")?;
        Ok(newest.text("contact"))
    }

    /// Waits until `address` has exactly `count` mails, and gives the newest.
    pub(crate) fn newest_mail(&self, address: &str, count: usize) -> Result<Mail> {
        let mails = self.servers.wait_for_mail(address, count)?;
        if mails.len() > count {
            bail!("{address} has {} mails, {count} are expected", mails.len());
        }
        mails.into_iter().next_back().context("there is a mail")
    }

    /// Waits until nothing is left to be sent and everything sent has come to its mailbox; what is
    /// uncertain stays, and is given.
    pub(crate) fn settled(&self) -> Result<Vec<Value>> {
        let left = within(LONG, "everything is sent", || {
            let left = self.outbox()?;
            let done = left.iter().all(|entry| text(entry, "state") == "uncertain");
            Ok(done.then_some(left))
        })?;
        self.servers.wait_until_delivered()?;
        Ok(left)
    }

    /// The log is whole, and the program says so.
    pub(crate) fn verify(&self) -> Result<()> {
        self.program.text(&["log", "verify"]).map(|_| ())
    }

    /// Waits until a contact is in a state.
    pub(crate) fn wait_for_state(&self, contact: &str, state: &str) -> Result<()> {
        until(
            &format!("{contact} is {state}"),
            || Ok((self.state(contact)? == state).then_some(())),
        )
    }
}

/// A text in a JSON object; empty where there is none.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn rows(value: Value) -> Result<Vec<Value>> {
    match value {
        Value::Array(rows) => Ok(rows),
        other => bail!("a list is expected: {other}"),
    }
}
