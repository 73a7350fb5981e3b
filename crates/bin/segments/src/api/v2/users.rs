//! `/users/{user}`: users, their segments and their history.

use axum::{Json, extract::State};
use database::{Row, Statement, get as value, statement};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Result,
    problem::{Problem, ProblemBody},
    who::{self, UserIds},
};
use crate::api::{Api, PathPart};

pub(super) mod segments;
pub(super) mod history;
pub(super) mod membership;
pub(super) mod edit;

const SELECT: Statement = statement!("segments/reads/select_user");

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserDetails {
    user: UserIds,
    /// `active`, `excluded` (not in automatic segments) or `removed`.
    #[schema(example = "active")]
    status: String,
    name: Option<String>,
    lastname: Option<String>,
    /// 0 or 1, as in API v1; null: unknown.
    sex: Option<i32>,
    /// null: unknown.
    age: Option<i32>,
}

/// A user, also a removed one
#[utoipa::path(
    get,
    path = "/api/v2/users/{user}",
    tag = "users",
    params(("user" = String, Path, description = "GUID, number, or `source:` and the id in the source")),
    responses((status = 200, body = UserDetails), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn get(State(api): State<Api>, PathPart(text): PathPart<3>) -> Result<Json<UserDetails>> {
    let who = who::path(&text)?;
    let (id, guid, source_id) = who.ids();
    let rows = api.database.read(&SELECT, &[&id, &guid, &source_id]).await?;
    user(rows.first().ok_or_else(Problem::no_user)?).map(Json)
}

fn user(row: &Row) -> Result<UserDetails> {
    Ok(UserDetails {
        user: UserIds::of(row, 0, 1, 2)?,
        status: value(row, 3)?,
        name: value(row, 4)?,
        lastname: value(row, 5)?,
        sex: value(row, 6)?,
        age: value(row, 7)?,
    })
}
