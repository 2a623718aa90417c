//! Keeps an access token, and gets the next one before it expires.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::endpoint::{self, Grant};
use super::error::TokenError;
use super::file;
use crate::{Secret, Trust, WebUrl};

/// An access token is not used in its last minute, or in the second half of a short life.
const EXPIRY_MARGIN: Duration = Duration::from_secs(60);

/// The client that a provider knows, and the consent it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct OAuth2Client {
    /// The token endpoint.
    pub token_url: WebUrl,
    /// The name the provider gave the client.
    pub client_id: String,
    /// The client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// The file of the refresh token; it is read again each time, and written where the provider
    /// gives another token.
    pub refresh_token_file: PathBuf,
    /// Which certificates are trusted.
    pub trust: Trust,
}

/// Gives access tokens for one refresh token. Clones share what they know; a second source for the
/// same file would use up its refresh token.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    refresh_token_file: PathBuf,
    state: Mutex<State>,
}

struct State {
    client: OAuth2Client,
    cached: Option<Cached>,
    /// A refresh token that is not in the file yet; the one in the file does not count any more.
    unstored: Option<Secret>,
}

struct Cached {
    token: Secret,
    usable_until: Instant,
}

/// A token for one login.
pub(crate) struct AccessToken {
    pub(crate) text: Secret,
    /// Whether it was got for an earlier login; it may have been revoked since.
    pub(crate) is_old: bool,
}

impl AccessToken {
    /// What a client sends in SASL XOAUTH2, in base64.
    pub(crate) fn xoauth2(&self, user: &str) -> String {
        STANDARD.encode(format!("user={user}\x01auth=Bearer {}\x01\x01", self.text.expose()))
    }
}

impl TokenSource {
    /// A source that asks with the first login.
    pub fn new(client: OAuth2Client) -> Self {
        let refresh_token_file = client.refresh_token_file.clone();
        let state = Mutex::new(State { client, cached: None, unstored: None });
        Self(Arc::new(Inner { refresh_token_file, state }))
    }

    /// Asks as another client from now on, with the same refresh token. What is being asked is
    /// finished first, so that no refresh token is lost.
    pub async fn set_client(&self, client: OAuth2Client) {
        let mut state = self.0.state.lock().await;
        if state.client != client {
            state.client = client;
            state.cached = None;
        }
    }

    /// The access token for a login.
    pub(crate) async fn access_token(&self) -> Result<AccessToken, TokenError> {
        let inner = Arc::clone(&self.0);
        // A task of its own, because a caller that goes away in the middle must not lose the only
        // refresh token that still counts.
        let work = tokio::spawn(async move { inner.access_token().await });
        work.await.unwrap_or(Err(TokenError::Ending))
    }

    /// Forgets a token that a mail server refused, so that the next one is fetched.
    pub(crate) async fn forget(&self, refused: &AccessToken) {
        let mut state = self.0.state.lock().await;
        state.cached.take_if(|cached| cached.token == refused.text);
    }
}

impl Inner {
    async fn access_token(&self) -> Result<AccessToken, TokenError> {
        let mut state = self.state.lock().await;
        self.store(&mut state).await?;
        if let Some(cached) = &state.cached
            && Instant::now() < cached.usable_until
        {
            return Ok(AccessToken { text: cached.token.clone(), is_old: true });
        }
        state.cached = None;
        let path = self.refresh_token_file.clone();
        let refresh_token = on_disk(move || file::read(&path)).await?.map_err(|reason| {
            TokenError::Unreadable { file: self.refresh_token_file.clone(), reason }
        })?;
        let Grant { access_token, lifetime, refresh_token } =
            endpoint::refresh(&state.client, &refresh_token).await?;
        let usable_until = Instant::now() + lifetime - EXPIRY_MARGIN.min(lifetime / 2);
        state.unstored = refresh_token;
        state.cached = Some(Cached { token: access_token.clone(), usable_until });
        self.store(&mut state).await?;
        Ok(AccessToken { text: access_token, is_old: false })
    }

    /// Puts a new refresh token into the file. Nothing else is done before that succeeds: with the
    /// token in memory alone, a restart would need the operator.
    async fn store(&self, state: &mut State) -> Result<(), TokenError> {
        let Some(token) = state.unstored.clone() else {
            return Ok(());
        };
        let path = self.refresh_token_file.clone();
        on_disk(move || file::write(&path, &token)).await?.map_err(|reason| {
            TokenError::Unstorable { file: self.refresh_token_file.clone(), reason }
        })?;
        state.unstored = None;
        Ok(())
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, TokenError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TokenError::Ending)
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenSource").field(&self.0.refresh_token_file).finish()
    }
}
