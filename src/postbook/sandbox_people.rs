//! The people of the sandbox: customers who write, agents with a mail client, and Ada, who works.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use command::{Command, Release, SetAgentState, SetDisposition};
use engine::{EngineError, Handle};
use event::{
    Actor, AgentNumber, AgentState, ContactId, DispositionCode, Fact, Handler, Recorded, TeamReason,
};

/// Sample mail, and the local part it is addressed to.
const SAMPLES: [(&str, &str); 5] = [
    ("support", include_str!("sample/1.eml")),
    ("service-clients", include_str!("sample/2.eml")),
    ("sales", include_str!("sample/3.eml")),
    ("support", include_str!("sample/4.eml")),
    ("support", include_str!("sample/5.eml")),
];

/// After so many contacts Ada goes to lunch, so that some are left for the user.
const ADA_CONTACTS: usize = 2;
/// How long an agent reads before answering.
const READING: Duration = Duration::from_secs(2);
/// A customer writes this often after the beginning.
const WRITING_PAUSE: Duration = Duration::from_secs(60);

/// The customers.
pub(crate) struct Customers {
    mail: PathBuf,
    written: std::cell::Cell<(Instant, usize)>,
}

impl Customers {
    pub(crate) fn new(mail: &Path) -> Self {
        Self { mail: mail.to_owned(), written: std::cell::Cell::new((Instant::now(), 0)) }
    }

    /// Everyone writes once.
    pub(crate) fn write_all(&self) -> Result<()> {
        SAMPLES.iter().try_for_each(|sample| self.write(*sample))
    }

    /// Someone writes now and then.
    pub(crate) fn write_sometimes(&self) -> Result<()> {
        let (last, count) = self.written.get();
        if last.elapsed() < WRITING_PAUSE {
            return Ok(());
        }
        self.written.set((Instant::now(), count + 1));
        SAMPLES.get(count % SAMPLES.len()).map_or(Ok(()), |sample| self.write(*sample))
    }

    fn write(&self, (to, text): (&str, &str)) -> Result<()> {
        let now = jiff::Timestamp::now();
        let unique = format!("sample-{}", now.as_nanosecond());
        let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let mail = format!("Message-ID: <{unique}@customer.test>\nDate: {date}\n{text}");
        let folder = self.mail.join(format!("{to}@desk.test"));
        Ok(gateway::deliver(&folder, &unique, mail.replace('\n', "\r\n").as_bytes())?)
    }
}

/// An agent's mail client: answers everything that comes, as mail clients do.
pub(crate) struct AgentMail {
    folder: PathBuf,
    replies: PathBuf,
    address: String,
    name: &'static str,
}

impl AgentMail {
    pub(crate) fn new(mail: &Path, local: &str, name: &'static str) -> Self {
        let address = format!("{local}@desk.test");
        Self { folder: mail.join(&address), replies: mail.join("replies@desk.test"), address, name }
    }

    /// Answers what has lain in the mailbox for a moment.
    pub(crate) fn answer_all(&mut self) -> Result<()> {
        for entry in fs::read_dir(self.folder.join("new"))? {
            let entry = entry?;
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            if age < READING {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(answer) = self.answer(&fs::read(entry.path())?) {
                gateway::deliver(&self.replies, &format!("answer-to-{name}"), answer.as_bytes())?;
            }
            fs::rename(entry.path(), self.folder.join("cur").join(format!("{name}:2,RS")))?;
        }
        Ok(())
    }

    fn answer(&self, copy: &[u8]) -> Option<String> {
        let copy = mail::parse(copy).ok()?;
        let from = copy.from.as_ref()?;
        let customer = from.name.clone().unwrap_or_else(|| from.address.to_string());
        let quoted: String = copy.text.lines().map(|line| format!("> {line}\r\n")).collect();
        let subject = copy.subject;
        let id = copy.message_id?;
        Some(format!(
            "Received: from laptop.desk.test ([192.0.2.17]) by mail.desk.test\r\n\
             From: {name} <{address}>\r\n\
             To: <{to}>\r\n\
             Subject: Re: {subject}\r\n\
             Message-ID: <re-{id}>\r\n\
             In-Reply-To: <{id}>\r\n\
             References: <{id}>\r\n\
             X-Originating-IP: 192.0.2.17\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\
             \r\n\
             Hello {customer},\r\n\
             \r\n\
             thank you for your message; we are looking into it.\r\n\
             \r\n\
             {name}\r\n\
             \r\n\
             {quoted}",
            name = self.name,
            address = self.address,
            to = copy.reply_to.first()?,
        ))
    }
}

/// Agent 1001, who does what an agent does in the agent bar.
pub(crate) struct Ada {
    handle: Handle,
    done: usize,
    away: bool,
}

const ADA: AgentNumber = AgentNumber(1001);

impl Ada {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle, done: 0, away: false }
    }

    /// Takes contacts, unless the user has been here before.
    pub(crate) async fn begin(&mut self, fresh: bool) -> Result<()> {
        self.away = !fresh;
        if fresh {
            self.submit(Command::SetAgentState(SetAgentState {
                agent: ADA,
                state: AgentState::Ready,
            }))
            .await?;
        }
        Ok(())
    }

    /// Whether she has gone to lunch.
    pub(crate) fn is_away(&self) -> bool {
        self.away
    }

    /// Labels and releases a contact once her answer is with the customer.
    pub(crate) async fn hear(&mut self, recorded: &Recorded) -> Result<()> {
        let Fact::ReplyRelayed { contact, handler: Handler::Agent(ADA), .. } = recorded.event.fact
        else {
            return Ok(());
        };
        self.done += 1;
        if self.done == ADA_CONTACTS {
            self.away = true;
            let state = AgentState::NotReady { reason: TeamReason::new("lunch")? };
            self.submit(Command::SetAgentState(SetAgentState { agent: ADA, state })).await?;
        }
        self.finish(contact).await
    }

    async fn finish(&self, contact: ContactId) -> Result<()> {
        let (agent, contact) = (Some(ADA), Some(contact));
        let code = DispositionCode::new("answered")?;
        self.submit(Command::SetDisposition(SetDisposition { agent, contact, code })).await?;
        self.submit(Command::Release(Release { agent, contact })).await
    }

    /// What the user has done meanwhile by hand is no error.
    async fn submit(&self, command: Command) -> Result<()> {
        match self.handle.submit(Actor::Agent(ADA), command).await {
            Ok(_) | Err(EngineError::Rejected(_)) => Ok(()),
            Err(stopped) => Err(stopped.into()),
        }
    }
}
