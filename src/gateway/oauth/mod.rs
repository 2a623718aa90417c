//! Access tokens for servers that want OAuth 2.0 instead of a password.

mod endpoint;
mod error;
mod file;
mod source;

pub use error::TokenError;
pub(crate) use source::AccessToken;
pub use source::{OAuth2Client, TokenSource};
