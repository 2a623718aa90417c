//! IMAP (RFC 3501): one task a mailbox, from the connection to the recorded message.

mod after;
mod census;
mod codec;
mod date;
mod error;
mod fetch;
mod folder;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod idle;
mod listing;
mod login;
mod response;
mod run;
mod session;
mod trouble;

pub(crate) use census::{census, details, fetch_one};
pub use error::ImapError;
#[cfg(feature = "fuzzing")]
pub use fuzzing::{ImapFetch, imap_fetch, imap_responses, imap_session};
pub use run::run_imap;
