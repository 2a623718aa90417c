//! The API: HTTP with JSON, on a socket in the data folder that only its owner can open.
//!
//! What a question answers is made by [`query`], which also works on a stopped data folder.

pub mod answer;
mod applications;
mod apply;
mod commands;
mod describe;
mod describe_service;
mod directory;
mod error;
pub mod picture;
pub mod query;
pub mod reconcile;
mod rehearsal;
mod server;
mod service;
mod user;

pub use apply::{Apply, ApplyError, ApplyRequest};
pub use commands::{
    AgentRequest, CheckRequest, CodeRequest, ContactRequest, DeclineRequest, DispositionRequest,
    MailRequest, MoveRequest, NoteRequest, ParkRequest, PriorityRequest, PublishRequest,
    PullRequest, RehearseRequest, SentFileRequest, StateRequest, TagRequest, TextRequest,
    TransferRequest, WebhookAnswerRequest, WordRequest,
};
pub use describe::describe;
pub use rehearsal::{RehearsalError, rehearse};
pub use server::serve;
pub use service::{Connections, InUse, Service};
