//! `POST /segments/preview`: what a refresh would do. It changes nothing.

use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        Api,
        auth::{HasAdminKey, Refusal},
        v2::{
            Result,
            command::Body,
            problem::{Problem, ProblemBody, refusal},
        },
    },
    refresh::{CannotPreview, Params},
};

/// A segment, which may not exist yet, and how its members would be found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct PreviewBody {
    /// The name: a percentage depends on it.
    name: String,
    /// An object with one key: `query`, `procedure`, `percent` or `tag`. SQL needs the key of an admin.
    #[schema(value_type = Object)]
    refresh_params: Box<RawValue>,
    /// The table that a procedure fills; absent: that of the segment.
    table_name: Option<String>,
}

/// What a refresh would do.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct PreviewResult {
    /// Users who would be members.
    count: i64,
    /// Rows that name no user.
    invalid: i64,
    joining: i64,
    leaving: i64,
    /// The first 100, GUIDs.
    joining_users: Vec<Uuid>,
    /// The first 100, GUIDs.
    leaving_users: Vec<Uuid>,
}

/// What a refresh would do: members, joining and leaving users
#[utoipa::path(
    post,
    path = "/api/v2/segments/preview",
    tag = "segments",
    request_body = PreviewBody,
    responses((status = 200, body = PreviewResult), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn preview(
    State(api): State<Api>,
    admin: Option<Extension<HasAdminKey>>,
    Body(PreviewBody { name, refresh_params, table_name }): Body<PreviewBody>,
) -> Result<Json<PreviewResult>> {
    let invalid = |text: String| Problem::invalid("invalid_refresh_params", text);
    let params = Params::parse(refresh_params.get()).map_err(|error| invalid(error.to_string()))?;
    let has_sql = matches!(params, Params::Query(_) | Params::Procedure(_));
    match admin {
        Some(Extension(HasAdminKey(true))) => {}
        Some(Extension(HasAdminKey(false))) if has_sql => return Err(refusal(Refusal::Forbidden)),
        None if has_sql => return Err(refusal(Refusal::Unauthorized)),
        _ => {}
    }
    let previewed = api.refresher.preview(&name, &params, table_name.as_deref()).await?;
    let preview = previewed.map_err(|CannotPreview(reason)| invalid(reason))?;
    Ok(Json(PreviewResult {
        count: preview.count,
        invalid: preview.invalid,
        joining: preview.joining,
        leaving: preview.leaving,
        joining_users: preview.joining_users,
        leaving_users: preview.leaving_users,
    }))
}
