//! The envelope of a message.

use event::{Address, OutgoingId};

/// Who a message is from and who gets it, as the servers on its way are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where bounces go; `None` is the null sender of automatic mail.
    pub from: Option<Address>,
    /// The recipients; a server may take the message for some of them.
    pub to: Vec<Address>,
    /// What a server that reports on the message calls it (RFC 3461 section 4.4).
    pub id: Option<OutgoingId>,
}
