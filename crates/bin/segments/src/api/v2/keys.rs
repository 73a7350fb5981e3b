//! `/keys`: keys of the API.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use database::{PgTimestamp, Row, Statement, get, statement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Result,
    command::Body,
    instant,
    problem::{Problem, ProblemBody},
};
use crate::api::{
    Api, PathPart,
    auth::{self, Role},
};

const SELECT: Statement = statement!("segments/access/select_keys");
const REVOKE: Statement = statement!("segments/access/revoke_key");

/// The longest name, in bytes.
const MAX_NAME: usize = 255;

/// Keys of the API.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Keys {
    items: Vec<Key>,
}

/// A key of the API. Its secret part is not stored.
#[derive(Debug, Serialize, ToSchema)]
struct Key {
    /// Operations record it.
    name: String,
    /// `analyst` or `admin`.
    role: String,
    created_at: Option<String>,
    /// null: it is valid.
    revoked_at: Option<String>,
}

/// A new key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    #[schema(max_length = 255)]
    name: String,
    role: NewRole,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum NewRole {
    /// May read.
    Analyst,
    /// May do everything.
    Admin,
}

/// A key that was created.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CreatedKey {
    name: String,
    role: &'static str,
    /// It is not shown again.
    key: String,
}

/// Keys of the API, also revoked ones
#[utoipa::path(
    get,
    path = "/api/v2/keys",
    tag = "keys",
    responses((status = 200, body = Keys), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn list(State(api): State<Api>) -> Result<Json<Keys>> {
    let rows = api.database.read(&SELECT, &[]).await?;
    Ok(Json(Keys { items: rows.iter().map(key).collect::<Result<_>>()? }))
}

fn key(row: &Row) -> Result<Key> {
    Ok(Key {
        name: get(row, 0)?,
        role: get(row, 1)?,
        created_at: instant::text(get(row, 2)?),
        revoked_at: get::<Option<PgTimestamp>>(row, 3)?.and_then(instant::text),
    })
}

/// Creates a key and shows it once
///
/// An Idempotency-Key is refused: it would store the key.
#[utoipa::path(
    post,
    path = "/api/v2/keys",
    tag = "keys",
    request_body = NewKey,
    responses((status = 201, body = CreatedKey), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn create(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(NewKey { name, role }): Body<NewKey>,
) -> Result<(StatusCode, Json<CreatedKey>)> {
    if headers.contains_key("idempotency-key") {
        let detail = "keys are not created with an Idempotency-Key, because the answer would be stored";
        return Err(Problem::invalid("idempotency_key_not_allowed", detail));
    }
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(Problem::invalid("invalid_name", format!("name has to have 1 to {MAX_NAME} bytes")));
    }
    let role = match role {
        NewRole::Analyst => Role::Analyst,
        NewRole::Admin => Role::Admin,
    };
    let transaction = api.database.begin_change().await.map_err(consumer::Failure::from)?;
    let Some(key) = auth::create(&transaction, &name, role).await? else {
        transaction.rollback().await?;
        return Err(Problem::conflict("key_exists", format!("there is a key named `{name}`, perhaps a revoked one")));
    };
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(CreatedKey { name, role: role.name(), key })))
}

/// Revokes a key
#[utoipa::path(
    delete,
    path = "/api/v2/keys/{name}",
    tag = "keys",
    params(("name" = String, Path, description = "The name of the key")),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn revoke(State(api): State<Api>, PathPart(name): PathPart<3>) -> Result<StatusCode> {
    let unknown = || Problem::not_found("key_not_found", format!("there is no valid key named `{name}`"));
    if name.contains('\0') {
        return Err(unknown());
    }
    let transaction = api.database.begin_change().await.map_err(consumer::Failure::from)?;
    let revoked = transaction.execute(&REVOKE, [&name]).await?;
    transaction.commit().await?;
    if revoked == 0 { Err(unknown()) } else { Ok(StatusCode::NO_CONTENT) }
}
