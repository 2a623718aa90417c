//! What people and programs read: tables and sentences, or JSON.

mod application;
mod directory;
mod rehearsed;
mod work;

use std::borrow::Borrow;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
pub(crate) use application::{applications, problems};
use comfy_table::{ContentArrangement, Table};
pub(crate) use directory::{applied, compared, directory};
use http::answer::{
    Carried, Contact, Entry, Outgoing, Quarantined, Reconciled, SenderCheck, SenderResult, Status,
    Transcript, Verified,
};
pub(crate) use rehearsed::rehearsed;
use serde::Serialize;
pub(crate) use work::{agents, assignments, open_contacts, queues, waiting};

use crate::arguments::Common;
use crate::config::Config;
use crate::question::Replayed;

/// Whether the reader of our output has gone, which is no error (`postbook log tail | head`).
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes one line to standard output.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Writes a value as JSON, or as `human` shows it.
pub(crate) fn show<T: Serialize + Borrow<U>, U: ?Sized>(
    common: &Common,
    value: &T,
    human: impl FnOnce(&U) -> String,
) -> Result<()> {
    if common.json {
        line(&serde_json::to_string_pretty(value)?)
    } else {
        line(human(value.borrow()).trim_end())
    }
}

/// An instant as the reader's clock shows it; the text is RFC 3339 in UTC.
pub(crate) fn local(text: &str) -> String {
    let Ok(instant) = text.parse::<jiff::Timestamp>() else { return text.to_owned() };
    let zoned = instant.to_zoned(jiff::tz::TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table.set_header(head);
    rows.for_each(|row| {
        table.add_row(row);
    });
    table.to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn optional(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

fn optional_local(text: Option<&str>) -> String {
    text.map_or_else(|| "-".to_owned(), local)
}

pub(crate) fn checked(common: &Common, config: &Config) -> Result<()> {
    let file = &config.file;
    #[derive(Serialize)]
    struct Checked {
        mailboxes: usize,
        queues: usize,
        agents: usize,
        applications: usize,
        files: Vec<PathBuf>,
    }
    let checked = Checked {
        mailboxes: file.mailbox.len(),
        queues: file.queue.len(),
        agents: file.agent.len(),
        applications: config.applications.len(),
        files: config.sources.paths().map(Path::to_owned).collect(),
    };
    show(common, &checked, |checked: &Checked| {
        let included = checked.files.len().saturating_sub(1);
        format!(
            "{}{} is in order: {} mailboxes, {} queues, {} agents, {} applications",
            common.config.display(),
            if included > 0 {
                format!(", with {included} files it includes,")
            } else {
                String::new()
            },
            checked.mailboxes,
            checked.queues,
            checked.agents,
            checked.applications
        )
    })
}

pub(crate) fn status(status: &Status) -> String {
    let counts = format!(
        "Postbook {}: {} contacts open, {} waiting, {} events in the log\n\n",
        status.version, status.open, status.waiting, status.head
    );
    let rows = status.connections.iter().map(|connection| {
        [
            connection.name.clone(),
            connection.state.clone(),
            optional_local(connection.last_success.as_deref()),
            connection.backlog.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            optional(connection.message.as_deref()),
        ]
    });
    let alarms: String = status.alarms.iter().map(|alarm| format!("ALARM  {alarm}\n")).collect();
    let alarms = if alarms.is_empty() { alarms } else { alarms + "\n" };
    counts + &alarms + &table(["CONNECTION", "STATE", "LAST SUCCESS", "BACKLOG", "MESSAGE"], rows)
}

pub(crate) fn contacts(contacts: &[Contact]) -> String {
    if contacts.is_empty() {
        return "there are no contacts yet".to_owned();
    }
    let rows = contacts.iter().map(|contact| {
        [
            contact.contact.clone(),
            local(&contact.arrived),
            contact.mailbox.clone(),
            contact.state.clone(),
            optional(contact.from.as_deref()),
            optional(contact.subject.as_deref()),
        ]
    });
    table(["CONTACT", "ARRIVED", "MAILBOX", "STATE", "FROM", "SUBJECT"], rows)
}

pub(crate) fn transcript(transcript: &Transcript) -> String {
    let contact = &transcript.contact;
    let mut text = format!(
        "Contact {} of thread {}, {}\nFrom {}: {}\n{}\n",
        contact.contact,
        contact.thread,
        contact.state,
        optional(contact.from.as_deref()),
        optional(contact.subject.as_deref()),
        sender(&transcript.sender),
    );
    if !contact.flags.is_empty() {
        text += &format!("Note: {}\n", contact.flags.join(", "));
    }
    for (other, state) in &transcript.also_open {
        text += &format!("Contact {other} of the same thread is open, too: {state}\n");
    }
    text += "\n";
    for (name, value) in &transcript.variables {
        text += &format!("{name} = {value}\n");
    }
    text += "\n";
    transcript.events.iter().fold(text, |text, event| text + &entry(event) + "\n")
}

fn sender(sender: &SenderCheck) -> String {
    let by = match sender.by.as_str() {
        "server" => "the mail server",
        "postbook" => "Postbook",
        _ => return "Nobody checked who sent it".to_owned(),
    };
    let results = [("DMARC", &sender.dmarc), ("DKIM", &sender.dkim), ("SPF", &sender.spf)];
    let results = results.map(|(check, SenderResult { result, domain })| {
        let domain = domain.as_ref().map(|domain| format!(" ({domain})")).unwrap_or_default();
        format!("{check} {result}{domain}")
    });
    format!("Sender checked by {by}: {}", results.join(", "))
}

pub(crate) fn entry(entry: &Entry) -> String {
    // Most sentences name the agent who acts.
    let by = entry.by.as_ref().filter(|by| !entry.text.contains(by.as_str()));
    let by = by.map(|by| format!(" (by {by})")).unwrap_or_default();
    format!("{:>8}  {}  {}{by}", entry.position, local(&entry.time), entry.text)
}

pub(crate) fn verified(verified: &Verified) -> String {
    format!(
        "the log is whole: {} events without a gap in {} chunks and {} appends, every hash right\nhead {} {}",
        verified.events, verified.chunks, verified.commits, verified.head, verified.head_hash
    )
}

pub(crate) fn outbox(outbox: &[Outgoing]) -> String {
    if outbox.is_empty() {
        return "every mail is settled".to_owned();
    }
    let rows = outbox.iter().map(|outgoing| {
        [
            outgoing.id.to_string(),
            outgoing.contact.clone(),
            outgoing.what.clone(),
            outgoing.state.clone(),
            outgoing.attempts.to_string(),
            optional_local(outgoing.until.as_deref()),
        ]
    });
    table(["ID", "CONTACT", "WHAT", "STATE", "ATTEMPTS", "NEXT ATTEMPT"], rows)
}

pub(crate) fn quarantine(mails: &[Quarantined]) -> String {
    if mails.is_empty() {
        return "nothing is in quarantine".to_owned();
    }
    let rows = mails.iter().map(|mail| {
        [
            mail.position.to_string(),
            mail.mailbox.clone(),
            mail.mark.clone(),
            local(&mail.arrived),
            mail.size.map_or_else(|| "-".to_owned(), |size| size.to_string()),
            mail.reason.clone(),
        ]
    });
    table(["POSITION", "MAILBOX", "MAIL", "ARRIVED", "BYTES", "REASON"], rows)
}

pub(crate) fn replayed(mails: &[Replayed]) -> String {
    if mails.is_empty() {
        return "nothing is in quarantine".to_owned();
    }
    let rows = mails.iter().map(|mail| {
        let outcome = match (&mail.failure, &mail.contact) {
            (Some(failure), _) => failure.clone(),
            (None, Some(contact)) => format!("contact {contact}"),
            (None, None) => "it is read".to_owned(),
        };
        [mail.mail.position.to_string(), mail.mail.mailbox.clone(), outcome]
    });
    table(["POSITION", "MAILBOX", "OUTCOME"], rows)
}

pub(crate) fn reconciled(mailboxes: &[Reconciled]) -> String {
    let counts = mailboxes.iter().map(|mailbox| {
        let count = |count: usize| match mailbox.failure {
            None => count.to_string(),
            Some(_) => "-".to_owned(),
        };
        [
            mailbox.mailbox.clone(),
            count(mailbox.messages),
            count(mailbox.recorded),
            count(mailbox.history),
            count(mailbox.backlog),
            count(mailbox.unaccounted.len()),
            count(mailbox.repeated.len()),
            optional(mailbox.failure.as_deref()),
        ]
    });
    let head =
        ["MAILBOX", "MAILS", "RECORDED", "HISTORY", "BACKLOG", "UNACCOUNTED", "TWICE", "FAILURE"];
    let mut text = table(head, counts);
    let unaccounted: Vec<[String; 5]> = mailboxes
        .iter()
        .flat_map(|mailbox| mailbox.unaccounted.iter().map(move |mail| (mailbox, mail)))
        .map(|(mailbox, mail)| {
            [
                mailbox.mailbox.clone(),
                mail.mail.clone(),
                optional_local(mail.received.as_deref()),
                mail.size.map_or_else(|| "-".to_owned(), |size| size.to_string()),
                mail.why.clone(),
            ]
        })
        .collect();
    if !unaccounted.is_empty() {
        let head = ["UNACCOUNTED IN", "MAIL", "RECEIVED", "BYTES", "WHY"];
        text += &format!("\n{}", table(head, unaccounted.into_iter()));
    }
    let repeated: Vec<[String; 3]> = mailboxes
        .iter()
        .flat_map(|mailbox| mailbox.repeated.iter().map(move |mail| (mailbox, mail)))
        .map(|(mailbox, mail)| {
            let positions: Vec<String> = mail.positions.iter().map(u64::to_string).collect();
            [mailbox.mailbox.clone(), mail.mail.clone(), positions.join(", ")]
        })
        .collect();
    if !repeated.is_empty() {
        text += &format!("\n{}", table(["TWICE IN", "MAIL", "EVENTS"], repeated.into_iter()));
    }
    text
}

pub(crate) fn carried(carried: &Carried) -> String {
    match (&carried.contact, carried.events) {
        (_, 0) => "nothing to do: it is so already".to_owned(),
        (Some(contact), _) => format!("done: contact {contact}"),
        (None, _) => "done".to_owned(),
    }
}
