//! Errors of API v2: problem details (RFC 9457) with a code for programs and a detail that says what to do.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use consumer::Failure;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::auth::Refusal,
    changes::{self, StillRunning},
    metrics::request_failed,
};

/// A request that fails.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

/// Body of an error, `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`.
    r#type: &'static str,
    /// The meaning of the status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The kind of the error.
    #[schema(example = "segment_not_found")]
    code: &'static str,
    /// What is wrong, and what to do about it.
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    /// 404
    pub(super) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 409
    pub(super) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422
    pub(super) fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// There is no such segment.
    pub(super) fn no_segment(name: &str) -> Self {
        Self::not_found("segment_not_found", format!("there is no segment `{name}`; GET /api/v2/segments lists all"))
    }

    /// There is no such user.
    pub(super) fn no_user() -> Self {
        let detail = "there is no such user; name it by its GUID, its number, or `source:` and its id in the source";
        Self::not_found("user_not_found", detail)
    }

    /// The segment is deleted.
    pub(super) fn deleted_segment(name: &str) -> Self {
        let detail = format!("the segment `{name}` is deleted; POST /api/v2/segments/{{name}}/restore restores it");
        Self::conflict("segment_deleted", detail)
    }

    /// The members of the segment follow from a tag.
    pub(super) fn tag_segment(name: &str) -> Self {
        let detail = format!("the members of `{name}` are the users with its tag; change the tag rule instead");
        Self::conflict("segment_of_tag", detail)
    }
}

/// The database does not answer, or is too busy.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        request_failed(failure);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the database does not answer; try again")
    }
}

impl From<StillRunning> for Problem {
    fn from(_: StillRunning) -> Self {
        let detail = "another request with this Idempotency-Key is still running; try again later";
        Self::conflict("idempotency_key_in_use", detail)
    }
}

impl<E: Into<Self>> From<changes::Error<E>> for Problem {
    fn from(error: changes::Error<E>) -> Self {
        match error {
            changes::Error::Rejected(rejected) => rejected.into(),
            changes::Error::Failure(failure) => failure.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, detail } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let body = ProblemBody { r#type: "about:blank", title, status: status.as_u16(), code, detail };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], json).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(RETRY_AFTER, HeaderValue::from_static("1")),
            _ => None,
        };
        response
    }
}

/// The answer to a caller who may not do this.
pub(super) fn refused(reason: Refusal) -> Response {
    refusal(reason).into_response()
}

/// A caller may not do this.
pub(super) fn refusal(reason: Refusal) -> Problem {
    match reason {
        Refusal::Unauthorized => {
            let detail = "a valid key is required: `Authorization: Bearer …`; `segments-service keys` makes keys";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        }
        Refusal::Forbidden => Problem::new(StatusCode::FORBIDDEN, "forbidden", "this needs a key of role `admin`"),
    }
}

/// The answer when the database does not answer.
pub(super) fn failed(failure: Failure) -> Response {
    Problem::from(failure).into_response()
}

/// The answer to an unknown path.
pub(crate) fn unknown_path() -> Response {
    Problem::not_found("path_not_found", "there is no such path; /swagger/ describes all").into_response()
}

/// The answer to another verb.
pub(crate) fn wrong_method() -> Response {
    let detail = "this path has no such method; /swagger/ describes all";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response()
}
