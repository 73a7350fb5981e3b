//! `POST /segments/{name}/assign`: a percentage of the active users joins a segment, once or from now on.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::{Command, answer},
            problem::{Problem, ProblemBody},
        },
    },
    changes::{CannotAssign, Cause, Change, Error},
    percent::Assign,
};

/// A percentage of the active users. The description of a body that `percent` reads.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Assign)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it describes the body")]
pub(in crate::api::v2) struct AssignBody {
    /// Two decimals.
    #[schema(minimum = 0, maximum = 100)]
    percent: f64,
    /// Only members of these segments.
    include: Option<Vec<String>>,
    /// Members of these segments are left out.
    exclude: Option<Vec<String>>,
    /// `any` (default) or `all` of `include`.
    r#match: Option<String>,
    /// `snapshot` (default): once, only adds. `live`: becomes the refresh of the segment.
    mode: Option<String>,
    /// Seconds; `snapshot` only.
    time_to_live: Option<i64>,
    /// `live` only: who is in stays, whatever the percentage becomes.
    sticky: Option<bool>,
}

/// What an assignment has changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct AssignResult {
    joined: u64,
    left: u64,
}

/// Assigns a percentage of the active users to a segment
///
/// Users are chosen by a stable hash: the same percentage selects the same users, a larger one only adds.
#[utoipa::path(
    post,
    path = "/api/v2/segments/{name}/assign",
    tag = "segments",
    params(
        ("name" = String, Path, description = "The name of the segment"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    request_body = AssignBody,
    responses((status = 200, body = AssignResult), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn assign(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    Command { body, once }: Command<Value>,
) -> Result<Response> {
    let assign = Assign::parse(&body).map_err(|error| Problem::invalid("invalid_assign", error.to_string()))?;
    let effect = async |change: &Change| {
        let assigned = change.assign(&name, &assign, &cause).await.map_err(|error| match error {
            Error::Rejected(reason) => cannot(reason, &name),
            Error::Failure(failure) => failure.into(),
        })?;
        Ok(answer(StatusCode::OK, Some(&AssignResult { joined: assigned.joined, left: assigned.left })))
    };
    once.run(&api, effect).await
}

fn cannot(reason: CannotAssign, name: &str) -> Problem {
    match reason {
        CannotAssign::Unknown => Problem::no_segment(name),
        CannotAssign::Deleted => Problem::deleted_segment(name),
        CannotAssign::IsTag => Problem::tag_segment(name),
        CannotAssign::Filters(missing) => {
            let detail = format!("these segments of include and exclude do not exist: {}", missing.join(", "));
            Problem::invalid("filter_not_found", detail)
        }
    }
}
