//! What holds for any input whatsoever: each function checks it for one reader of what strangers
//! send, and panics where it does not hold.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a target fails by panicking"
)]

use std::cell::LazyCell;
use std::future::Future;

use tokio::runtime::{Builder, Runtime};

mod addresses;
mod authentication;
mod bounces;
mod events;
mod imap;
mod mime;
/// The second, naive reading of mails that the tests of the mail package use, too.
#[path = "../../src/mail/tests/suite/oracle.rs"]
mod oracle;
mod pop3;
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
pub use pop3::pop3;
pub use quotes::quotes;
pub use tokens::tokens;

/// Runs what waits for a server; the runtime is made once, as that takes longer than most inputs.
fn wait<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: LazyCell<Runtime> = LazyCell::new(|| {
            Builder::new_current_thread().enable_time().build().unwrap()
        });
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}
