//! SMTP submission (RFC 5321, RFC 6409): what became of a message is never guessed.

mod greeted;
mod open;
mod sender;
mod starttls;
mod transaction;

pub use sender::{Envelope, SendOutcome, SmtpSender};
