//! Feeds a folder of mail through everything that touches a mail, and counts what goes wrong.

mod composed;
mod messages;
mod office;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;

use messages::{Message, messages};
use office::Office;
use report::Report;

/// Takes every mail of a folder in, composes the copy for an agent and the relayed reply of it,
/// and fails where one panics, is lost, takes over two seconds, where the body of a composed mail
/// is not the one received, or where a relayed header tells the agent's address.
///
/// The folder is searched with all folders in it: files named .eml, .mbox, or in `cur` or `new`
/// of a Maildir. Nothing in it is changed; the log is kept in memory.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Mails taken in at once, as a gateway would.
const BATCH: usize = 64;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let reported = run(&arguments.folder).and_then(|report| {
        report.print(arguments.json)?;
        Ok(report.is_good())
    });
    match reported {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("corpus: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path) -> Result<Report> {
    let found = messages(folder)?;
    ensure!(!found.is_empty(), "{} holds no mail (.eml, .mbox or a Maildir)", folder.display());
    let start = Instant::now();
    let mut report = Report::default();
    // What panics here would end the whole batch there.
    let takeable: Vec<Message> =
        found.into_iter().filter(|message| report.compose(message)).collect();
    tokio::runtime::Runtime::new()?.block_on(take(&takeable, &mut report))?;
    report.took = start.elapsed();
    Ok(report)
}

async fn take(messages: &[Message], report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let office = Office::open(folder.path()).await?;
    for batch in messages.chunks(BATCH) {
        office.take(batch).await?;
    }
    let outcomes = office.outcomes()?;
    for message in messages {
        let is_kept = office.keeps(message).await;
        report.outcome(message, outcomes.get(&message.name).filter(|_| is_kept));
    }
    office.engine.stop().await?;
    Ok(())
}
