//! What agents do.

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use command::{Command, Destination, Release, SetAgentState, SetDisposition, Transfer};
use event::{Address, AgentNumber, AgentState, DispositionCode, QueueName, TeamReason};
use serde::{Deserialize, Serialize};

use super::{Carry, carry, contact};
use crate::error::ApiError;
use crate::service::Service;
use crate::user::Peer;

/// The state an agent chooses.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRequest {
    /// `ready`, `not ready` or `signed out`.
    pub state: String,
    /// Why not ready.
    pub reason: Option<String>,
}

/// Which contact is released.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// The contact; else the only one the agent holds.
    pub contact: Option<String>,
}

/// Which contact goes where; exactly one of the three targets.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The contact; else the only one the agent holds.
    pub contact: Option<String>,
    /// An agent's number.
    pub agent: Option<u32>,
    /// A queue.
    pub queue: Option<String>,
    /// An address.
    pub address: Option<String>,
}

/// Which contact is labelled how.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispositionRequest {
    /// The contact; else the only one the agent holds.
    pub contact: Option<String>,
    /// The code.
    pub code: String,
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

pub(crate) async fn release(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(number): Path<u32>,
    Json(request): Json<ReleaseRequest>,
) -> Carry {
    let contact = contact(request.contact)?;
    let command = Release { agent: Some(AgentNumber(number)), contact };
    carry(&service, peer.0, Command::Release(command)).await
}

pub(crate) async fn transfer(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(number): Path<u32>,
    Json(request): Json<TransferRequest>,
) -> Carry {
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
    let command = Transfer { agent: Some(AgentNumber(number)), contact, to };
    carry(&service, peer.0, Command::Transfer(command)).await
}

pub(crate) async fn set_disposition(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(number): Path<u32>,
    Json(request): Json<DispositionRequest>,
) -> Carry {
    let code = DispositionCode::new(request.code).map_err(ApiError::bad)?;
    let contact = contact(request.contact)?;
    let command = SetDisposition { agent: Some(AgentNumber(number)), contact, code };
    carry(&service, peer.0, Command::SetDisposition(command)).await
}
