//! POP3 (RFC 1939): one task a mailbox, from the connection to the recorded message.

mod census;
mod codec;
mod error;
mod fetch;
mod listing;
mod login;
mod maildrop_inbox;
mod past;
mod run;
mod session;

pub(crate) use census::{census, details};
pub use error::Pop3Error;
pub use maildrop_inbox::MaildropInbox;
pub use run::run_pop3;
