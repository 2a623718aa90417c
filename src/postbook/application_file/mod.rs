//! What is done with applications by the command line.

mod check;
mod graph;
mod names;
mod publish;
mod test;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use application::Change;
use event::ApplicationName;
use http::answer::ApplicationVersion;
use http::query;

use crate::arguments::{ApplicationCommand, Common, Target};
use crate::client::{Refused, escape};
use crate::print;
use crate::question::ask;

/// So many bytes of files or mails go to the server at once; it takes a little more, in base64.
const SENT_BYTES_MAX: usize = 30 << 20;

/// `postbook application`.
pub(crate) fn run(common: &Common, command: ApplicationCommand) -> Result<()> {
    match command {
        ApplicationCommand::Check(args) => check::run(common, args),
        ApplicationCommand::Publish { name, file } => publish::run(common, &name, &file),
        ApplicationCommand::List => {
            let path = "/v1/applications";
            let applications = ask(common, path, |views, _| Ok(query::applications(views)))?;
            print::show(common, &applications, print::applications)
        }
        ApplicationCommand::Show { name, version } => {
            let shown = published(common, &name, version)?;
            if common.json {
                return print::show(common, &shown, |shown: &ApplicationVersion| {
                    shown.text.clone()
                });
            }
            std::io::stdout().lock().write_all(shown.text.as_bytes())?;
            Ok(())
        }
        ApplicationCommand::Diff { from, to } => {
            let (from, to) = (text(common, &from)?, text(common, &to)?);
            let changes = application::diff(&from, &to);
            let changes: Vec<String> = changes.iter().map(Change::to_string).collect();
            print::show(common, &changes, |changes: &[String]| {
                if changes.is_empty() {
                    "nothing is different that matters".to_owned()
                } else {
                    changes.join("\n")
                }
            })
        }
        ApplicationCommand::Graph(args) => graph::run(common, &args),
        ApplicationCommand::Test(args) => test::run(common, args),
    }
}

/// A published version; the newest where none is named.
fn published(
    common: &Common,
    name: &ApplicationName,
    version: Option<u32>,
) -> Result<ApplicationVersion> {
    let mut path = format!("/v1/applications/{}", escape(name.as_str()));
    if let Some(version) = version {
        path += &format!("?version={version}");
    }
    ask(common, &path, |views, _| query::application(&views.hot.directory, name, version))
}

/// The text that is meant.
fn text(common: &Common, target: &Target) -> Result<String> {
    match target {
        Target::File(file) => read(file),
        Target::Published(name, version) => Ok(published(common, name, *version)?.text),
    }
}

/// Refuses what is more than the server takes at once.
fn limit(what: &str, bytes: usize) -> Result<()> {
    ensure!(
        bytes <= SENT_BYTES_MAX,
        "the {what} have {bytes} bytes together; at most {SENT_BYTES_MAX} go to the server at once"
    );
    Ok(())
}

/// Where a text comes from, as problems name it.
fn origin(target: &Target) -> String {
    match target {
        Target::File(file) => file.display().to_string(),
        Target::Published(name, _) => name.to_string(),
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// A failure; where the text of an application is wrong, with the places in its file.
fn explained(error: anyhow::Error, file: &str) -> anyhow::Error {
    match error.downcast_ref::<Refused>() {
        Some(Refused(failure)) if !failure.problems.is_empty() => {
            let problems = print::problems(file, &failure.problems);
            anyhow!("this is wrong with the application:\n{}", problems.trim_end())
        }
        Some(_) | None => error,
    }
}

/// The name that is meant: the given one, else that of the file without its ending.
fn name(given: Option<ApplicationName>, file: &Path) -> Result<ApplicationName> {
    if let Some(name) = given {
        return Ok(name);
    }
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    ApplicationName::new(stem)
        .with_context(|| format!("{} names no application; give --name NAME", file.display()))
}
