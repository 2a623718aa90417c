//! POP3 (RFC 1939): one task a mailbox, from the connection to the recorded message.

mod codec;
mod error;
mod fetch;
mod listing;
mod login;
mod maildrop_inbox;
mod run;
mod session;

pub use error::Pop3Error;
pub(crate) use listing::census;
pub use maildrop_inbox::MaildropInbox;
pub use run::run_pop3;
