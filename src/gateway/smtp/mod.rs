//! SMTP submission (RFC 5321, RFC 6409): what became of a message is never guessed.

mod envelope;
mod error;
mod greeted;
mod offers;
mod open;
mod report;
mod sender;
mod starttls;
mod transaction;

pub use envelope::Envelope;
pub use report::{RecipientOutcome, SendOutcome, SendReport};
pub use sender::SmtpSender;
