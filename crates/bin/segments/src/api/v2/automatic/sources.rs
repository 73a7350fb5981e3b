//! `/sources`: what has to be fresh before a segment is refreshed.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        Api, PathPart,
        v2::{
            Result,
            command::Body,
            problem::{Problem, ProblemBody},
        },
    },
    refresh::{Deleted, Source as Stored},
};

/// The longest name, in bytes.
const MAX_NAME: usize = 255;

/// Sources, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Sources {
    items: Vec<Source>,
}

/// A source.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Source {
    name: String,
    /// A query that returns one time: when the source was loaded.
    loaded_at_query: String,
    /// Seconds.
    warn_after: Option<i64>,
    /// Seconds. An older source is stale.
    error_after: Option<i64>,
}

/// A source to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct NewSource {
    #[schema(example = "SELECT max(loaded_at) FROM marts.orders")]
    loaded_at_query: String,
    /// Seconds.
    #[schema(minimum = 0)]
    warn_after: Option<i64>,
    /// Seconds.
    #[schema(minimum = 0)]
    error_after: Option<i64>,
}

impl From<Stored> for Source {
    fn from(stored: Stored) -> Self {
        let Stored { name, loaded_at_query, warn_after, error_after } = stored;
        Self { name, loaded_at_query, warn_after, error_after }
    }
}

/// Sources, by name
#[utoipa::path(
    get,
    path = "/api/v2/sources",
    tag = "sources",
    responses((status = 200, body = Sources), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(State(api): State<Api>) -> Result<Json<Sources>> {
    let items = api.refresher.sources().await?.into_iter().map(Source::from).collect();
    Ok(Json(Sources { items }))
}

/// Creates a source, or changes it
#[utoipa::path(
    put,
    path = "/api/v2/sources/{name}",
    tag = "sources",
    params(("name" = String, Path, description = "The name of the source")),
    request_body = NewSource,
    responses((status = 200, body = Source), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn put(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    Body(NewSource { loaded_at_query, warn_after, error_after }): Body<NewSource>,
) -> Result<Json<Source>> {
    if name.is_empty() || name.len() > MAX_NAME || name.contains('\0') {
        return Err(Problem::invalid("invalid_name", format!("name has to have 1 to {MAX_NAME} bytes, and no U+0000")));
    }
    // An interval of PostgreSQL has no more.
    let is_valid = |seconds: &i64| (0..=i64::from(i32::MAX)).contains(seconds);
    if ![&warn_after, &error_after].into_iter().flatten().all(is_valid) {
        let detail = "warn_after and error_after are seconds, 0 to 2147483647";
        return Err(Problem::invalid("invalid_seconds", detail));
    }
    let source = Stored { name, loaded_at_query, warn_after, error_after };
    api.refresher.set_source(&source).await?;
    Ok(Json(source.into()))
}

/// Deletes a source that no segment needs
#[utoipa::path(
    delete,
    path = "/api/v2/sources/{name}",
    tag = "sources",
    params(("name" = String, Path, description = "The name of the source")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn delete(State(api): State<Api>, PathPart(name): PathPart<3>) -> Result<StatusCode> {
    let unknown = || Problem::not_found("source_not_found", format!("there is no source `{name}`"));
    if name.contains('\0') {
        return Err(unknown());
    }
    match api.refresher.delete_source(&name).await? {
        Deleted::Yes => Ok(StatusCode::NO_CONTENT),
        Deleted::Unknown => Err(unknown()),
        Deleted::Needed => {
            Err(Problem::conflict("source_needed", format!("a segment needs the source `{name}`; PATCH it first")))
        }
    }
}
