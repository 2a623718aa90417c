//! Questions and commands of the command line: to the running server, or, where they only read,
//! to a stopped data folder.

mod directory;
mod work;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
pub(crate) use directory::{apply, directory};
use engine::Views;
use event::Position;
use http::answer::{Carried, Entry, Quarantined, Status, Verified};
use http::query;
use indicatif::{ProgressBar, ProgressStyle};
use log::EventLog;
use serde::Serialize;
use serde::de::DeserializeOwned;
pub(crate) use work::{agent, contact, queue};

use crate::arguments::{Common, JournalCommand, LogCommand, OutboxCommand, QuarantineCommand};
use crate::client::Client;
use crate::data::Data;
use crate::offline::Offline;
use crate::print;

/// How often `--follow` looks for new events.
const FOLLOW_PAUSE: Duration = Duration::from_millis(300);

pub(crate) fn data(common: &Common) -> Result<Data> {
    Ok(Data::at(&common.data_folder()?))
}

/// Asks the running server, or the stopped data folder.
pub(crate) fn ask<T: DeserializeOwned>(
    common: &Common,
    path: &str,
    offline: impl FnOnce(&Views<'_>, &dyn EventLog) -> Result<T, query::QueryError>,
) -> Result<T> {
    let data = data(common)?;
    match Client::find(&data)? {
        Some(client) => client.get(path),
        None => Ok(Offline::open(&data)?.ask(offline)??),
    }
}

pub(crate) fn status(common: &Common) -> Result<()> {
    let status: Status = Client::require(&data(common)?)?.get("/v1/status")?;
    print::show(common, &status, print::status)
}

pub(crate) fn journal(common: &Common, command: &JournalCommand) -> Result<()> {
    match command {
        JournalCommand::List { count, before } => {
            let path = format!("/v1/contacts?before={before}&count={count}");
            let contacts = ask(common, &path, |views, log| {
                query::contacts(views, &query::arrivals(log, Position(*before), *count)?)
            })?;
            print::show(common, &contacts, print::contacts)
        }
        JournalCommand::Show { contact } => {
            let path = format!("/v1/contacts/{contact}");
            let transcript = ask(common, &path, |views, log| {
                query::transcript(log, query::story(views, *contact)?)
            })?;
            print::show(common, &transcript, print::transcript)
        }
        JournalCommand::Mail { contact } => {
            let client = Client::require(&data(common)?)?;
            let raw = client.get_bytes(&format!("/v1/contacts/{contact}/mail"))?;
            std::io::stdout().lock().write_all(&raw)?;
            Ok(())
        }
    }
}

pub(crate) fn log(common: &Common, command: &LogCommand) -> Result<()> {
    match command {
        LogCommand::Tail { count, from, follow } => tail(common, *count, *from, *follow),
        LogCommand::Verify => {
            let verified = verify(common)?;
            print::show(common, &verified, print::verified)
        }
    }
}

/// Where events come from.
enum Source {
    Server(Client),
    Folder(Offline),
}

impl Source {
    fn events(&self, from: u64, count: u64) -> Result<Vec<Entry>> {
        match self {
            Self::Server(client) => client.get(&format!("/v1/log?from={from}&count={count}")),
            Self::Folder(offline) => {
                let count = usize::try_from(count)?;
                Ok(query::events(offline.log(), Position(from), count)?)
            }
        }
    }

    fn head(&self) -> Result<u64> {
        match self {
            Self::Server(client) => Ok(client.get::<Status>("/v1/status")?.head),
            Self::Folder(offline) => Ok(offline.log().head().0),
        }
    }
}

fn tail(common: &Common, count: u64, from: Option<u64>, follow: bool) -> Result<()> {
    let data = data(common)?;
    let source = match Client::find(&data)? {
        Some(client) => Source::Server(client),
        None if follow => {
            bail!("nothing happens here: no server works on {}", data.folder().display())
        }
        None => Source::Folder(Offline::open(&data)?),
    };
    let head = source.head()?;
    let mut next = from.unwrap_or_else(|| head.saturating_sub(count) + 1).max(1);
    let mut left = if from.is_some() && !follow { count } else { u64::MAX };
    loop {
        let events = source.events(next, left.min(1000))?;
        for event in &events {
            let text =
                if common.json { serde_json::to_string(event)? } else { print::entry(event) };
            print::line(&text)?;
            next = event.position + 1;
            left -= 1;
        }
        if left == 0 || (events.is_empty() && !follow) {
            return Ok(());
        }
        if events.is_empty() {
            std::thread::sleep(FOLLOW_PAUSE);
        }
    }
}

fn verify(common: &Common) -> Result<Verified> {
    let data = data(common)?;
    if let Some(client) = Client::find(&data)? {
        let bar = ProgressBar::new_spinner().with_message("the server reads its whole log");
        bar.enable_steady_tick(Duration::from_millis(100));
        let verified = client.get("/v1/log/verify");
        bar.finish_and_clear();
        return verified;
    }
    let offline = Offline::open(&data)?;
    let bar = ProgressBar::new(offline.log().head().0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} events, {eta} left")?);
    let verified = query::verify(offline.log(), &mut |position| bar.set_position(position.0));
    bar.finish_and_clear();
    verified.context("the log is not whole")
}

pub(crate) fn outbox(common: &Common, command: &OutboxCommand) -> Result<()> {
    match command {
        OutboxCommand::List => {
            let outbox = ask(common, "/v1/outbox", |views, _| Ok(query::outbox(views)))?;
            print::show(common, &outbox, print::outbox)
        }
        OutboxCommand::SendAgain { id } => {
            let path = format!("/v1/outbox/{id}/send-again");
            let carried: Carried = Client::require(&data(common)?)?.post(&path, &())?;
            print::show(common, &carried, print::carried)
        }
    }
}

pub(crate) fn quarantine(common: &Common, command: &QuarantineCommand) -> Result<()> {
    match command {
        QuarantineCommand::List => {
            let mails = ask(common, "/v1/quarantine", |views, _| Ok(query::quarantine(views)))?;
            print::show(common, &mails, print::quarantine)
        }
        QuarantineCommand::Show { position } => {
            let client = Client::require(&data(common)?)?;
            let raw = client.get_bytes(&format!("/v1/quarantine/{position}"))?;
            std::io::stdout().lock().write_all(&raw)?;
            Ok(())
        }
        QuarantineCommand::Replay { position: Some(position), .. } => {
            let replayed = replay(&Client::require(&data(common)?)?, *position)?;
            print::show(common, &replayed, print::carried)
        }
        QuarantineCommand::Replay { position: None, .. } => replay_all(common),
    }
}

fn replay(client: &Client, position: u64) -> Result<Carried> {
    client.post(&format!("/v1/quarantine/{position}/replay"), &())
}

/// Replays everything in quarantine; an error says how much stays there.
fn replay_all(common: &Common) -> Result<()> {
    let client = Client::require(&data(common)?)?;
    let mails: Vec<Quarantined> = client.get("/v1/quarantine")?;
    let bar = ProgressBar::new(mails.len() as u64);
    let replayed: Vec<Replayed> = bar
        .wrap_iter(mails.into_iter())
        .map(|mail| match replay(&client, mail.position) {
            Ok(carried) => Replayed { mail, contact: carried.contact, failure: None },
            Err(error) => Replayed { mail, contact: None, failure: Some(error.to_string()) },
        })
        .collect();
    bar.finish_and_clear();
    print::show(common, &replayed, print::replayed)?;
    match replayed.iter().filter(|mail| mail.failure.is_some()).count() {
        0 => Ok(()),
        left => bail!("{left} of {} mails stay in quarantine", replayed.len()),
    }
}

/// What came of replaying a mail.
#[derive(Serialize)]
pub(crate) struct Replayed {
    /// The mail.
    pub(crate) mail: Quarantined,
    /// The contact it belongs to.
    pub(crate) contact: Option<String>,
    /// Why it stays in quarantine.
    pub(crate) failure: Option<String>,
}
