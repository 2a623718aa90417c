//! What agents do. Their commands are recorded as theirs; who changes an agent's state is recorded
//! by name, since supervisors do that, too.

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use command::{
    Accept, AddNote, AddTag, Command, Decline, Destination, Park, Pull, Release, SetAgentState,
    SetDisposition, Transfer, Unpark,
};
use event::{Address, AgentNumber, AgentState, DispositionCode, QueueName, Tag, TeamReason};

use super::requests::{
    ContactRequest, DeclineRequest, DispositionRequest, NoteRequest, ParkRequest, PullRequest,
    StateRequest, TagRequest, TransferRequest,
};
use super::{Carry, carry, contact, named, note as note_text};
use crate::answer::moment;
use crate::error::ApiError;
use crate::service::Service;
use crate::user::Peer;

/// The service, who asks, and the agent in whose name they do.
type Asked = (State<Service>, ConnectInfo<Peer>, Path<u32>);

/// Has an agent do something.
async fn act(
    asked: Asked,
    command: impl FnOnce(AgentNumber) -> Result<Command, ApiError>,
) -> Carry {
    let (State(service), ConnectInfo(peer), Path(number)) = asked;
    let agent = AgentNumber(number);
    carry(&service, peer.in_name_of(agent), command(agent)?).await
}

pub(crate) async fn set_state(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(number): Path<u32>,
    Json(request): Json<StateRequest>,
) -> Carry {
    let state = match (request.state.as_str(), request.reason) {
        ("ready", None) => AgentState::Ready,
        ("signed out", None) => AgentState::SignedOut,
        ("not ready", reason) => {
            let reason = TeamReason::new(reason.unwrap_or_else(|| "none given".to_owned()));
            AgentState::NotReady { reason: reason.map_err(ApiError::bad)? }
        }
        ("ready" | "signed out", Some(_)) => {
            return Err(ApiError::bad("only `not ready` takes a reason"));
        }
        (other, _) => {
            return Err(ApiError::bad(format!(
                "`{other}` is no state; allowed: ready, not ready, signed out"
            )));
        }
    };
    let command = SetAgentState { agent: AgentNumber(number), state };
    carry(&service, peer.0, Command::SetAgentState(command)).await
}

pub(crate) async fn accept(asked: Asked, Json(request): Json<ContactRequest>) -> Carry {
    act(asked, |agent| {
        let contact = contact(request.contact)?;
        Ok(Command::Accept(Accept { agent, contact }))
    })
    .await
}

pub(crate) async fn decline(asked: Asked, Json(request): Json<DeclineRequest>) -> Carry {
    act(asked, |agent| {
        let contact = contact(request.contact)?;
        let reason = request.reason.map(TeamReason::new).transpose().map_err(ApiError::bad)?;
        Ok(Command::Decline(Decline { agent, contact, reason }))
    })
    .await
}

pub(crate) async fn park(asked: Asked, Json(request): Json<ParkRequest>) -> Carry {
    act(asked, |agent| {
        let contact = contact(request.contact)?;
        let until = request.until.as_deref().map(moment).transpose().map_err(ApiError::bad)?;
        let until_answer = request.until_answer;
        Ok(Command::Park(Park { agent, contact, until, until_answer }))
    })
    .await
}

pub(crate) async fn unpark(asked: Asked, Json(request): Json<ContactRequest>) -> Carry {
    act(asked, |agent| {
        let contact = contact(request.contact)?;
        Ok(Command::Unpark(Unpark { agent, contact }))
    })
    .await
}

pub(crate) async fn pull(asked: Asked, Json(request): Json<PullRequest>) -> Carry {
    act(asked, |agent| {
        let contact = named(&request.contact)?;
        Ok(Command::Pull(Pull { agent, contact }))
    })
    .await
}

pub(crate) async fn release(asked: Asked, Json(request): Json<ContactRequest>) -> Carry {
    act(asked, |agent| {
        let contact = contact(request.contact)?;
        Ok(Command::Release(Release { agent: Some(agent), contact }))
    })
    .await
}

pub(crate) async fn transfer(asked: Asked, Json(request): Json<TransferRequest>) -> Carry {
    act(asked, |agent| {
        let to = match (request.agent, request.queue, request.address) {
            (Some(agent), None, None) => Destination::Agent(AgentNumber(agent)),
            (None, Some(queue), None) => {
                Destination::Queue(QueueName::new(queue).map_err(ApiError::bad)?)
            }
            (None, None, Some(address)) => {
                Destination::Address(Address::new(&address).map_err(ApiError::bad)?)
            }
            _ => return Err(ApiError::bad("give one of: agent, queue, address")),
        };
        let contact = contact(request.contact)?;
        let note = request.note.as_deref().map(note_text).transpose()?;
        Ok(Command::Transfer(Transfer { agent: Some(agent), contact, to, note }))
    })
    .await
}

pub(crate) async fn set_disposition(
    asked: Asked,
    Json(request): Json<DispositionRequest>,
) -> Carry {
    act(asked, |agent| {
        let code = DispositionCode::new(request.code).map_err(ApiError::bad)?;
        let (agent, contact) = (Some(agent), contact(request.contact)?);
        Ok(Command::SetDisposition(SetDisposition { agent, contact, code }))
    })
    .await
}

pub(crate) async fn note(asked: Asked, Json(request): Json<NoteRequest>) -> Carry {
    act(asked, |agent| {
        let (agent, contact) = (Some(agent), contact(request.contact)?);
        Ok(Command::AddNote(AddNote { agent, contact, text: note_text(&request.text)? }))
    })
    .await
}

pub(crate) async fn tag(asked: Asked, Json(request): Json<TagRequest>) -> Carry {
    act(asked, |agent| {
        let (agent, contact) = (Some(agent), contact(request.contact)?);
        let tag = Tag::new(request.tag).map_err(ApiError::bad)?;
        Ok(Command::AddTag(AddTag { agent, contact, tag }))
    })
    .await
}
