//! The directory and the settings.

use std::str::FromStr;

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Zoned;

use crate::when::When;

/// What `postbook apply` understands.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Only tell what would change, or why it could not
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The directory and the settings.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Show queues, agents, mailboxes and settings, as they are or once were, and who loaded them
    #[command(after_help = "Examples:\n  postbook directory show --as-of '2026-11-28 14:07'\n  \
                            postbook directory show --diff 7d\n  \
                            postbook directory show --diff 1200 --as-of 3400")]
    Show {
        /// As of then: the position of an event, `7d` ago, `14:07`, `2026-11-28`,
        /// `2026-11-28 14:07`, or a time in RFC 3339
        #[arg(long, value_name = "TIME|POSITION")]
        as_of: Option<AsOf>,
        /// Show what has changed since then, instead
        #[arg(long, value_name = "TIME|POSITION")]
        diff: Option<AsOf>,
    },
}

/// A time in the life of the log, as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// After the event at this position.
    Position(u64),
    /// Then.
    When(When),
}

impl FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(position) => Ok(Self::Position(position)),
            Err(_) => {
                let when = text.parse().map(Self::When);
                when.map_err(|error| format!("{error}; or the position of an event"))
            }
        }
    }
}

impl AsOf {
    /// As the API wants it: a position, or a time in RFC 3339.
    pub(crate) fn text(self, now: &Zoned) -> Result<String> {
        match self {
            Self::Position(position) => Ok(position.to_string()),
            Self::When(when) => Ok(when.past(now)?.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_positions_are_told_apart() {
        let now: Zoned = "2026-11-28T15:00:00+01:00[Europe/Paris]".parse().unwrap();
        for (text, expected) in [
            ("120", "120"),
            ("2026-11-28 14:07", "2026-11-28T13:07:00Z"),
            ("2026-11-28T14:07:00Z", "2026-11-28T14:07:00Z"),
            ("14:07", "2026-11-28T13:07:00Z"),
            ("2h", "2026-11-28T12:00:00Z"),
        ] {
            assert_eq!(text.parse::<AsOf>().unwrap().text(&now).unwrap(), expected, "{text}");
        }
        assert!("then".parse::<AsOf>().unwrap_err().contains("position of an event"));
    }
}
