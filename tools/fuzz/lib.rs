//! What holds for any input whatsoever: each function checks it for one reader of what strangers
//! send, and panics where it does not hold.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a target fails by panicking"
)]

mod addresses;
mod authentication;
mod bounces;
mod events;
mod imap;
mod mime;
/// The second, naive reading of mails that the tests of the mail package use, too.
#[path = "../../src/mail/tests/suite/oracle.rs"]
mod oracle;
mod quotes;
#[cfg(test)]
mod tests;
mod tokens;

pub use addresses::addresses;
pub use authentication::authentication;
pub use bounces::bounces;
pub use events::events;
pub use imap::imap;
pub use mime::mime;
pub use quotes::quotes;
pub use tokens::tokens;
