//! What the command line understands.

mod agent;
mod application;
mod contact;
mod directory;
mod journal;
mod mail;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

pub(crate) use agent::AgentCommand;
pub(crate) use application::{ApplicationCommand, CheckArgs, GraphArgs, Target, TestArgs};
pub(crate) use contact::ContactCommand;
pub(crate) use directory::{ApplyArgs, DirectoryCommand};
pub(crate) use journal::{JournalCommand, LogCommand};
pub(crate) use mail::{MailCommand, OutboxCommand, QuarantineCommand};

use crate::config;

/// E-mail contact centre: queues customers' mail, gives it to agents, relays their answers, and
/// keeps a journal that can be replayed.
///
/// New here? `postbook try` shows everything in one folder, without a mail server.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration file
    #[arg(long, short, global = true, value_name = "FILE", default_value = "postbook.toml")]
    pub(crate) config: PathBuf,
    /// The data folder, instead of the one the configuration names
    #[arg(long, short, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Common {
    /// The data folder that is meant.
    pub(crate) fn data_folder(&self) -> Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(folder.clone()),
            None => config::data_folder(&self.config).with_context(
                || "cannot tell which data folder is meant; give --data FOLDER or --config FILE",
            ),
        }
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Work: poll mailboxes, route contacts, send mail, until stopped by Ctrl-C or SIGTERM
    Serve,
    /// Show the whole thing in a sandbox: one folder, no mail server, simulated agents and customers
    Try(TryArgs),
    /// Check the configuration and the applications it names; changes nothing
    Check,
    /// Put the configuration in force on the running server, without a restart
    ///
    /// The server reads the file it was started with, and those it includes. It tells what is different
    /// from what is in force, records directory, settings and applications by the name of the user, and
    /// takes the connections to mailboxes and the outgoing server over, of which the server's own log
    /// tells. Where something is wrong, or contacts would be left alone, it says so and nothing changes.
    Apply(ApplyArgs),
    /// Queues, agents, mailboxes and settings, as they are or once were
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// How the server, its mailboxes and its outgoing mail are
    Status,
    /// Mailboxes beside the log
    #[command(subcommand)]
    Mail(MailCommand),
    /// Show the queues, or who waits in one
    Queue {
        /// The queue; all queues where none is named
        name: Option<String>,
    },
    /// What agents do: sign in and out, accept, park, transfer, label, note, release
    ///
    /// Each command begins with the agent's number. Where the agent holds one contact only, it need
    /// not be named. What is done to a contact is recorded as done by the agent; who changes an
    /// agent's state is recorded by the name of the user.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Open contacts, and what supervisors do about them: move, prioritise, assign, release
    ///
    /// What is done is recorded by the name of the user who does it.
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Applications: check, try, publish, compare and draw them
    ///
    /// An application says what happens to mail before an agent has it. It is a TOML file; where a
    /// NAME or a FILE is meant, what ends in `.toml` or has a slash in it is a file. `postbook
    /// application check FILE` tells what is wrong with one, `--variables` what its texts and conditions
    /// can name.
    #[command(subcommand, visible_alias = "app")]
    Application(ApplicationCommand),
    /// The story of contacts
    #[command(subcommand)]
    Journal(JournalCommand),
    /// The event log
    #[command(subcommand)]
    Log(LogCommand),
    /// Outgoing mail that is not settled
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Mail that could not be read
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
}

/// What `postbook try` understands.
#[derive(Debug, Args)]
pub(crate) struct TryArgs {
    /// The folder of the sandbox; nothing outside it is touched
    #[arg(long, value_name = "FOLDER", default_value = "postbook-try")]
    pub(crate) folder: PathBuf,
}
