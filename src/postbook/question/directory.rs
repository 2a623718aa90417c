//! Applying the configuration, and what the directory and the settings are or once were.

use anyhow::{Context, Result};
use http::ApplyRequest;
use http::answer::{Applied, DirectoryCompared, DirectoryShown};
use http::query::{self, QueryError};
use jiff::Zoned;
use log::EventLog;

use super::{ask, data};
use crate::arguments::{ApplyArgs, Common, DirectoryCommand};
use crate::client::{Client, escape};
use crate::print;

pub(crate) fn apply(common: &Common, args: &ApplyArgs) -> Result<()> {
    let data = data(common)?;
    let client = Client::find(&data)?.with_context(|| {
        format!(
            "no server works on {}, so that there is nothing to apply it to; `postbook serve` applies \
             the configuration when it starts, `postbook check` tells whether it is in order",
            data.folder().display()
        )
    })?;
    let applied: Applied = client.post("/v1/apply", &ApplyRequest { dry_run: args.dry_run })?;
    print::show(common, &applied, print::applied)
}

pub(crate) fn directory(common: &Common, command: &DirectoryCommand) -> Result<()> {
    let DirectoryCommand::Show { as_of, diff } = command;
    let now = Zoned::now();
    let as_of = as_of.map(|as_of| as_of.text(&now)).transpose()?;
    let Some(diff) = diff else { return shown(common, as_of) };
    compared(common, &diff.text(&now)?, as_of)
}

fn shown(common: &Common, as_of: Option<String>) -> Result<()> {
    let query = as_of.as_ref().map(|as_of| format!("?as_of={}", escape(as_of)));
    let path = format!("/v1/directory{}", query.unwrap_or_default());
    let shown: DirectoryShown = ask(common, &path, |views, log| {
        let at = position(log, as_of.as_deref())?;
        query::directory(log, query::in_force(views, at))
    })?;
    print::show(common, &shown, print::directory)
}

fn compared(common: &Common, from: &str, to: Option<String>) -> Result<()> {
    let query = to.as_ref().map(|to| format!("&to={}", escape(to)));
    let path = format!("/v1/directory/changes?from={}{}", escape(from), query.unwrap_or_default());
    let compared: DirectoryCompared = ask(common, &path, |views, log| {
        let (from, to) = (position(log, Some(from))?, position(log, to.as_deref())?);
        let loads = query::loads(views, from, to);
        query::compare(log, query::in_force(views, from), query::in_force(views, to), loads)
    })?;
    print::show(common, &compared, print::compared)
}

fn position(log: &dyn EventLog, text: Option<&str>) -> Result<event::Position, QueryError> {
    let as_of = text.map(str::parse).transpose().map_err(QueryError::Unknown)?;
    query::position(log, as_of)
}
