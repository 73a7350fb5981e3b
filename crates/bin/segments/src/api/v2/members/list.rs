//! `GET /segments/{name}/members`: the members of a segment, now or at an instant.

use axum::{Json, extract::State};
use database::{Row, Statement, get, statement};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{
    Api, PathPart,
    v2::{
        Result, instant,
        page::{List, PageParameters},
        problem::{Problem, ProblemBody},
        query::Parameters,
        who::UserIds,
    },
};

const LIST: Statement = statement!("segments/reads/list_members");

/// A member of a segment.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Member {
    user: UserIds,
    since: Option<String>,
    /// null: no end.
    until: Option<String>,
    /// Whether a refresh added the user.
    by_refresh: bool,
}

/// Members of a segment, by number of the user
#[utoipa::path(
    get,
    path = "/api/v2/segments/{name}/members",
    tag = "members",
    params(("name" = String, Path, description = "The name of the segment"), PageParameters),
    responses((status = 200, body = List<Member>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    Parameters(parameters): Parameters<PageParameters>,
) -> Result<Json<List<Member>>> {
    let page = parameters.page(format!("members/{name}"))?;
    if name.contains('\0') {
        return Err(Problem::no_segment(&name));
    }
    let rows = api.database.read(&LIST, &[&name, &page.at(), &page.after_id(), &page.rows()]).await?;
    if rows.first().map_or(Ok(None), |row| get::<Option<i32>>(row, 1))?.is_none() {
        return Err(Problem::no_segment(&name));
    }
    page.list(&rows, |row: &Row| {
        let Some(id) = get::<Option<i32>>(row, 2)? else { return Ok(None) };
        let user = UserIds::of(row, 2, 3, 4)?;
        let (since, until) = (instant::text(get(row, 5)?), instant::text(get(row, 6)?));
        Ok(Some((vec![i64::from(id)], Member { user, since, until, by_refresh: get(row, 7)? })))
    })
    .map(Json)
}
