//! Failures as HTTP answers.

use application::ApplicationError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use command::Rejection;
use engine::EngineError;

use crate::answer::{Failure, Problem};
use crate::query::QueryError;
use crate::rehearsal::RehearsalError;

/// A failure with the status it is told with.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    problems: Vec<Problem>,
}

impl ApiError {
    /// The request itself is wrong.
    pub(crate) fn bad(message: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Something on our side does not work.
    pub(crate) fn internal(message: impl ToString) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    fn new(status: StatusCode, message: impl ToString) -> Self {
        Self { status, message: message.to_string(), problems: Vec::new() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, message: error, problems } = self;
        (status, Json(Failure { error, problems })).into_response()
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        if let EngineError::Rejected(Rejection::Application(refused)) = &error {
            return refused.into();
        }
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
        Self::new(status, error)
    }
}

impl From<&ApplicationError> for ApiError {
    fn from(error: &ApplicationError) -> Self {
        let problems = error.problems.iter().map(Problem::from).collect();
        Self { problems, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, error) }
    }
}

impl From<RehearsalError> for ApiError {
    fn from(error: RehearsalError) -> Self {
        match error {
            RehearsalError::Bad(message) => Self::bad(message),
            RehearsalError::Application(error) => Self::from(&error),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let status = match &error {
            QueryError::Unknown(_) => StatusCode::NOT_FOUND,
            QueryError::Log(_) | QueryError::Archive(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error)
    }
}
