//! API error responses, and headers of all responses.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use consumer::{DependencyError, Failure};
use database::{Row, get};
use jiff::civil::DateTime;
use orders::UtcMicros;
use serde::Serialize;
use utoipa::ToSchema;

/// Body of an error response.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    /// What is wrong, and what to do about it.
    error: String,
}

/// A request that fails.
#[derive(Debug)]
pub(crate) enum ApiError {
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
    pub(crate) fn unavailable() -> Self {
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

/// Forbids caches to store a response: it contains personal data and is soon out of date.
pub(super) async fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Reads a timestamp from a row.
pub(super) fn get_utc_micros(row: &Row, at: usize) -> Result<UtcMicros, Failure> {
    let civil: DateTime = get(row, at)?;
    let moment = UtcMicros::from_civil(civil);
    Ok(moment.ok_or_else(|| {
        DependencyError::new(database::POSTGRES, format_args!("{civil} is outside the years 0 to 9999"))
    })?)
}
