//! Reads the configuration file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::check::check;
use super::error::ConfigError;
use super::{Config, File, OAuth2};

/// Reads and checks the configuration and the applications it names.
pub(crate) fn load(path: &Path) -> Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!(
            "cannot read the configuration {}; give --config FILE, or begin with `postbook try`",
            path.display()
        )
    })?;
    let mut file = parse(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    absolute(&mut file, folder);
    let applications = check(path, &text, &file)?;
    Ok(Config { file, applications })
}

/// Only the data folder of a configuration, which may be wrong in other places.
pub(crate) fn data_folder(path: &Path) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct OnlyData {
        data: PathBuf,
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let only: OnlyData = toml::from_str(&text)?;
    Ok(path.parent().unwrap_or(Path::new("")).join(only.data))
}

fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    let deserializer = toml::Deserializer::parse(text)
        .map_err(|error| ConfigError::new(path, text, error.span(), None, error.message()))?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let key = error.path().to_string();
        let inner = error.into_inner();
        ConfigError::new(path, text, inner.span(), Some(&key), inner.message())
    })
}

/// Paths in the file are relative to it.
fn absolute(file: &mut File, folder: &Path) {
    let fix = |path: &mut PathBuf| *path = folder.join(&*path);
    fix(&mut file.data);
    file.tls.authorities.iter_mut().for_each(fix);
    file.outgoing.maildirs.iter_mut().for_each(fix);
    file.outgoing.dkim.iter_mut().for_each(|dkim| fix(dkim.key_file.get_mut()));
    let smtp = file.outgoing.smtp.iter_mut();
    smtp.filter_map(|smtp| smtp.password_file.as_mut()).for_each(fix);
    file.outgoing.oauth2.iter_mut().for_each(|oauth2| oauth2_absolute(oauth2, folder));
    let boxes = file.mailbox.iter_mut();
    let boxes = boxes.map(|mailbox| (&mut mailbox.imap, &mut mailbox.pop3, &mut mailbox.maildir));
    let internal = &mut file.internal;
    let internal = (&mut internal.imap, &mut internal.pop3, &mut internal.maildir);
    for (imap, pop3, maildir) in boxes.chain([internal]) {
        if let Some(imap) = imap {
            imap.password_file.iter_mut().for_each(fix);
            imap.oauth2.iter_mut().for_each(|oauth2| oauth2_absolute(oauth2, folder));
        }
        if let Some(pop3) = pop3 {
            pop3.password_file.iter_mut().for_each(fix);
            pop3.oauth2.iter_mut().for_each(|oauth2| oauth2_absolute(oauth2, folder));
        }
        maildir.iter_mut().for_each(|maildir| fix(&mut maildir.path));
    }
    file.application.iter_mut().for_each(|application| fix(application.file.get_mut()));
}

fn oauth2_absolute(oauth2: &mut OAuth2, folder: &Path) {
    let files = oauth2.client_secret_file.iter_mut().chain([&mut oauth2.refresh_token_file]);
    files.for_each(|path| *path = folder.join(&*path));
}
