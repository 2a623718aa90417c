//! Reads the files of a configuration.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::check::check;
use super::error::{ConfigError, Problem};
use super::parse::parse;
use super::sources::Sources;
use super::{Config, File, Part, include};

/// Reads and checks the configuration, the files it includes and the applications it names.
pub(crate) fn load(path: &Path) -> Result<Config> {
    let (file, sources) = read(path)?;
    let applications = check(&sources, &file)?;
    Ok(Config { file, applications, sources })
}

/// Reads the configuration and the files it includes; what they say about each other may be wrong.
pub(crate) fn read(path: &Path) -> Result<(File, Sources)> {
    let mut reading = Reading::default();
    let text = reading.sources.read(path).with_context(|| {
        format!(
            "cannot read the configuration {}; give --config FILE, or begin with `postbook try`",
            path.display()
        )
    })?;
    let mut file = reading.parse::<File>(&text);
    let patterns = match &mut file {
        Some(file) => {
            absolute(file.paths(), path);
            std::mem::take(&mut file.include)
        }
        None => only_includes(&text),
    };
    let parts = reading.parts(&patterns, path);
    let Reading { sources, problems } = reading;
    ConfigError::unless_none(problems)?;
    // Where nothing is wrong, it could be read.
    let mut file = file.context("the configuration cannot be read")?;
    parts.into_iter().for_each(|part| file.add(part));
    Ok((file, sources))
}

/// Only the data folder of a configuration, which may be wrong in other places.
pub(crate) fn data_folder(path: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct OnlyData {
        data: PathBuf,
    }
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let only: OnlyData = toml::from_str(&text)?;
    Ok(path.parent().unwrap_or(Path::new("")).join(only.data))
}

/// What a file includes in which something else is wrong: what is wrong there is told, too.
fn only_includes(text: &str) -> Vec<Spanned<String>> {
    #[derive(Deserialize)]
    struct OnlyIncludes {
        include: Vec<Spanned<String>>,
    }
    toml::from_str(text).map_or_else(|_| Vec::new(), |only: OnlyIncludes| only.include)
}

/// Paths in a file are relative to it.
fn absolute<'a>(paths: impl IntoIterator<Item = &'a mut PathBuf>, file: &Path) {
    let folder = file.parent().unwrap_or(Path::new(""));
    paths.into_iter().for_each(|path| *path = folder.join(&*path));
}

/// What was read, and what is wrong with it.
#[derive(Default)]
struct Reading {
    sources: Sources,
    problems: Vec<Problem>,
}

impl Reading {
    fn parse<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
        let Self { sources, problems } = self;
        parse(text, |place, key, message| problems.push(sources.problem(place, key, message)))
    }

    /// Everything that the main file includes.
    fn parts(&mut self, patterns: &[Spanned<String>], main: &Path) -> Vec<Part> {
        let mut known = BTreeSet::from([identity(main)]);
        let mut parts = Vec::new();
        for pattern in patterns {
            let folder = main.parent().unwrap_or(Path::new(""));
            let paths = match include::files(folder, pattern.get_ref()) {
                Ok(paths) => paths,
                Err(message) => {
                    self.report(pattern, &message);
                    continue;
                }
            };
            for path in paths {
                // Two patterns may name the same file.
                if known.insert(identity(&path)) {
                    parts.extend(self.part(pattern, &path));
                }
            }
        }
        parts
    }

    fn part(&mut self, pattern: &Spanned<String>, path: &Path) -> Option<Part> {
        match self.sources.read(path) {
            Ok(text) => {
                let mut part = self.parse::<Part>(&text)?;
                absolute(part.paths(), path);
                Some(part)
            }
            Err(error) => {
                self.report(pattern, &format!("cannot read {}: {error}", path.display()));
                None
            }
        }
    }

    fn report(&mut self, pattern: &Spanned<String>, message: &str) {
        self.problems.push(self.sources.problem(pattern.span(), "include", message));
    }
}

/// A path by which two names of the same file are told to be one.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
