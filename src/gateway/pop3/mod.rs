//! POP3 (RFC 1939): one task a mailbox, from the connection to the recorded message.

mod census;
mod codec;
mod error;
mod fetch;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod listing;
mod login;
mod maildrop_inbox;
mod past;
mod run;
mod session;

pub(crate) use census::{census, details};
pub use error::Pop3Error;
#[cfg(feature = "fuzzing")]
pub use fuzzing::{pop3_content, pop3_session};
pub use maildrop_inbox::MaildropInbox;
pub use run::run_pop3;
