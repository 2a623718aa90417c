//! What supervisors do about contacts. It is recorded by the name of the operating system's user.

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use command::{
    AddNote, AddTag, Assign, Command, Move, MoveTo, Prioritise, Release, SetDisposition,
};
use event::{AgentNumber, ContactId, DispositionCode, QueueName, Tag};

use super::requests::{
    AgentRequest, CodeRequest, MoveRequest, PriorityRequest, TextRequest, WordRequest,
};
use super::{Carry, carry, named, note as note_text};
use crate::error::ApiError;
use crate::service::Service;
use crate::user::Peer;

/// The service, who asks, and the contact they ask about.
type Asked = (State<Service>, ConnectInfo<Peer>, Path<String>);

/// Has something done about a contact.
async fn act(asked: Asked, command: impl FnOnce(ContactId) -> Result<Command, ApiError>) -> Carry {
    let (State(service), ConnectInfo(peer), Path(id)) = asked;
    carry(&service, peer.0, command(named(&id)?)?).await
}

pub(crate) async fn move_contact(asked: Asked, Json(request): Json<MoveRequest>) -> Carry {
    act(asked, |contact| {
        let to = match (request.agent, request.queue) {
            (Some(agent), None) => MoveTo::Agent(AgentNumber(agent)),
            (None, Some(queue)) => MoveTo::Queue(QueueName::new(queue).map_err(ApiError::bad)?),
            _ => return Err(ApiError::bad("give one of: agent, queue")),
        };
        Ok(Command::Move(Move { contact, to }))
    })
    .await
}

pub(crate) async fn prioritise(asked: Asked, Json(request): Json<PriorityRequest>) -> Carry {
    let priority = request.priority;
    act(asked, |contact| Ok(Command::Prioritise(Prioritise { contact, priority }))).await
}

pub(crate) async fn assign(asked: Asked, Json(request): Json<AgentRequest>) -> Carry {
    let agent = AgentNumber(request.agent);
    act(asked, |contact| Ok(Command::Assign(Assign { contact, agent }))).await
}

pub(crate) async fn release(asked: Asked) -> Carry {
    act(asked, |contact| Ok(Command::Release(Release { agent: None, contact: Some(contact) })))
        .await
}

pub(crate) async fn set_disposition(asked: Asked, Json(request): Json<CodeRequest>) -> Carry {
    act(asked, |contact| {
        let code = DispositionCode::new(request.code).map_err(ApiError::bad)?;
        let contact = Some(contact);
        Ok(Command::SetDisposition(SetDisposition { agent: None, contact, code }))
    })
    .await
}

pub(crate) async fn note(asked: Asked, Json(request): Json<TextRequest>) -> Carry {
    act(asked, |contact| {
        let (contact, text) = (Some(contact), note_text(&request.text)?);
        Ok(Command::AddNote(AddNote { agent: None, contact, text }))
    })
    .await
}

pub(crate) async fn tag(asked: Asked, Json(request): Json<WordRequest>) -> Carry {
    act(asked, |contact| {
        let (contact, tag) = (Some(contact), Tag::new(request.tag).map_err(ApiError::bad)?);
        Ok(Command::AddTag(AddTag { agent: None, contact, tag }))
    })
    .await
}
