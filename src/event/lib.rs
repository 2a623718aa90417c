//! The facts Postbook records, the ids they name things by, and the bytes they are stored as.
//!
//! A stored variant never changes: a new shape is a new variant at the end of its enum, and the
//! golden bytes of every variant ever released are decoded in the tests.

mod about;
mod address;
mod codec;
mod directory;
mod fact;
mod id;
mod mail;
mod name;
mod private;
mod record;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
mod subject;
#[cfg(test)]
mod tests;
mod time;
mod verification;

pub use about::{
    AgentState, CopyKind, DeliveryOutcome, Handler, LateReason, Line, QueueReason, ReleaseReason,
    RequeueReason, Step, Target, Timer, UncertainReason, WithheldReason,
};
pub use address::{Address, AddressError};
pub use codec::{CodecError, decode, encode};
pub use directory::{CopyFrom, DirectoryEntry, HeldContacts, Quotes, Setting, SignedReplies};
pub use fact::Fact;
pub use id::{CommandId, ContactId, IdError, MessageDigest, OutgoingId, Position, ThreadId};
pub use mail::{
    AutomaticKind, Fingerprint, MailRefusal, Mark, MessageRef, QuarantineReason, ReplyRefusal,
    Source,
};
pub use name::{
    ActionName, AgentNumber, ApplicationName, ApplicationRef, DispositionCode, ExitName,
    MailboxName, NameError, ParameterName, QueueName, TeamReason, UserName,
};
pub use private::{Letter, MailDetails, Person, Private, PrivateEntry, SenderDomains, Written};
pub use record::{Actor, Cause, Event, Recorded};
pub use time::Timestamp;
pub use verification::{Check, CheckError, CheckedBy, Verification};
