//! What is wrong with an application's file.

use std::path::Path;

use anyhow::{Result, bail};
use application::{Application, Known, Surroundings};
use event::ApplicationName;
use http::CheckRequest;
use http::answer::{Checked, Problem};
use serde::Serialize;

use super::names::Names;
use crate::arguments::{CheckArgs, Common};
use crate::client::escape;
use crate::print;
use crate::sent_files::files_beside;

/// `postbook application check`; fails where something keeps the file from being published.
pub(super) fn run(common: &Common, args: CheckArgs) -> Result<()> {
    let Some(file) = args.file else { return variables(common) };
    let (text, name) = (super::read(&file)?, super::name(args.name, &file)?);
    let names = Names::find(common)?;
    let problems = problems(&names, &name, &text, &file)?;
    let about = About { file: file.display().to_string(), names: names.to_string(), problems };
    print::show(common, &about, |about: &About| {
        let mut shown = print::problems(&about.file, &about.problems);
        if about.problems.is_empty() {
            shown = format!("{} is in order\n", about.file);
        }
        shown + &about.names
    })?;
    match about.problems.iter().filter(|problem| !problem.is_warning).count() {
        0 => Ok(()),
        1 => bail!("{} cannot be published: something is wrong with it", file.display()),
        count => bail!("{} cannot be published: {count} things are wrong with it", file.display()),
    }
}

/// What is printed.
#[derive(Serialize)]
struct About {
    file: String,
    names: String,
    problems: Vec<Problem>,
}

/// All that is wrong with a text, as far as it is known what there is to be named.
pub(super) fn problems(
    names: &Names,
    name: &ApplicationName,
    text: &str,
    file: &Path,
) -> Result<Vec<Problem>> {
    let files = files_beside(file);
    let found = match names {
        Names::Server(client, _) => {
            let path = format!("/v1/applications/{}/check", escape(name.as_str()));
            let files = files.into_iter().collect();
            let checked: Checked =
                client.post(&path, &CheckRequest { text: text.to_owned(), files })?;
            return Ok(checked.problems);
        }
        Names::Configuration(_, directory) => command::problems(directory, name, text, files),
        Names::Unknown => {
            let (name, files) = (Some(name.clone()), Some(files));
            Application::check(text, &Surroundings { name, files, ..Surroundings::default() })
        }
    };
    Ok(found.iter().map(Problem::from).collect())
}

/// What texts and conditions can name.
fn variables(common: &Common) -> Result<()> {
    #[derive(Serialize)]
    struct Variable {
        name: &'static str,
        kind: String,
        about: &'static str,
    }
    let known = application::known();
    let variables: Vec<Variable> = known
        .map(|Known { path, kind, about }| Variable { name: path, kind: kind.to_string(), about })
        .collect();
    print::show(common, &variables, |variables: &[Variable]| {
        let rows = variables.iter().map(|variable| {
            [variable.name.to_owned(), variable.kind.clone(), variable.about.to_owned()]
        });
        print::table(["NAME", "KIND", "ABOUT"], rows)
    })
}
