//! Applications drawn, perhaps with how many contacts took which way.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use application::{Application, Graph, Taken};
use event::{ApplicationName, Timestamp};
use http::answer::{Problem, Way};
use http::query;
use indicatif::{ProgressBar, ProgressStyle};

use crate::arguments::{Common, GraphArgs, Target};
use crate::client::{Client, escape};
use crate::offline::Offline;
use crate::{print, question};

/// `postbook application graph`.
pub(super) fn run(common: &Common, args: &GraphArgs) -> Result<()> {
    let text = super::text(common, &args.of)?;
    let application = match Application::parse(&text) {
        Ok(application) => application,
        Err(error) => {
            let problems: Vec<Problem> = error.problems.iter().map(Problem::from).collect();
            bail!("{}", print::problems(&super::origin(&args.of), &problems).trim_end());
        }
    };
    let taken = if args.from.is_some() || args.to.is_some() {
        let name = match &args.of {
            Target::File(file) => super::name(None, file)?,
            Target::Published(name, _) => name.clone(),
        };
        Some(taken(&ways(common, args, &name)?)?)
    } else {
        None
    };
    let graph = Graph::new(&application, taken.as_ref());
    if common.json {
        return print::line(&serde_json::to_string_pretty(&graph)?);
    }
    match &args.svg {
        None => print::line(graph.mermaid().trim_end()),
        Some(file) if file == Path::new("-") => print::line(graph.svg().trim_end()),
        Some(file) => std::fs::write(file, graph.svg())
            .with_context(|| format!("cannot write {}", file.display())),
    }
}

/// Which ways contacts took in the period that is asked for.
fn ways(common: &Common, args: &GraphArgs, name: &ApplicationName) -> Result<Vec<Way>> {
    let now = jiff::Zoned::now();
    let from = args.from.map(|from| from.past(&now)).transpose()?;
    let to = args.to.map(|to| to.past(&now)).transpose()?;
    let data = question::data(common)?;
    if let Some(client) = Client::find(&data)? {
        let period = [("from", from), ("to", to)];
        let period = period.into_iter().filter_map(|(key, time)| Some((key, time?.to_string())));
        let period: Vec<String> =
            period.map(|(key, time)| format!("{key}={}", escape(&time))).collect();
        let name = escape(name.as_str());
        let bar = ProgressBar::new_spinner().with_message("the server reads its log");
        bar.enable_steady_tick(Duration::from_millis(100));
        let ways = client.get(&format!("/v1/applications/{name}/ways?{}", period.join("&")));
        bar.finish_and_clear();
        return ways;
    }
    let offline = Offline::open(&data)?;
    let ms = |time: jiff::Timestamp| u64::try_from(time.as_millisecond()).ok().map(Timestamp);
    let from = from.and_then(ms).unwrap_or(Timestamp(0));
    let to = to.and_then(ms).unwrap_or(Timestamp(u64::MAX));
    let bar = ProgressBar::new(offline.log().head().0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} events, {eta} left")?);
    let progress = &mut |position: event::Position| bar.set_position(position.0);
    let ways = query::ways(offline.log(), name, &(from..to), progress);
    bar.finish_and_clear();
    Ok(ways?)
}

fn taken(ways: &[Way]) -> Result<Taken> {
    let ways = ways.iter().map(|way| {
        let exit = way.exit.as_deref().map(str::parse).transpose()?;
        Ok(((way.action.parse()?, exit), way.count))
    });
    ways.collect()
}
