//! Segments are created, configured, deleted and restored.

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{SELECT, SegmentDetails, segment, settings::Settings};
use crate::{
    api::{
        Api, PathPart,
        auth::HasAdminKey,
        v2::{
            Result,
            command::{Command, Nothing, answer},
            problem::{Problem, ProblemBody},
        },
    },
    changes::{AlreadyExists, Answer, CannotDelete, CannotRestore, Cause, Change, Config, Error},
};

/// The longest name, in bytes: names are indexed.
const MAX_NAME: usize = 1024;

/// A new segment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::v2) struct NewSegment {
    /// It never changes, and stays taken after the segment is deleted.
    #[schema(example = "AVITO_MUSIC_SERVICE", max_length = 1024)]
    name: String,
    description: Option<String>,
    context: Option<String>,
    /// The table that a procedure fills.
    table_name: Option<String>,
    /// Whether the members follow from `refresh_params`.
    #[serde(default)]
    refresh_auto: bool,
    /// An object with one key: `query`, `procedure` or `tag`. Needs the key of an admin.
    #[schema(value_type = Option<Object>)]
    refresh_params: Option<Box<RawValue>>,
    /// Five fields, UTC.
    #[schema(example = "0 3 * * *")]
    refresh_cron: Option<String>,
    /// The sources that have to be fresh.
    #[serde(default)]
    sources: Vec<String>,
}

/// Creates a segment
#[utoipa::path(
    post,
    path = "/api/v2/segments",
    tag = "segments",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect")),
    request_body = NewSegment,
    responses((status = 201, body = SegmentDetails), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn create(
    State(api): State<Api>,
    cause: Cause,
    admin: Option<Extension<HasAdminKey>>,
    Command { body, once }: Command<NewSegment>,
) -> Result<Response> {
    let NewSegment { name, refresh_params, .. } = body;
    if name.is_empty() || name.len() > MAX_NAME {
        let detail = format!("name has to have 1 to {MAX_NAME} bytes");
        return Err(Problem::invalid("invalid_name", detail));
    }
    let patch = Settings {
        description: Some(body.description),
        context: Some(body.context),
        table_name: Some(body.table_name),
        refresh_auto: Some(body.refresh_auto),
        refresh_params: refresh_params.map(Some),
        refresh_cron: Some(body.refresh_cron),
        sources: Some(body.sources),
    };
    patch.allow(admin)?;
    let config = patch.apply(Config::default())?;
    let effect = async |change: &Change| {
        change.create_segment(&name, &config, &cause).await.map_err(|error| match error {
            Error::Rejected(AlreadyExists) => {
                let detail = format!("there is a segment `{name}`, perhaps a deleted one, which /restore restores");
                Problem::conflict("segment_exists", detail)
            }
            Error::Failure(failure) => failure.into(),
        })?;
        stored(change, &name, StatusCode::CREATED).await
    };
    once.run(&api, effect).await
}

/// Changes settings of a segment
///
/// A field that is absent stays as it is; null clears it.
#[utoipa::path(
    patch,
    path = "/api/v2/segments/{name}",
    tag = "segments",
    params(("name" = String, Path, description = "The name of the segment")),
    request_body = Settings,
    responses((status = 200, body = SegmentDetails), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn configure(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    admin: Option<Extension<HasAdminKey>>,
    Command { body, once }: Command<Settings>,
) -> Result<Response> {
    body.allow(admin)?;
    let effect = async |change: &Change| {
        change.configure(&name, &cause, |config| body.apply(config)).await.map_err(|error| match error {
            Error::Rejected(Ok(problem)) => problem,
            Error::Rejected(Err(cannot)) => missing(cannot, &name),
            Error::Failure(failure) => failure.into(),
        })?;
        stored(change, &name, StatusCode::OK).await
    };
    once.without_key().run(&api, effect).await
}

/// Deletes a segment
///
/// Its members leave it in the same transaction. The name stays taken.
#[utoipa::path(
    delete,
    path = "/api/v2/segments/{name}",
    tag = "segments",
    params(("name" = String, Path, description = "The name of the segment")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn delete(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    Command { once, .. }: Command<Nothing>,
) -> Result<Response> {
    let effect = async |change: &Change| {
        change.delete_segment(&name, &cause).await.map_err(|error| match error {
            Error::Rejected(cannot) => missing(cannot, &name),
            Error::Failure(failure) => failure.into(),
        })?;
        Ok(answer(StatusCode::NO_CONTENT, None::<&()>))
    };
    once.without_key().run(&api, effect).await
}

/// Restores a deleted segment, with its settings and without members
#[utoipa::path(
    post,
    path = "/api/v2/segments/{name}/restore",
    tag = "segments",
    params(
        ("name" = String, Path, description = "The name of the segment"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    responses((status = 200, body = SegmentDetails), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn restore(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    Command { once, .. }: Command<Nothing>,
) -> Result<Response> {
    let effect = async |change: &Change| {
        change.restore_segment(&name, &cause).await.map_err(|error| match error {
            Error::Rejected(CannotRestore::Unknown) => Problem::no_segment(&name),
            Error::Rejected(CannotRestore::Alive) => {
                Problem::conflict("segment_exists", format!("the segment `{name}` is not deleted"))
            }
            Error::Failure(failure) => failure.into(),
        })?;
        stored(change, &name, StatusCode::OK).await
    };
    once.run(&api, effect).await
}

/// The segment as it is now, in the same transaction.
async fn stored(change: &Change, name: &str, status: StatusCode) -> Result<Answer> {
    let rows = change.read(&SELECT, &[&name]).await?;
    let row = rows.first().ok_or_else(|| Problem::no_segment(name))?;
    Ok(answer(status, Some(&segment(row)?)))
}

fn missing(cannot: CannotDelete, name: &str) -> Problem {
    match cannot {
        CannotDelete::Unknown => Problem::no_segment(name),
        CannotDelete::Deleted => Problem::deleted_segment(name),
    }
}
