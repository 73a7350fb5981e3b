//! Errors of API v1: title, comment, location, and the text of the error behind them.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use consumer::Failure;

use super::json;
use crate::{api::auth::Refusal, changes, go, metrics::request_failed};

/// The title of an error, which decides the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Title {
    UserValidation,
    UserDeleted,
    SegmentValidation,
    SegmentDeleted,
    SegmentAlreadyExists,
    ReportValidation,
    UserNotFound,
    SegmentNotFound,
    Unauthorized,
    Forbidden,
    Internal,
}

/// A request that fails.
#[derive(Debug)]
pub(super) struct Error {
    status: StatusCode,
    title: Title,
    comment: String,
    location: &'static str,
    origin: String,
}

impl Title {
    const fn name(self) -> &'static str {
        match self {
            Self::UserValidation => "ErrUserValidationError",
            Self::UserDeleted => "ErrUserDeleted",
            Self::SegmentValidation => "ErrSegmentValidationError",
            Self::SegmentDeleted => "ErrSegmentDeleted",
            Self::SegmentAlreadyExists => "ErrSegmentAlreadyExists",
            Self::ReportValidation => "ErrReportValidationError",
            Self::UserNotFound => "ErrUserNotFound",
            Self::SegmentNotFound => "ErrSegmentNotFound",
            Self::Unauthorized => "ErrUnauthorized",
            Self::Forbidden => "ErrForbidden",
            Self::Internal => "ErrInternalServerError",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::UserNotFound | Self::SegmentNotFound => StatusCode::NOT_FOUND,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Internal => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl Error {
    pub(super) fn new(title: Title, comment: impl Into<String>, location: &'static str) -> Self {
        Self { status: title.status(), title, comment: comment.into(), location, origin: String::new() }
    }

    /// The same with the text of the error behind it.
    pub(super) fn caused_by(self, origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), ..self }
    }

    /// The database does not answer.
    pub(super) fn unavailable() -> Self {
        Self::new(Title::Internal, "The database does not answer; try again", "PostgreSQL")
    }

    /// The same with another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

/// The database does not answer, or is too busy.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        request_failed(failure);
        Self::unavailable()
    }
}

impl<E: Into<Self>> From<changes::Error<E>> for Error {
    fn from(error: changes::Error<E>) -> Self {
        match error {
            changes::Error::Rejected(rejected) => rejected.into(),
            changes::Error::Failure(failure) => failure.into(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut body = String::new();
        for (before, text) in [
            ("{\"origin_error_text\":", self.origin.as_str()),
            (",\"title\":", self.title.name()),
            (",\"comment\":", &self.comment),
            (",\"location\":", self.location),
        ] {
            body.push_str(before);
            go::json::quote(&mut body, text);
        }
        body.push_str("}\n");
        let mut response = json(self.status, body);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The answer to a caller who may not do this.
pub(super) fn refused(refusal: Refusal) -> Response {
    let (title, comment) = match refusal {
        Refusal::Unauthorized => (Title::Unauthorized, "A key is required: Authorization: Bearer"),
        Refusal::Forbidden => (Title::Forbidden, "The role of the key does not allow this"),
    };
    Error::new(title, comment, "Access").into_response()
}

/// The answer when the database does not answer.
pub(super) fn failed(failure: Failure) -> Response {
    Error::from(failure).into_response()
}
