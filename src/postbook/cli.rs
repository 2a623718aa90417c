//! From the command line to what it asks for.

use anyhow::Result;

use crate::arguments::{Cli, Command, MailCommand};
use crate::{application_file, config, print, question, reconcile, sandbox, serve};

/// Runs the command; an error is a sentence for the user.
pub(crate) fn run(cli: Cli) -> Result<()> {
    let common = cli.common;
    match cli.command {
        Command::Serve => serve::run(&common),
        Command::Try(args) => sandbox::run(&args, &common),
        Command::Check => {
            let config = config::load(&common.config)?;
            print::checked(&common, &config)
        }
        Command::Apply(args) => question::apply(&common, &args),
        Command::Directory(command) => question::directory(&common, &command),
        Command::Status => question::status(&common),
        Command::Mail(MailCommand::Reconcile { mailbox }) => reconcile::run(&common, mailbox),
        Command::Queue { name } => question::queue(&common, name),
        Command::Agent(command) => question::agent(&common, command),
        Command::Contact(command) => question::contact(&common, command),
        Command::Application(command) => application_file::run(&common, command),
        Command::Journal(command) => question::journal(&common, &command),
        Command::Log(command) => question::log(&common, &command),
        Command::Outbox(command) => question::outbox(&common, &command),
        Command::Quarantine(command) => question::quarantine(&common, &command),
    }
}
