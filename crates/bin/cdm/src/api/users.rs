//! `GET /users/{user_id}`: the tags and the counters of a user.

use axum::{Json, extract::State};
use database::{Database, Transaction, get, statement};
use futures_util::TryFutureExt;
use http::{ApiError, ErrorBody, Name, Page, SortKey};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::timestamp::get_utc_micros;

/// The tags of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserTags {
    /// The user's id in the source.
    user_id: String,
    /// Sorted by text.
    tags: Vec<UserTag>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<SortKey>,
}

/// A tag of a user.
#[derive(Debug, Serialize, ToSchema)]
struct UserTag {
    tag: String,
    /// The rule that assigned it.
    rule_id: i64,
    /// When it was assigned, UTC.
    #[schema(example = "2026-03-02 12:01:44.25")]
    assigned_at: String,
}

/// The counters of a user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserCounters {
    /// The user's id in the source.
    user_id: String,
    /// Sorted by count, largest first.
    categories: Vec<Counter>,
    /// Sorted by count, largest first.
    products: Vec<Counter>,
    /// Value of `after` for the next page, which has smaller counts; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<SortKey>,
}

/// The number of CLOSED orders of the user that contain a product or category.
#[derive(Debug, Serialize, ToSchema)]
struct Counter {
    /// Hub key in the vault.
    id: Uuid,
    /// Its first 255 characters.
    name: String,
    #[schema(minimum = 1)]
    order_cnt: i32,
}

/// The tags of a user, and the rules that assigned them, page by page
#[utoipa::path(
    get,
    path = "/api/v1/users/{user_id}/tags",
    params(
        ("user_id" = String, Path, description = "The user's id in the source"),
        ("after" = Option<String>, Query, description = "`next` of the previous page; omit it for the first page"),
        ("limit" = Option<u16>, Query, description = "Maximum number of tags; default 1000", minimum = 1, maximum = 1000),
    ),
    responses(
        (status = 200, body = UserTags),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
    security((), ("token" = []))
)]
pub(super) async fn tags(
    State(database): State<Database>,
    Name(user_id): Name,
    page: Page<SortKey, 1000>,
) -> Result<Json<UserTags>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let user_pk = find(&transaction, &user_id).await?;
    let (rule_id, tag) = page.after.as_ref().map_or((i64::MIN, ""), |key| (key.number, key.text.as_str()));
    let size = i64::from(page.limit);
    let statement = statement!("cdm/tags/select_user_tags");
    let rows = transaction.query(&statement, [&user_pk, &tag, &rule_id, &size]).await?;
    transaction.commit().await?;
    let tag = |row| {
        let assigned_at = get_utc_micros(row, 2)?.to_string();
        let tag = UserTag { tag: get(row, 0)?, rule_id: get(row, 1)?, assigned_at };
        Ok::<_, ApiError>((SortKey { number: tag.rule_id, text: tag.tag.clone() }, tag))
    };
    let (tags, next) = page.collect(rows.iter().map(tag))?;
    Ok(Json(UserTags { user_id, tags, next }))
}

/// The counters of a user, page by page: CLOSED orders by product and by category
///
/// A counter that changes while the pages are read may be missing, or returned twice.
#[utoipa::path(
    get,
    path = "/api/v1/users/{user_id}/counters",
    params(
        ("user_id" = String, Path, description = "The user's id in the source"),
        ("after" = Option<String>, Query, description = "`next` of the previous page; omit it for the first page"),
        (
            "limit" = Option<u16>, Query,
            description = "Maximum number of categories and products together; default 1000", minimum = 1, maximum = 1000,
        ),
    ),
    responses(
        (status = 200, body = UserCounters),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
    security((), ("token" = []))
)]
pub(super) async fn counters(
    State(database): State<Database>,
    Name(user_id): Name,
    page: Page<SortKey, 1000>,
) -> Result<Json<UserCounters>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let user_pk = find(&transaction, &user_id).await?;
    let (count, key) = page.after.as_ref().map_or((i64::MAX, ""), |key| (key.number, key.text.as_str()));
    let size = i64::from(page.limit);
    let statement = statement!("cdm/tags/select_user_counters");
    let rows = transaction.query(&statement, [&user_pk, &count, &key, &size]).await?;
    transaction.commit().await?;
    let counter = |row| {
        let counter = Counter { id: get(row, 1)?, name: get(row, 2)?, order_cnt: get(row, 3)? };
        let key = SortKey { number: counter.order_cnt.into(), text: get(row, 4)? };
        Ok::<_, ApiError>((key, (get::<&str>(row, 0)?, counter)))
    };
    let (counters, next) = page.collect(rows.iter().map(counter))?;
    let (categories, products): (Vec<_>, Vec<_>) =
        counters.into_iter().partition(|(subject, _)| *subject == "category");
    let counters = |list: Vec<(&str, Counter)>| list.into_iter().map(|(_, counter)| counter).collect();
    Ok(Json(UserCounters { user_id, categories: counters(categories), products: counters(products), next }))
}

/// Looks up the hub key of a user.
async fn find(transaction: &Transaction, user_id: &str) -> Result<Uuid, ApiError> {
    let rows = transaction.query(&statement!("cdm/tags/select_user"), [&user_id]).map_err(ApiError::from).await?;
    match rows.first() {
        Some(row) => Ok(get(row, 0)?),
        None => Err(ApiError::NotFound(format!("user {user_id} does not exist or has no orders"))),
    }
}
