//! Passwords and access tokens, as the configuration gives them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use gateway::{Login, OAuth2Client, Secret, TokenSource, Trust};
use toml::Spanned;

use super::wrong::Wrong;
use crate::config::{Imap, OAuth2, Outgoing, Pop3};

/// What proves a login, as a section of the configuration gives it.
pub(crate) struct Proof<'a> {
    password_file: Option<&'a Spanned<PathBuf>>,
    password_env: Option<&'a Spanned<String>>,
    oauth2: Option<&'a OAuth2>,
}

impl<'a> Proof<'a> {
    /// That of an IMAP account.
    pub(super) fn of_imap(imap: &'a Imap) -> Self {
        let (password_file, password_env) =
            (imap.password_file.as_ref(), imap.password_env.as_ref());
        Self { password_file, password_env, oauth2: imap.oauth2.as_ref() }
    }

    /// That of a POP3 account.
    pub(super) fn of_pop3(pop3: &'a Pop3) -> Self {
        let (password_file, password_env) =
            (pop3.password_file.as_ref(), pop3.password_env.as_ref());
        Self { password_file, password_env, oauth2: pop3.oauth2.as_ref() }
    }

    /// That of the outgoing server.
    pub(super) fn of_outgoing(outgoing: &'a Outgoing) -> Self {
        let smtp = outgoing.smtp.as_ref();
        Self {
            password_file: smtp.and_then(|smtp| smtp.password_file.as_ref()),
            password_env: smtp.and_then(|smtp| smtp.password_env.as_ref()),
            oauth2: outgoing.oauth2.as_ref(),
        }
    }

    /// The secret in it, read from where the configuration says: a password, or a client's secret.
    pub(super) fn secret(&self) -> Result<Option<Secret>, Wrong> {
        match self.oauth2 {
            Some(OAuth2 { client_secret: Some(secret), .. }) => Ok(Some(secret.0.clone())),
            Some(OAuth2 { client_secret_file: Some(file), .. }) => {
                read(file, "oauth2.client_secret_file").map(Some)
            }
            Some(_) => Ok(None),
            None => self.password(),
        }
    }

    fn password(&self) -> Result<Option<Secret>, Wrong> {
        match (self.password_file, self.password_env) {
            (Some(file), _) => read(file, "password_file").map(Some),
            (None, Some(name)) => match std::env::var(name.get_ref()) {
                Ok(password) => Ok(Some(trimmed(&password))),
                Err(error) => {
                    let message =
                        format!("cannot read the password from {}: {error}", name.get_ref());
                    Err(Wrong::at(name.span(), "password_env", message))
                }
            },
            (None, None) => Ok(None),
        }
    }
}

fn read(file: &Spanned<PathBuf>, key: &str) -> Result<Secret, Wrong> {
    match fs::read_to_string(file.get_ref()) {
        Ok(text) => Ok(trimmed(&text)),
        Err(error) => {
            let message = format!("cannot read {}: {error}", file.get_ref().display());
            Err(Wrong::at(file.span(), key, message))
        }
    }
}

fn trimmed(text: &str) -> Secret {
    Secret::new(text.trim_end_matches(['\r', '\n']))
}

/// What logins have in common.
pub(crate) struct Logins {
    trust: Trust,
    /// By the file of the refresh token: two sources would use up each other's token.
    sources: BTreeMap<PathBuf, TokenSource>,
    /// As whom each of them is to ask.
    clients: BTreeMap<PathBuf, OAuth2Client>,
}

impl Logins {
    /// The logins of a configuration; token sources that there were `before` are used on.
    pub(crate) fn new(trust: Trust, before: Option<&Self>) -> Self {
        let sources = before.map(|before| before.sources.clone()).unwrap_or_default();
        Self { trust, sources, clients: BTreeMap::new() }
    }

    /// Which certificates are trusted.
    pub(super) fn trust(&self) -> Trust {
        self.trust.clone()
    }

    /// The login that a proof, with the secret in it, makes.
    pub(super) fn login(&mut self, proof: &Proof<'_>, secret: Option<Secret>) -> Login {
        let Some(oauth2) = proof.oauth2 else {
            return Login::Password(secret.unwrap_or_else(|| Secret::new("")));
        };
        let file = oauth2.refresh_token_file.clone();
        let client = OAuth2Client {
            token_url: oauth2.token_url.0.clone(),
            client_id: oauth2.client_id.clone(),
            client_secret: secret,
            refresh_token_file: file.clone(),
            trust: self.trust.clone(),
        };
        // Where two sections differ about the client, the first one counts.
        let client = self.clients.entry(file.clone()).or_insert(client).clone();
        let source = self.sources.entry(file).or_insert_with(|| TokenSource::new(client));
        Login::OAuth2(source.clone())
    }

    /// Has every token source ask as the client that the configuration names.
    pub(super) async fn come_into_force(&self) {
        for (file, client) in &self.clients {
            if let Some(source) = self.sources.get(file) {
                source.set_client(client.clone()).await;
            }
        }
    }
}
