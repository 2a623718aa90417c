//! The facts Postbook records, the ids they name things by, and the bytes they are stored as.
//!
//! A stored variant never changes: a new shape is a new variant at the end of its enum, and the
//! golden bytes of every variant ever released are decoded in the tests.

mod about;
mod address;
mod codec;
mod directory;
mod fact;
mod fact_name;
mod id;
mod mail;
mod name;
mod private;
mod record;
mod rules;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
#[cfg(any(test, feature = "samples"))]
mod samples_service;
mod service;
mod steps;
mod subject;
#[cfg(test)]
mod tests;
mod time;
mod verification;

pub use about::{
    AgentChoice, AgentState, CopyKind, DeliveryOutcome, Handler, LateReason, Line, PriorityReason,
    QueueReason, ReleaseReason, RequeueReason, Step, Target, Timer, UncertainReason, UnparkReason,
    WithheldReason,
};
pub use address::{Address, AddressError};
pub use codec::{CodecError, decode, encode};
pub use directory::{
    CopyFrom, DirectoryEntry, HeldContacts, LEVEL_DEFAULT, LEVEL_MAX, Quotes, RunningContacts,
    Setting, SignedReplies,
};
pub use fact::Fact;
pub use id::{CommandId, ContactId, IdError, MessageDigest, OutgoingId, Position, ThreadId};
pub use mail::{
    AutomaticKind, Fingerprint, MailRefusal, Mark, MessageRef, QuarantineReason, ReplyRefusal,
    Source,
};
pub use name::{
    ActionName, AgentNumber, ApplicationName, ApplicationRef, DispositionCode, ExitName,
    MailboxName, NameError, ParameterName, QueueName, ScheduleName, SkillName, Tag, TeamName,
    TeamReason, UserName,
};
pub use private::{
    Attachment, Call, Composed, Letter, MailDetails, Person, Private, PrivateEntry, SenderDomains,
    Written,
};
pub use record::{Actor, Cause, Event, Recorded};
pub use rules::{Hours, NextAgent, QueueRule, Schedule, SkillNeed, SpecialDay, WeeklyHours};
pub use service::{
    AcceptanceAwaited, AgentPreferred, AssignmentExplained, ContactAccepted, ContactNoted,
    ContactParked, ContactTagged, ContactUnparked, PriorityChanged, RuleAwaited, ServiceFact,
    SkillsRequired,
};
pub use steps::{
    ActionFailed, ActionTaken, ApplicationEntered, ApplicationFileKept, ContactForwarded,
    ForwardFailed, LanguageRecognised, MailRequested, StepFact, SubApplicationEntered,
    WebhookAnswered, WebhookRequested,
};
pub use time::Timestamp;
pub use verification::{Check, CheckError, CheckedBy, Verification};
