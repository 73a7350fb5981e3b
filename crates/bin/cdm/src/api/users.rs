//! One user: what they are called, and what they order.

use axum::{Json, extract::State};
use database::{Database, Transaction, get, statement};
use futures_util::TryFutureExt;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    answer::{ApiError, ErrorBody, get_utc_micros},
    name::Name,
};

/// What a user is called.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserTags {
    /// The user's id in the source.
    user_id: String,
    /// In the order of their texts.
    tags: Vec<UserTag>,
}

/// A tag a user has.
#[derive(Debug, Serialize, ToSchema)]
struct UserTag {
    tag: String,
    /// By which rule.
    rule_id: i64,
    /// Since when, UTC.
    #[schema(example = "2026-03-02 12:01:44.25")]
    assigned_at: String,
}

/// What a user has ordered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserCounters {
    /// The user's id in the source.
    user_id: String,
    /// Most often ordered first.
    categories: Vec<Counter>,
    /// Most often ordered first.
    products: Vec<Counter>,
}

/// In how many CLOSED orders of the user something is.
#[derive(Debug, Serialize, ToSchema)]
struct Counter {
    /// The key of its hub in the vault.
    id: Uuid,
    name: String,
    #[schema(minimum = 1)]
    order_cnt: i32,
}

/// What a user is called, and by which rule
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

/// What a user has ordered, and in how many CLOSED orders it was
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

/// The hub key of a user somebody asks for.
async fn find(transaction: &Transaction, user_id: &str) -> Result<Uuid, ApiError> {
    let rows = transaction.query(&statement!("cdm/tags/select_user"), [&user_id]).map_err(ApiError::from).await?;
    match rows.first() {
        Some(row) => Ok(get(row, 0)?),
        None => Err(ApiError::NotFound(format!("no user {user_id} has ordered anything"))),
    }
}
