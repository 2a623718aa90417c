//! Commands as requests.

mod agent;
mod application;
mod contact;
mod mail;
mod requests;

use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use axum::{Json, Router};
use command::{Answer, Command, NoteText};
use engine::Done;
use event::{Actor, ContactId};
pub use requests::{
    AgentRequest, CheckRequest, CodeRequest, ContactRequest, DeclineRequest, DispositionRequest,
    MailRequest, MoveRequest, NoteRequest, ParkRequest, PriorityRequest, PublishRequest,
    PullRequest, RehearseRequest, SentFileRequest, StateRequest, TagRequest, TextRequest,
    TransferRequest, WebhookAnswerRequest, WordRequest,
};

use crate::answer::Carried;
use crate::error::ApiError;
use crate::service::Service;

/// Where commands are given.
pub(crate) fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/agents/{number}/state", post(agent::set_state))
        .route("/v1/agents/{number}/accept", post(agent::accept))
        .route("/v1/agents/{number}/decline", post(agent::decline))
        .route("/v1/agents/{number}/park", post(agent::park))
        .route("/v1/agents/{number}/unpark", post(agent::unpark))
        .route("/v1/agents/{number}/pull", post(agent::pull))
        .route("/v1/agents/{number}/release", post(agent::release))
        .route("/v1/agents/{number}/transfer", post(agent::transfer))
        .route("/v1/agents/{number}/disposition", post(agent::set_disposition))
        .route("/v1/agents/{number}/note", post(agent::note))
        .route("/v1/agents/{number}/tag", post(agent::tag))
        .route("/v1/contacts/{id}/move", post(contact::move_contact))
        .route("/v1/contacts/{id}/prioritise", post(contact::prioritise))
        .route("/v1/contacts/{id}/assign", post(contact::assign))
        .route("/v1/contacts/{id}/release", post(contact::release))
        .route("/v1/contacts/{id}/disposition", post(contact::set_disposition))
        .route("/v1/contacts/{id}/note", post(contact::note))
        .route("/v1/contacts/{id}/tag", post(contact::tag))
        .merge(applications())
        .route("/v1/outbox/{id}/send-again", post(mail::send_again))
        .route("/v1/quarantine/{position}/replay", post(mail::replay))
}

/// Where applications are checked and published; they come with files, so that they may be large.
fn applications() -> Router<Service> {
    Router::new()
        .route("/v1/applications/{name}", post(application::publish))
        .route("/v1/applications/{name}/check", post(application::check))
        .route("/v1/applications/{name}/rehearse", post(application::rehearse))
        .layer(DefaultBodyLimit::max(application::BYTES_MAX))
}

type Carry = Result<Json<Carried>, ApiError>;

fn contact(text: Option<String>) -> Result<Option<ContactId>, ApiError> {
    text.as_deref().map(named).transpose()
}

fn named(text: &str) -> Result<ContactId, ApiError> {
    text.parse().map_err(ApiError::bad)
}

fn note(text: &str) -> Result<NoteText, ApiError> {
    NoteText::new(text).map_err(ApiError::bad)
}

async fn carry(service: &Service, actor: Actor, command: Command) -> Carry {
    Ok(Json(carried(service.intake.handle.submit(actor, command).await?)))
}

fn carried(done: Done) -> Carried {
    let contact = match done.answer {
        Answer::Contact(contact) => Some(contact.to_string()),
        Answer::Done | Answer::Attempt(_) => None,
    };
    Carried { contact, events: done.events, head: done.head.0 }
}
