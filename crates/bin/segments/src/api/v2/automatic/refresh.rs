//! `POST /segments/{name}/refresh`: starts the refresh of an automatic segment.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::{Command, Nothing, answer},
            problem::{Problem, ProblemBody},
            query::Parameters,
        },
    },
    changes::{Cause, Change},
    refresh::CannotRefresh,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::v2) struct RefreshParameters {
    /// Whether the guard against a shrunken source is off.
    #[serde(default)]
    #[param(default = false, required = false)]
    force: bool,
}

/// A run that was started.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Started {
    /// Its number in `/log`.
    run_id: i64,
}

/// Starts the refresh of an automatic segment
///
/// If one is running, its number is returned.
#[utoipa::path(
    post,
    path = "/api/v2/segments/{name}/refresh",
    tag = "segments",
    params(
        ("name" = String, Path, description = "The name of the segment"),
        RefreshParameters,
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    responses((status = 202, body = Started), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn refresh(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    Parameters(RefreshParameters { force }): Parameters<RefreshParameters>,
    Command { once, .. }: Command<Nothing>,
) -> Result<Response> {
    if name.contains('\0') {
        return Err(Problem::no_segment(&name));
    }
    // The run has transactions of its own.
    let effect = async |_: &Change| {
        let started = api.refresher.start(&name, force, &cause).await?;
        let run_id = started.map_err(|reason| cannot(reason, &name))?;
        Ok(answer(StatusCode::ACCEPTED, Some(&Started { run_id })))
    };
    once.run(&api, effect).await
}

fn cannot(reason: CannotRefresh, name: &str) -> Problem {
    match reason {
        CannotRefresh::Unknown => Problem::no_segment(name),
        CannotRefresh::Deleted => Problem::deleted_segment(name),
        CannotRefresh::NotAutomatic => {
            let detail = format!("the segment `{name}` has no refresh_params; PATCH sets them");
            Problem::conflict("segment_not_automatic", detail)
        }
        CannotRefresh::Busy => {
            Problem::conflict("refresh_running", format!("another process refreshes `{name}`; see GET /api/v2/log"))
        }
    }
}
