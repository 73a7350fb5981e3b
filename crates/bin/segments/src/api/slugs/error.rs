//! Errors of the second service: `{"errors":[{"type","info"}]}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use consumer::Failure;
use serde::Serialize;

use crate::{api::auth::Refusal, changes, metrics::request_failed};

/// A request that fails.
#[derive(Debug)]
pub(super) struct Error {
    status: StatusCode,
    kind: &'static str,
    info: String,
}

#[derive(Serialize)]
struct Body<'a> {
    errors: [Item<'a>; 1],
}

#[derive(Serialize)]
struct Item<'a> {
    r#type: &'a str,
    info: &'a str,
}

impl Error {
    /// The body is no JSON, or a value has a wrong type.
    pub(super) fn parse(info: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: "parse_error", info: info.into() }
    }

    /// The request cannot be followed.
    pub(super) fn validation(info: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: "validation_error", info: info.into() }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        request_failed(failure);
        let info = "the database does not answer; try again".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: "database_error", info }
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
        let errors = [Item { r#type: self.kind, info: &self.info }];
        let mut response = (self.status, Json(Body { errors })).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// The answer to a caller who may not do this.
pub(super) fn refused(refusal: Refusal) -> Response {
    let (status, kind, info) = match refusal {
        Refusal::Unauthorized => {
            (StatusCode::UNAUTHORIZED, "unauthorized", "a key is required: `Authorization: Bearer …`")
        }
        Refusal::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "the role of the key does not allow this"),
    };
    Error { status, kind, info: info.to_owned() }.into_response()
}

/// The answer when the database does not answer.
pub(super) fn failed(failure: Failure) -> Response {
    Error::from(failure).into_response()
}
