//! Users are created, excluded and removed by request. Only with `DEV_METHODS`: otherwise the user service decides.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SELECT, UserDetails, user};
use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::Body,
            problem::{Problem, ProblemBody},
            who,
        },
    },
    changes::{Cause, Status, Who},
};

/// The status of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct NewStatus {
    /// Default `active`.
    #[serde(default)]
    status: Wanted,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    #[default]
    Active,
    Excluded,
}

/// Creates a user, or sets the status; only with `DEV_METHODS`
#[utoipa::path(
    put,
    path = "/api/v2/users/{user}",
    tag = "users",
    params(("user" = String, Path, description = "GUID; of a user who exists, also number, or `source:` and the id")),
    request_body = NewStatus,
    responses((status = 200, body = UserDetails), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn put(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    cause: Cause,
    Body(NewStatus { status }): Body<NewStatus>,
) -> Result<Json<UserDetails>> {
    let status = match status {
        Wanted::Active => Status::Active,
        Wanted::Excluded => Status::Excluded,
    };
    let guid = guid(&api, &text).await?;
    let asked = api.changes.next_request().await?;
    api.changes.set_status(guid, status, asked, true, &cause).await?;
    let none = (None::<i32>, None::<&str>);
    let rows = api.database.read(&SELECT, &[&none.0, &Some(guid), &none.1]).await?;
    user(rows.first().ok_or_else(Problem::no_user)?).map(Json)
}

/// Removes a user, with all memberships; only with `DEV_METHODS`
#[utoipa::path(
    delete,
    path = "/api/v2/users/{user}",
    tag = "users",
    params(("user" = String, Path, description = "GUID, number, or `source:` and the id in the source")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn remove(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    cause: Cause,
) -> Result<StatusCode> {
    let guid = guid(&api, &text).await?;
    let asked = api.changes.next_request().await?;
    let is_known = api.changes.set_status(guid, Status::Removed, asked, false, &cause).await?;
    if is_known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::no_user()) }
}

/// The GUID of a user.
async fn guid(api: &Api, text: &str) -> Result<Uuid> {
    let who = who::path(text)?;
    if let Who::Guid(guid) = who {
        return Ok(guid);
    }
    let (id, guid, source_id) = who.ids();
    let rows = api.database.read(&SELECT, &[&id, &guid, &source_id]).await?;
    Ok(database::get(rows.first().ok_or_else(Problem::no_user)?, 1)?)
}
