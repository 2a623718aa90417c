//! What is done about mail that did not go its way.

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use command::{Command, SendAgain};
use event::{OutgoingId, Position};

use super::{Carry, carried, carry};
use crate::error::ApiError;
use crate::service::Service;
use crate::user::Peer;

pub(crate) async fn send_again(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<u64>,
) -> Carry {
    let command = SendAgain { outgoing: OutgoingId(Position(id)) };
    carry(&service, peer.0, Command::SendAgain(command)).await
}

pub(crate) async fn replay(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(position): Path<u64>,
) -> Carry {
    let in_use = service.connections.now();
    let replayed = service.intake.replay(Position(position), peer.0, &in_use.accounts).await;
    Ok(Json(carried(replayed.map_err(ApiError::bad)?)))
}
