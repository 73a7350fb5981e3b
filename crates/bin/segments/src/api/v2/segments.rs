//! `/segments`: segments and their settings.

use axum::{Json, extract::State};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get as value, statement};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    Result, instant,
    page::{List, Page},
    problem::{Problem, ProblemBody},
    query::Parameters,
};
use crate::api::{Api, PathPart};

mod settings;
pub(super) mod edit;

const LIST: Statement = statement!("segments/reads/list_segments");
const SELECT: Statement = statement!("segments/reads/select_segment");

/// A segment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SegmentDetails {
    /// The number, as in API v1.
    segment_id: i32,
    /// The id for others.
    id: Uuid,
    /// It never changes.
    name: String,
    description: Option<String>,
    context: Option<String>,
    /// The table that a procedure fills.
    table_name: Option<String>,
    /// When it was created, or last restored.
    actual_begin: Option<String>,
    /// When it was deleted; null: it is not.
    actual_end: Option<String>,
    /// Whether its members follow from `refresh_params`.
    refresh_auto: bool,
    #[schema(value_type = Option<Object>)]
    refresh_params: Option<Box<RawValue>>,
    /// Five fields, UTC.
    refresh_cron: Option<String>,
    /// The sources that have to be fresh.
    sources: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Whether deleted segments are in the list.
    #[serde(default)]
    #[param(default = false, required = false)]
    deleted: bool,
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Segments, by number
#[utoipa::path(
    get,
    path = "/api/v2/segments",
    tag = "segments",
    params(ListParameters),
    responses((status = 200, body = List<SegmentDetails>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn list(
    State(api): State<Api>,
    Parameters(ListParameters { deleted, limit, cursor }): Parameters<ListParameters>,
) -> Result<Json<List<SegmentDetails>>> {
    let page = Page::new(format!("segments?deleted={deleted}"), limit, cursor.as_deref(), None)?;
    let rows = api.database.read(&LIST, &[&page.at(), &deleted, &page.after_id(), &page.rows()]).await?;
    let item = |row: &Row| {
        let Some(id) = value::<Option<i32>>(row, 1)? else { return Ok(None) };
        Ok(Some((vec![i64::from(id)], segment(row)?)))
    };
    page.list(&rows, item).map(Json)
}

/// A segment, also a deleted one
#[utoipa::path(
    get,
    path = "/api/v2/segments/{name}",
    tag = "segments",
    params(("name" = String, Path, description = "The name of the segment")),
    responses((status = 200, body = SegmentDetails), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn get(State(api): State<Api>, PathPart(name): PathPart<3>) -> Result<Json<SegmentDetails>> {
    if name.contains('\0') {
        return Err(Problem::no_segment(&name));
    }
    let rows = api.database.read(&SELECT, &[&name]).await?;
    let row = rows.first().ok_or_else(|| Problem::no_segment(&name))?;
    Ok(Json(segment(row)?))
}

/// The segment of a row of `list_segments` and `select_segment`.
fn segment(row: &Row) -> std::result::Result<SegmentDetails, Failure> {
    let params = value::<Option<String>>(row, 10)?;
    let at = |column| value::<PgTimestamp>(row, column).map(instant::text);
    Ok(SegmentDetails {
        segment_id: value(row, 1)?,
        id: value(row, 2)?,
        name: value(row, 3)?,
        description: value(row, 4)?,
        context: value(row, 5)?,
        table_name: value(row, 6)?,
        actual_begin: at(7)?,
        actual_end: at(8)?,
        refresh_auto: value(row, 9)?,
        // PostgreSQL has checked that it is JSON.
        refresh_params: params.and_then(|params| RawValue::from_string(params).ok()),
        refresh_cron: value(row, 11)?,
        sources: value(row, 12)?,
    })
}
