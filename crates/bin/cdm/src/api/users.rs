//! `GET /users/{user_id}`: the tags and the counters of a user.

use axum::{Json, extract::State};
use database::{Database, Transaction, get, statement};
use futures_util::TryFutureExt;
use http::{ApiError, ErrorBody, Name};
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
}

/// The number of CLOSED orders of the user that contain a product or category.
#[derive(Debug, Serialize, ToSchema)]
struct Counter {
    /// Hub key in the vault.
    id: Uuid,
    name: String,
    #[schema(minimum = 1)]
    order_cnt: i32,
}

/// The tags of a user, and the rules that assigned them
#[utoipa::path(
    get,
    path = "/api/v1/users/{user_id}/tags",
    params(("user_id" = String, Path, description = "The user's id in the source")),
    responses(
        (status = 200, body = UserTags),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 503, body = ErrorBody),
    ),
    security((), ("token" = []))
)]
pub(super) async fn tags(State(database): State<Database>, Name(user_id): Name) -> Result<Json<UserTags>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let user_pk = find(&transaction, &user_id).await?;
    let rows = transaction.query(&statement!("cdm/tags/select_user_tags"), [&user_pk]).await?;
    transaction.commit().await?;
    let tag = |row| {
        Ok(UserTag { tag: get(row, 0)?, rule_id: get(row, 1)?, assigned_at: get_utc_micros(row, 2)?.to_string() })
    };
    Ok(Json(UserTags { user_id, tags: rows.iter().map(tag).collect::<Result<_, ApiError>>()? }))
}

/// The counters of a user: CLOSED orders by product and by category
#[utoipa::path(
    get,
    path = "/api/v1/users/{user_id}/counters",
    params(("user_id" = String, Path, description = "The user's id in the source")),
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
) -> Result<Json<UserCounters>, ApiError> {
    let transaction = database.begin_read_only().await?;
    let user_pk = find(&transaction, &user_id).await?;
    let rows = transaction.query(&statement!("cdm/tags/select_user_counters"), [&user_pk]).await?;
    transaction.commit().await?;
    let (mut categories, mut products) = (Vec::new(), Vec::new());
    for row in &rows {
        let list = if get::<&str>(row, 0)? == "category" { &mut categories } else { &mut products };
        list.push(Counter { id: get(row, 1)?, name: get(row, 2)?, order_cnt: get(row, 3)? });
    }
    Ok(Json(UserCounters { user_id, categories, products }))
}

/// Looks up the hub key of a user.
async fn find(transaction: &Transaction, user_id: &str) -> Result<Uuid, ApiError> {
    let rows = transaction.query(&statement!("cdm/tags/select_user"), [&user_id]).map_err(ApiError::from).await?;
    match rows.first() {
        Some(row) => Ok(get(row, 0)?),
        None => Err(ApiError::NotFound(format!("user {user_id} does not exist or has no orders"))),
    }
}
