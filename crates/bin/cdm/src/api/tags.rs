//! `GET /tags`: all tags, and the users who have a tag.

use axum::{Json, extract::State};
use database::{Database, get, statement};
use http::{ApiError, ErrorBody, Name, Page};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Every tag that a user has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tags {
    /// Sorted by the number of users, largest first.
    tags: Vec<Tag>,
}

/// A tag and the number of users who have it.
#[derive(Debug, Serialize, ToSchema)]
struct Tag {
    tag: String,
    #[schema(minimum = 1)]
    users: i64,
}

/// Some of the users who have a tag.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TagUsers {
    tag: String,
    /// Ids of the users in the source, in no particular order.
    users: Vec<String>,
    /// Value of `after` for the next page; null on the last page.
    next: Option<Uuid>,
}

/// Every tag that a user has, with the number of users
#[utoipa::path(
    get,
    path = "/api/v1/tags",
    responses((status = 200, body = Tags), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)),
    security((), ("token" = []))
)]
pub(super) async fn list(State(database): State<Database>) -> Result<Json<Tags>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let rows = transaction.query(&statement!("cdm/tags/select_tags"), []).await?;
    transaction.commit().await?;
    let tag = |row| Ok(Tag { tag: get(row, 0)?, users: get(row, 1)? });
    Ok(Json(Tags { tags: rows.iter().map(tag).collect::<Result<_, ApiError>>()? }))
}

/// The users who have a tag, page by page
///
/// A user who gains or loses the tag while the pages are read may be missing. All others are returned exactly once.
#[utoipa::path(
    get,
    path = "/api/v1/tags/{tag}/users",
    params(
        ("tag" = String, Path, description = "The tag's text"),
        ("after" = Option<Uuid>, Query, description = "`next` of the previous page; omit it for the first page"),
        ("limit" = Option<u16>, Query, description = "Maximum number of users; default 100", minimum = 1, maximum = 1000),
    ),
    responses(
        (status = 200, body = TagUsers),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security((), ("token" = []))
)]
pub(super) async fn users(
    State(database): State<Database>,
    Name(tag): Name,
    page: Page<Uuid>,
) -> Result<Json<TagUsers>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let (after, size) = (page.after.unwrap_or_default(), i64::from(page.limit));
    let rows = transaction.query(&statement!("cdm/tags/select_users_of_tag"), [&tag, &after, &size]).await?;
    transaction.commit().await?;
    let users = rows.iter().filter_map(|row| get(row, 0).transpose()).collect::<Result<Vec<String>, _>>()?;
    let next = page.next(&rows, |row| get(row, 1))?;
    Ok(Json(TagUsers { tag, users, next }))
}
