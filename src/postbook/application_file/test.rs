//! Mails are tried with an application.

use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::ApplicationName;
use http::answer::{Failure, Problem, Rehearsed};
use http::{MailRequest, RehearsalError, RehearseRequest, WebhookAnswerRequest, query};
use serde::Serialize;

use super::names::Names;
use crate::arguments::{Common, Target, TestArgs};
use crate::client::{Refused, escape};
use crate::print;
use crate::sent_files::files_beside;

/// `postbook application test`.
pub(super) fn run(common: &Common, args: TestArgs) -> Result<()> {
    let names = Names::find(common)?;
    let origin = super::origin(&args.of);
    let (name, text, files) = subject(common, &names, &args)?;
    let request = request(args, text, files)?;
    let mails =
        rehearse(&names, &name, request).map_err(|error| super::explained(error, &origin))?;
    let tested = Tested { names: names.to_string(), mails };
    print::show(common, &tested, |tested: &Tested| print::rehearsed(&tested.names, &tested.mails))
}

/// What is printed.
#[derive(Serialize)]
struct Tested {
    names: String,
    mails: Vec<Rehearsed>,
}

/// The name of what is tried, its text, and the names of the files it may send.
fn subject(
    common: &Common,
    names: &Names,
    args: &TestArgs,
) -> Result<(ApplicationName, String, Vec<String>)> {
    Ok(match (&args.of, names) {
        (Target::File(file), _) => {
            let files = files_beside(file).into_iter().collect();
            (super::name(args.name.clone(), file)?, super::read(file)?, files)
        }
        (Target::Published(name, version), Names::Configuration(_, directory)) => {
            let found = query::application(directory, name, *version)?;
            (name.clone(), found.text, found.files)
        }
        (Target::Published(name, version), Names::Server(..) | Names::Unknown) => {
            let found = super::published(common, name, *version)?;
            (name.clone(), found.text, found.files)
        }
    })
}

fn request(args: TestArgs, text: String, files: Vec<String>) -> Result<RehearseRequest> {
    let now = jiff::Zoned::now();
    let at = args.at.map_or_else(|| Ok(now.timestamp()), |at| at.instant(&now))?;
    let check = |check: Option<event::Check>| check.map(|check| check.to_string());
    let mails = args.mails.iter().map(|path| mail(path)).collect::<Result<Vec<_>>>()?;
    super::limit("mails", mails.iter().map(|mail| mail.content.len() / 4 * 3).sum())?;
    Ok(RehearseRequest {
        text,
        files,
        mails,
        mailbox: args.mailbox,
        at: at.to_string(),
        signed_in: args.signed_in.into_iter().map(|agent| agent.0).collect(),
        webhook: args
            .webhook
            .map(|answer| WebhookAnswerRequest { status: answer.status, body: answer.body }),
        dmarc: check(args.dmarc),
        dkim: check(args.dkim),
        spf: check(args.spf),
    })
}

fn mail(path: &Path) -> Result<MailRequest> {
    let raw = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(MailRequest { name: path.display().to_string(), content: STANDARD.encode(raw) })
}

fn rehearse(
    names: &Names,
    name: &ApplicationName,
    request: RehearseRequest,
) -> Result<Vec<Rehearsed>> {
    let directory = match names {
        Names::Server(client, _) => {
            let path = format!("/v1/applications/{}/rehearse", escape(name.as_str()));
            return client.post(&path, &request);
        }
        Names::Configuration(_, directory) => Some(&**directory),
        Names::Unknown => None,
    };
    http::rehearse(directory, name.as_str(), request).map_err(|error| match error {
        RehearsalError::Bad(_) => error.into(),
        RehearsalError::Application(error) => {
            let problems = error.problems.iter().map(Problem::from).collect();
            Refused(Failure { error: error.to_string(), problems }).into()
        }
    })
}
