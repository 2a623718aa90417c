//! What is done with applications.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use event::{AgentNumber, ApplicationName, Check};

use crate::when::When;

/// What is done with applications.
#[derive(Debug, Subcommand)]
pub(crate) enum ApplicationCommand {
    /// Tell all that is wrong with a file, line by line; changes nothing
    ///
    /// The queues, skills, agents, schedules, hosts and other applications it names are looked up on
    /// the running server, else in the configuration. Warnings do not keep it from being published.
    Check(CheckArgs),
    /// Publish a file as the newest version of an application, on the running server
    ///
    /// The files it sends with its answers lie beside it and are published with it. Mail that arrives
    /// from now on enters the new version; what becomes of contacts that are in an older one says the
    /// setting `running_contacts`. The same file again is no new version.
    Publish {
        /// The application
        name: ApplicationName,
        /// Its file
        file: PathBuf,
    },
    /// Show the applications: versions, who published them, and the open contacts in each
    List,
    /// Write the text of an application to standard output
    Show {
        /// The application
        name: ApplicationName,
        /// This version instead of the newest
        #[arg(long, value_name = "NUMBER")]
        version: Option<u32>,
    },
    /// Tell what is different between two texts, action by action
    #[command(after_help = "Examples:\n  postbook application diff support@3 support\n  \
                            postbook application diff support new/support.toml")]
    Diff {
        /// The earlier one
        #[arg(value_name = "NAME[@VERSION]|FILE")]
        from: Target,
        /// The later one
        #[arg(value_name = "NAME[@VERSION]|FILE")]
        to: Target,
    },
    /// Draw an application, perhaps with how many contacts took which way
    #[command(after_help = "Examples:\n  postbook application graph support > support.mmd\n  \
                            postbook application graph support --svg support.svg --from 7d")]
    Graph(GraphArgs),
    /// Try an application with mails: show each one's way; nothing is sent, asked or recorded
    ///
    /// Each mail comes alone, to an empty contact centre with the directory of the running server, else
    /// of the configuration, and waits are over at once. Nobody is signed in, and no other program is
    /// asked, but as the options say.
    #[command(after_help = "Examples:\n  postbook application test support.toml mails/*.eml\n  \
                            postbook application test support mail.eml --at 2026-03-30T19:00 \
                            --webhook '200 {\"level\": \"gold\"}'")]
    Test(TestArgs),
}

/// What `postbook application check` understands.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The file
    #[arg(required_unless_present = "variables")]
    pub(crate) file: Option<PathBuf>,
    /// The name it is to be published under; else that of the file without its ending
    #[arg(long)]
    pub(crate) name: Option<ApplicationName>,
    /// Show what texts and conditions can name, instead
    #[arg(long, conflicts_with = "file")]
    pub(crate) variables: bool,
}

/// What `postbook application graph` understands.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// The application
    #[arg(value_name = "NAME[@VERSION]|FILE")]
    pub(crate) of: Target,
    /// As a flowchart of Mermaid on standard output, as without any option
    #[arg(long, conflicts_with = "svg")]
    pub(crate) mermaid: bool,
    /// As a drawing in this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Count the contacts that took each way from this time on: `7d` ago, `08:00`, `2026-03-30`,
    /// `2026-03-30T17:30`
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<When>,
    /// Count until this time; else until now
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<When>,
}

/// What `postbook application test` understands.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The application
    #[arg(value_name = "NAME[@VERSION]|FILE")]
    pub(crate) of: Target,
    /// The mails, as they lie on a mail server
    #[arg(required = true, value_name = "MAIL.eml")]
    pub(crate) mails: Vec<PathBuf>,
    /// The name a file is to be published under; else that of the file without its ending
    #[arg(long)]
    pub(crate) name: Option<ApplicationName>,
    /// The mailbox they come to; else the first one that the application serves
    #[arg(long)]
    pub(crate) mailbox: Option<String>,
    /// The time at which they come; else now
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<When>,
    /// The agents who are ready, and get what they may
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) signed_in: Vec<AgentNumber>,
    /// What other programs answer: a status and a body
    #[arg(long, value_name = "STATUS BODY")]
    pub(crate) webhook: Option<WebhookAnswer>,
    /// What DMARC says of their sender: `pass`, `fail`, `none` and so on
    #[arg(long, value_name = "RESULT")]
    pub(crate) dmarc: Option<Check>,
    /// What DKIM says
    #[arg(long, value_name = "RESULT")]
    pub(crate) dkim: Option<Check>,
    /// What SPF says
    #[arg(long, value_name = "RESULT")]
    pub(crate) spf: Option<Check>,
}

/// What other programs answer in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebhookAnswer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body; perhaps empty.
    pub(crate) body: String,
}

impl FromStr for WebhookAnswer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (status, body) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let status = status.parse().ok().filter(|status| (100..=599).contains(status));
        let status = status.ok_or_else(|| {
            format!("`{text}` does not begin with an HTTP status, as in `200 {{\"level\": 1}}`")
        })?;
        Ok(Self { status, body: body.trim().to_owned() })
    }
}

/// A published application, or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file.
    File(PathBuf),
    /// A version of an application; the newest where none is named.
    Published(ApplicationName, Option<u32>),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') || text.ends_with(".toml") {
            return Ok(Self::File(text.into()));
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let version = version.map(|version| {
            version.parse().map_err(|_| format!("`{version}` is no version; give a number"))
        });
        let name = ApplicationName::new(name).map_err(|error| {
            format!("{error}; what ends in `.toml` or has a slash in it is a file")
        })?;
        Ok(Self::Published(name, version.transpose()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_other_programs_are_read() {
        let answer = |status, body: &str| Ok(WebhookAnswer { status, body: body.to_owned() });
        assert_eq!("200 {\"a\": 1}".parse(), answer(200, "{\"a\": 1}"));
        assert_eq!(" 503 ".parse(), answer(503, ""));
        for wrong in ["", "ok", "99", "1000 x", "{}"] {
            assert!(wrong.parse::<WebhookAnswer>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_and_published_applications_are_told_apart() {
        let published = |name: &str, version| Ok(Target::Published(name.parse().unwrap(), version));
        for (text, expected) in [
            ("support", published("support", None)),
            ("first line@12", published("first line", Some(12))),
            ("support.toml", Ok(Target::File("support.toml".into()))),
            ("./support", Ok(Target::File("./support".into()))),
            ("a@b/support.toml", Ok(Target::File("a@b/support.toml".into()))),
        ] {
            assert_eq!(text.parse::<Target>(), expected, "{text}");
        }
        for wrong in ["", "support@", "support@new", "-"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
