//! Commands as requests.

mod agent;
mod mail;

pub use agent::{DispositionRequest, ReleaseRequest, StateRequest, TransferRequest};
pub(crate) use agent::{release, set_disposition, set_state, transfer};
use axum::Json;
use command::{Answer, Command};
use engine::Done;
use event::{Actor, ContactId};
pub(crate) use mail::{replay, send_again};

use crate::answer::Carried;
use crate::error::ApiError;
use crate::service::Service;

type Carry = Result<Json<Carried>, ApiError>;

fn contact(text: Option<String>) -> Result<Option<ContactId>, ApiError> {
    text.map(|text| text.parse()).transpose().map_err(ApiError::bad)
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
