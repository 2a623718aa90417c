//! The program `postbook`: parses the command line and hands over.

mod application_file;
mod apply;
mod arguments;
mod cli;
mod client;
mod config;
mod data;
mod directory;
mod edge;
mod load;
mod logging;
mod offline;
mod print;
mod question;
mod reconcile;
mod sandbox;
mod sandbox_people;
mod sent_files;
mod serve;
mod when;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(arguments::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if print::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("postbook: {error:#}");
            ExitCode::FAILURE
        }
    }
}
