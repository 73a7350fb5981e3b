//! `GET /tags`: all tags, and the users who have a tag.

use axum::{Json, extract::State};
use database::{Database, get, statement};
use http::{ApiError, ErrorBody, Name, Page, SortKey};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Every tag that a user has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tags {
    /// Sorted by the number of users, largest first.
    tags: Vec<Tag>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<SortKey>,
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

/// Every tag that a user has, with the number of users, page by page
///
/// A tag whose number of users changes while the pages are read may be missing, or returned twice.
#[utoipa::path(
    get,
    path = "/api/v1/tags",
    params(
        ("after" = Option<String>, Query, description = "`next` of the previous page; omit it for the first page"),
        ("limit" = Option<u16>, Query, description = "Maximum number of tags; default 1000", minimum = 1, maximum = 1000),
    ),
    responses(
        (status = 200, body = Tags),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security((), ("token" = []))
)]
pub(super) async fn list(State(database): State<Database>, page: Page<SortKey, 1000>) -> Result<Json<Tags>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let (users, after) = page.after.as_ref().map_or((i64::MAX, ""), |key| (key.number, key.text.as_str()));
    let size = i64::from(page.limit);
    let rows = transaction.query(&statement!("cdm/tags/select_tags"), [&users, &after, &size]).await?;
    transaction.commit().await?;
    let tag = |row| {
        let tag = Tag { tag: get(row, 0)?, users: get(row, 1)? };
        Ok::<_, ApiError>((SortKey { number: tag.users, text: tag.tag.clone() }, tag))
    };
    let (tags, next) = page.collect(rows.iter().map(tag))?;
    Ok(Json(Tags { tags, next }))
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
    let user = |row| Ok::<_, ApiError>((get(row, 1)?, get::<Option<String>>(row, 0)?));
    let (users, next) = page.collect(rows.iter().map(user))?;
    let users = users.into_iter().flatten().collect();
    Ok(Json(TagUsers { tag, users, next }))
}
