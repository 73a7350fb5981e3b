//! `GET /users/{user}/history`: when a user was added to segments, was removed, and when the time was over.

use axum::{Json, extract::State};
use database::{PgTimestamp, Row, Statement, get, statement};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::{
    Api, PathPart,
    v2::{
        Result, instant,
        page::{List, Page},
        problem::{Problem, ProblemBody},
        query::Parameters,
        who,
    },
};

const LIST: Statement = statement!("segments/reads/list_user_events");

/// An event of a user's history.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Event {
    at: Option<String>,
    /// `added`, `removed` or `expired`.
    #[schema(example = "added")]
    kind: String,
    segment: String,
    /// The operation that recorded it; null: the time is over, and this is not recorded yet.
    operation_id: Option<i64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::v2) struct HistoryParameters {
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// History of a user, oldest first
#[utoipa::path(
    get,
    path = "/api/v2/users/{user}/history",
    tag = "users",
    params(
        ("user" = String, Path, description = "GUID, number, or `source:` and the id in the source"),
        HistoryParameters,
    ),
    responses((status = 200, body = List<Event>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn history(
    State(api): State<Api>,
    PathPart(text): PathPart<3>,
    Parameters(HistoryParameters { limit, cursor }): Parameters<HistoryParameters>,
) -> Result<Json<List<Event>>> {
    let who = who::path(&text)?;
    let page = Page::new(format!("history/{who:?}"), limit, cursor.as_deref(), None)?;
    let (id, guid, source_id) = who.ids();
    // The first event can be at any time. PostgreSQL has no earlier one than this.
    let after = PgTimestamp::from_micros(page.after(0, i64::MIN));
    let place = i32::try_from(page.after(2, 0)).unwrap_or_default();
    let parameters: [&dyn database::Parameter; 8] =
        [&id, &guid, &source_id, &page.at(), &after, &page.after(1, 0), &place, &page.rows()];
    let rows = api.database.read(&LIST, &parameters).await?;
    if rows.first().map_or(Ok(None), |row| get::<Option<i32>>(row, 1))?.is_none() {
        return Err(Problem::no_user());
    }
    page.list(&rows, |row: &Row| {
        let Some(at) = get::<Option<PgTimestamp>>(row, 2)? else { return Ok(None) };
        let key = vec![at.micros(), get(row, 3)?, i64::from(get::<i32>(row, 4)?)];
        let event =
            Event { at: instant::text(at), kind: get(row, 5)?, segment: get(row, 6)?, operation_id: get(row, 7)? };
        Ok(Some((key, event)))
    })
    .map(Json)
}
