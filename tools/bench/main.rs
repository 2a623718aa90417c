//! Benchmarks of Postbook; each is a file with its options and what it reports.

mod append;
mod delivery;
mod disk;
mod fetchers;
mod ingest;
mod latency;
mod life;
mod measure;
mod memory;
mod office;
mod peer;
mod replay;
mod report;
mod routing;
mod start;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use report::Report;

/// Measures Postbook beside something simple, in one run, so that noise cancels.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Durable appends a second, beside a plain file with one fdatasync a batch.
    Append(append::Options),
    /// Bytes on disk beside bytes of the events; scan rate and resident memory.
    Disk(disk::Options),
    /// Opens and scans a log in a fresh process, for the figures of `disk`.
    #[command(hide = true)]
    DiskRead(disk::ReadOptions),
    /// Events a second folded into the queue and thread views, beside scanning alone.
    Replay(replay::Options),
    /// 10,000 mails from an IMAP or POP3 server to durable contacts in a queue, beside `mbsync` or
    /// `getmail`.
    Ingest(ingest::Options),
    /// From an agent who becomes free to the next contact, decided and folded, among 10,000.
    Routing(routing::Options),
    /// From a long history to the first assignment, with and without a snapshot; memory.
    Start(start::Options),
    /// One start in a fresh process, for the figures of `start`.
    #[command(hide = true)]
    StartOnce(start::OnceOptions),
    /// From mail in the public mailbox to mail in the agent's mailbox, one after the other.
    Latency(latency::Options),
    /// Mails a second from the outbox through Postfix, beside a bare SMTP client.
    Delivery(delivery::Options),
    /// The peak of resident memory while a large mail goes through `postbook serve`.
    Memory(memory::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let shown = run(&arguments.command).and_then(|report| report.print(arguments.json));
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<Report> {
    match command {
        Command::Append(options) => append::run(options),
        Command::Disk(options) => disk::run(options),
        Command::DiskRead(options) => disk::read(options),
        Command::Replay(options) => replay::run(options),
        Command::Ingest(options) => ingest::run(options),
        Command::Routing(options) => routing::run(options),
        Command::Start(options) => start::run(options),
        Command::StartOnce(options) => start::once(options),
        Command::Latency(options) => latency::run(options),
        Command::Delivery(options) => delivery::run(options),
        Command::Memory(options) => memory::run(options),
    }
}
