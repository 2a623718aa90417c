//! Log lines: for people or as JSON, to standard error. They hold no mail and no secret.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Begins to write only what went wrong, for a program that tells its story itself.
pub(crate) fn start_quietly() {
    begin(LogFormat::Human, "warn");
}

/// Begins to write log lines; `RUST_LOG` chooses which (`info` unless set).
pub(crate) fn start(format: LogFormat) {
    begin(format, "info");
}

fn begin(format: LogFormat, level: &str) {
    // What the resolver says of a strange answer names the domains that mail is from.
    let level = format!("{level},hickory_net=off,hickory_resolver=off");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Human => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    if started.is_err() {
        tracing::debug!("log lines were begun already");
    }
}
