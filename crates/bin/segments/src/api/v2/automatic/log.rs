//! `GET /log`: runs of refreshes, the latest first.

use axum::{Json, extract::State};
use database::PgTimestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Api,
        v2::{
            Result, instant,
            page::{List, Page},
            problem::{Problem, ProblemBody},
            query::Parameters,
        },
    },
    refresh::{LogFilter, LogRow},
};

/// A run, with the columns of the customer's log.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct Run {
    run_id: i64,
    /// The name of the segment.
    segment: String,
    /// `running`, `success`, `failed`, `rejected`, `skip` or `abandoned`.
    #[schema(example = "success")]
    state: String,
    /// `refresh_params` of the run.
    #[schema(value_type = Option<Object>)]
    params: Option<Box<RawValue>>,
    message: Option<String>,
    processed: Option<String>,
    /// `refresh` or `update`.
    action: String,
    target: Option<String>,
    /// The id of the segment.
    id: Uuid,
    /// The audience at the target, not the segment.
    segment_id: Option<String>,
    segment_name: Option<String>,
    /// The number of members afterwards.
    coverage: Option<i32>,
    first_upload_dttm: Option<String>,
    last_upload_dttm: Option<String>,
    num_received: Option<i32>,
    num_invalid: Option<i32>,
    contact: Option<String>,
    error: Option<String>,
    existed: Option<bool>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::v2) struct LogParameters {
    /// The name of a segment.
    segment: Option<String>,
    /// `running`, `success`, `failed`, `rejected`, `skip` or `abandoned`.
    state: Option<String>,
    /// RFC 3339, inclusive.
    from: Option<String>,
    /// RFC 3339, exclusive.
    to: Option<String>,
    /// 1 to 1000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Runs of refreshes, the latest first
///
/// A run that is still running changes its row.
#[utoipa::path(
    get,
    path = "/api/v2/log",
    tag = "operations",
    params(LogParameters),
    responses((status = 200, body = List<Run>), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn list(
    State(api): State<Api>,
    Parameters(parameters): Parameters<LogParameters>,
) -> Result<Json<List<Run>>> {
    let LogParameters { segment, state, from, to, limit, cursor } = parameters;
    let page = Page::new(format!("log/{segment:?}/{state:?}/{from:?}/{to:?}"), limit, cursor.as_deref(), None)?;
    if [&segment, &state].into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(Problem::invalid("invalid_text", "a parameter contains U+0000, which no name has"));
    }
    let from = from.map(|from| instant::field("from", &from)).transpose()?;
    let to = to.map(|to| instant::field("to", &to)).transpose()?;
    let filter = LogFilter { segment, state, before: Some(page.after(0, i64::MAX)), from, to };
    let rows = api.refresher.log(&filter, page.rows()).await?;
    let runs = rows.into_iter().map(|row| (vec![row.run_id], run(row)));
    let now = jiff::Timestamp::try_from(runtime::clock::now()).unwrap_or_default();
    Ok(Json(page.made_of(PgTimestamp::new(TimeZone::UTC.to_datetime(now)), runs.collect())))
}

fn run(row: LogRow) -> Run {
    let text = |at: Option<PgTimestamp>| at.and_then(instant::text);
    Run {
        run_id: row.run_id,
        segment: row.segment,
        state: row.state,
        params: row.params.and_then(|params| RawValue::from_string(params).ok()),
        message: row.message,
        processed: instant::text(row.processed),
        action: row.action,
        target: row.target,
        id: row.id,
        segment_id: row.segment_id,
        segment_name: row.segment_name,
        coverage: row.coverage,
        first_upload_dttm: text(row.first_upload_dttm),
        last_upload_dttm: text(row.last_upload_dttm),
        num_received: row.num_received,
        num_invalid: row.num_invalid,
        contact: row.contact,
        error: row.error,
        existed: row.existed,
    }
}
