//! Failures as HTTP answers.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use command::Rejection;
use engine::EngineError;

use crate::answer::Failure;
use crate::query::QueryError;

/// A failure with the status it is told with.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    /// The request itself is wrong.
    pub(crate) fn bad(message: impl ToString) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.to_string() }
    }

    /// Something on our side does not work.
    pub(crate) fn internal(message: impl ToString) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: message.to_string() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(Failure { error: self.message })).into_response()
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let status = match &error {
            EngineError::Stopped(_) => StatusCode::SERVICE_UNAVAILABLE,
            EngineError::Rejected(
                Rejection::UnknownAgent(_)
                | Rejection::UnknownQueue(_)
                | Rejection::UnknownContact(_)
                | Rejection::UnknownMailbox(_),
            ) => StatusCode::NOT_FOUND,
            EngineError::Rejected(_) => StatusCode::CONFLICT,
        };
        Self { status, message: error.to_string() }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let status = match &error {
            QueryError::Unknown(_) => StatusCode::NOT_FOUND,
            QueryError::Log(_) | QueryError::Archive(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self { status, message: error.to_string() }
    }
}
