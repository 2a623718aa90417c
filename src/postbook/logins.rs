//! Passwords and access tokens, as the configuration gives them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gateway::{Login, OAuth2Client, Secret, TokenSource, Trust};

use crate::config::OAuth2;

/// What logins have in common.
pub(crate) struct Logins {
    trust: Trust,
    /// By the file of the refresh token: two sources would use up each other's token.
    sources: BTreeMap<PathBuf, TokenSource>,
}

impl Logins {
    /// No source is known yet.
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, sources: BTreeMap::new() }
    }

    /// Which certificates are trusted.
    pub(crate) fn trust(&self) -> Trust {
        self.trust.clone()
    }

    /// The one login that is configured.
    pub(crate) fn login(
        &mut self,
        file: Option<&Path>,
        variable: Option<&str>,
        oauth2: Option<&OAuth2>,
    ) -> Result<Login> {
        let Some(oauth2) = oauth2 else {
            return Ok(Login::Password(password(file, variable)?));
        };
        let refresh_token_file = oauth2.refresh_token_file.clone();
        if let Some(known) = self.sources.get(&refresh_token_file) {
            return Ok(Login::OAuth2(known.clone()));
        }
        let client_secret = match (&oauth2.client_secret, &oauth2.client_secret_file) {
            (Some(secret), _) => Some(secret.0.clone()),
            (None, Some(path)) => Some(password(Some(path), None)?),
            (None, None) => None,
        };
        let source = TokenSource::new(OAuth2Client {
            token_url: oauth2.token_url.0.clone(),
            client_id: oauth2.client_id.clone(),
            client_secret,
            refresh_token_file: refresh_token_file.clone(),
            trust: self.trust.clone(),
        });
        self.sources.insert(refresh_token_file, source.clone());
        Ok(Login::OAuth2(source))
    }
}

fn password(file: Option<&Path>, variable: Option<&str>) -> Result<Secret> {
    let text = match (file, variable) {
        (Some(path), _) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the password in {}", path.display()))?,
        (None, Some(name)) => std::env::var(name).with_context(|| {
            format!("the password is expected in the environment variable {name}")
        })?,
        (None, None) => String::new(),
    };
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}
