//! API error responses: status, JSON body, and the errors they are made of.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use consumer::{DependencyError, Failure};
use serde::Serialize;
use utoipa::ToSchema;

/// Body of an error response.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, and what to do about it.
    error: String,
}

/// A request that fails.
#[derive(Debug)]
pub enum ApiError {
    /// The request is malformed (400).
    Malformed(String),
    /// The bearer token is missing or wrong (401).
    Unknown,
    /// No object has this name (404).
    NotFound(String),
    /// The database does not answer (503).
    Unavailable(String),
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        failure.into_dependency_error(database::POSTGRES).into()
    }
}

impl From<DependencyError> for ApiError {
    fn from(error: DependencyError) -> Self {
        // Details of the database error are logged, not returned.
        tracing::warn!(
            dependency = error.dependency.name,
            error = error.error,
            "an API request failed: the database does not answer"
        );
        metrics::counter!("tagmill_api_failures_total").increment(1);
        Self::unavailable()
    }
}

impl ApiError {
    /// The database does not answer (503).
    #[must_use]
    pub fn unavailable() -> Self {
        Self::Unavailable("the database does not answer; try again".to_owned())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Malformed(error) => (StatusCode::BAD_REQUEST, error),
            Self::Unknown => {
                (StatusCode::UNAUTHORIZED, "a bearer token is required: `Authorization: Bearer …`".to_owned())
            }
            Self::NotFound(error) => (StatusCode::NOT_FOUND, error),
            Self::Unavailable(error) => (StatusCode::SERVICE_UNAVAILABLE, error),
        };
        let mut response = (status, Json(ErrorBody { error })).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
            _ => None,
        };
        response
    }
}
