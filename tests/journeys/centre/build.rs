//! The contact centre of `docs/example` on the servers of a journey: its files with other hosts,
//! passwords and times.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::{Agent, MailClient, Program, Servers, Stage};

use super::super::office::{Office, PASSWORD};
use super::crm::Crm;

/// The accounts that mail comes to, support first and the internal one last.
pub(crate) const ACCOUNTS: [&str; 4] =
    ["support@support.test", "orders@support.test", "info@support.test", "replies@support.test"];
/// Who gets the invoices.
pub(crate) const ACCOUNTANTS: &str = "accounts@ext.com";

/// An agent, and what they may do.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The agent.
    pub(crate) agent: Agent,
    /// The queues they serve, with how well.
    pub(crate) queues: BTreeMap<String, u64>,
    /// What they can do, with how well.
    pub(crate) skills: BTreeMap<String, u64>,
    /// How many contacts they may hold.
    pub(crate) capacity: usize,
}

/// The files, by their paths in the folder of the example.
pub(crate) type Files = BTreeMap<String, String>;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/example")
}

/// Every file as users have it.
fn read() -> Result<Files> {
    let mut files = Files::new();
    for folder in ["", "directory", "applications"] {
        for entry in fs::read_dir(example().join(folder))? {
            let path = entry?.path();
            if path.is_file() {
                let name = path.strip_prefix(example())?.to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}

/// Replaces a text that must be there.
pub(crate) fn replace(files: &mut Files, file: &str, from: &str, to: &str) -> Result<()> {
    let text = files.get_mut(file).with_context(|| format!("there is docs/example/{file}"))?;
    ensure!(text.contains(from), "docs/example/{file} says `{from}`");
    *text = text.replace(from, to);
    Ok(())
}

/// What the journey plays on.
pub(crate) fn files(servers: &Servers, crm: &Crm) -> Result<Files> {
    let mut files = read()?;
    let main = "postbook.toml";
    let host = |port: u16, security: &str| {
        format!("host = \"localhost\"\nport = {port}\nsecurity = \"{security}\"")
    };
    let imap = host(servers.port("IMAP")?, "starttls");
    let pop3 = host(servers.port("POP3")?, "starttls");
    let smtp = host(servers.port("SUBM")?, "starttls");
    let crm_host = format!("127.0.0.1:{}", crm.port());
    for (from, to) in [
        ("host = \"imap.desk.example\"", imap.as_str()),
        ("host = \"pop.desk.example\"", &pop3),
        ("host = \"smtp.desk.example\"", &smtp),
        ("poll_seconds = 20", "poll_seconds = 1"),
        ("crm.desk.example", &crm_host),
        ("/var/lib/postbook", "data"),
        ("agent_wait = \"20 min\"", "agent_wait = \"4 s\""),
        ("automatic_replies_per_domain_hour = 200", "automatic_replies_per_domain_hour = 1000"),
    ] {
        replace(&mut files, main, from, to)?;
    }
    let authority =
        format!("[tls]\nauthorities = \"{}\"\n\n[verification]", servers.authority()?.display());
    replace(&mut files, main, "[verification]", &authority)?;
    let queues = "directory/queues.toml";
    for (from, to) in [
        ("\"15 min\"", "\"2 s\""),
        ("\"1 h\"", "\"2 s\""),
        ("after = \"2 h\"", "after = \"6 s\""),
        ("every = \"30 min\"", "every = \"2 s\""),
        ("accept_within = \"5 min\"", "accept_within = \"3 s\""),
        ("after = \"30 min\"", "after = \"8 s\""),
    ] {
        replace(&mut files, queues, from, to)?;
    }
    let support = "applications/support.toml";
    replace(&mut files, support, "https://crm.desk.example", &format!("http://{crm_host}"))?;
    replace(&mut files, support, "wait = \"15 min\"", "wait = \"2 s\"")?;
    replace(&mut files, support, "wait = \"8 h\"", "wait = \"1 s\"")?;
    let schedules = "directory/schedules.toml";
    replace(&mut files, schedules, "\"2026-", "\"2001-")?;
    replace(&mut files, schedules, "\"2027-", "\"2002-")?;
    replace(&mut files, schedules, "\"Mon-Thu 08:00-18:00\", \"Fri 08:00-17:00\"", EVERY_DAY)?;
    for text in files.values_mut() {
        for (from, to) in [
            ("desk.example", "support.test"),
            ("people.example", "agents.test"),
            ("books.example", "ext.com"),
            ("gold.example", "business.com"),
            ("silver.example", "ct.com"),
        ] {
            *text = text.replace(from, to);
        }
    }
    Ok(files)
}

const EVERY_DAY: &str = "\"Mon-Sun 00:00-24:00\"";

/// From now on the office is closed, and the weekend's people work.
pub(crate) fn close_office(files: &mut Files) -> Result<()> {
    let schedules = "directory/schedules.toml";
    let far = jiff::Zoned::now().checked_add(jiff::Span::new().days(3))?.strftime("%a");
    replace(files, schedules, EVERY_DAY, &format!("\"{far} 12:00-13:00\""))?;
    replace(files, schedules, "\"Sat 10:00-16:00\"", EVERY_DAY)
}

/// The application that is changed while it works.
pub(crate) const CHANGED: &str = "applications/support.toml";

/// From now on complaints are known by another word, too.
pub(crate) fn add_word(files: &mut Files) -> Result<()> {
    replace(files, CHANGED, "\"Beschwerde\"", "\"Beschwerde\", \"Reklamation\"")
}

/// From now on nobody works: it is a holiday.
pub(crate) fn declare_holiday(files: &mut Files) -> Result<()> {
    let now = jiff::Zoned::now();
    let days: Result<Vec<String>, jiff::Error> = (-1..=1)
        .map(|days| now.checked_add(jiff::Span::new().days(days)))
        .map(|day| Ok(format!("\"{} Feast\"", day?.strftime("%Y-%m-%d"))))
        .collect();
    replace(files, "directory/schedules.toml", "\"2001-12-26 Boxing Day\"", &days?.join(", "))
}

/// Writes the files into an installation.
pub(crate) fn write(program: &Program, files: &Files) -> Result<()> {
    for (name, text) in files {
        let path = program.folder().join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// Sets the contact centre up; the program itself finds nothing wrong with it.
pub(crate) fn install<'a>(stage: &'a Stage, files: &Files) -> Result<Office<'a>> {
    let servers = stage.servers()?;
    for account in ACCOUNTS {
        servers.user(account, PASSWORD)?;
    }
    let program = stage.program("")?;
    write(&program, files)?;
    fs::write(program.folder().join("password"), format!("{PASSWORD}\n"))?;
    let said = program.text(&["check"])?;
    ensure!(
        said.contains("3 mailboxes, 5 queues, 20 agents, 4 applications"),
        "`postbook check` says: {said}"
    );
    Ok(Office::around(servers, program))
}

/// The agents, as their file has them.
pub(crate) fn members(files: &Files) -> Result<Vec<Member>> {
    let text = files.get("directory/agents.toml").context("there are agents")?;
    let blocks = text.split("[[agent]]").skip(1);
    blocks.enumerate().map(|(place, block)| member(place, block)).collect()
}

fn member(place: usize, block: &str) -> Result<Member> {
    let value = |key: &str| {
        let lines = block.lines().filter_map(|line| line.split_once(" = "));
        lines.filter(|(name, _)| *name == key).map(|(_, value)| value.trim_matches('"')).next()
    };
    let needed = |key: &str| value(key).with_context(|| format!("an agent has a {key}: {block}"));
    let client =
        if place.is_multiple_of(2) { MailClient::Outlook } else { MailClient::Thunderbird };
    Ok(Member {
        agent: Agent::new(needed("number")?.parse()?, needed("name")?, needed("address")?, client),
        queues: levels(needed("queues")?),
        skills: levels(needed("skills")?),
        capacity: value("capacity").unwrap_or("1").parse()?,
    })
}

/// The names in a list such as `["general", { queue = "gold", level = 8 }]`, each with its level.
fn levels(list: &str) -> BTreeMap<String, u64> {
    let mut levels = BTreeMap::new();
    let mut parts = list.trim_matches(['[', ']']).split('"').skip(1);
    while let (Some(name), Some(rest)) = (parts.next(), parts.next()) {
        let digits: String = match rest.split_once("level = ") {
            Some((_, level)) => level.chars().take_while(char::is_ascii_digit).collect(),
            None => String::new(),
        };
        levels.insert(name.to_owned(), digits.parse().unwrap_or(5));
    }
    levels
}
