//! `GET /segments/{name}/members/export`: all members as a stream of CSV or NDJSON.

use axum::{
    Extension,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get, statement};
use http::LongResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Api, PathPart,
        reads::{self, Render},
        v2::{
            Result, instant,
            page::not_in_the_future,
            problem::{Problem, ProblemBody},
            query::Parameters,
        },
    },
    go,
};

const CLOCK: Statement = statement!("segments/reads/select_segment_clock");
const STREAM: Statement = statement!("segments/reads/stream_members");

/// The format of an export.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api::v2) enum Format {
    /// With a header: `user,user_id,source_id,since,until`.
    #[default]
    Csv,
    /// An object on each line, with the same fields.
    Ndjson,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::v2) struct ExportParameters {
    /// `csv` or `ndjson`.
    #[serde(default)]
    #[param(inline, default = "csv", required = false)]
    format: Format,
    /// A past instant (RFC 3339); default now.
    as_of: Option<String>,
}

/// All members of a segment, as a stream
#[utoipa::path(
    get,
    path = "/api/v2/segments/{name}/members/export",
    tag = "members",
    params(("name" = String, Path, description = "The name of the segment"), ExportParameters),
    responses(
        (status = 200, content((String = "text/csv"), (String = "application/x-ndjson"))),
        (status = "default", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(in crate::api::v2) async fn export(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    long: Option<Extension<LongResponse>>,
    Parameters(ExportParameters { format, as_of }): Parameters<ExportParameters>,
) -> Result<Response> {
    let as_of = as_of.map(|text| instant::field("as_of", &text)).transpose()?;
    if name.contains('\0') {
        return Err(Problem::no_segment(&name));
    }
    let rows = api.database.read(&CLOCK, &[&name]).await?;
    let row = rows.first().ok_or_else(|| Problem::no_segment(&name))?;
    let (now, segment_id): (PgTimestamp, Option<i32>) = (get(row, 0)?, get(row, 1)?);
    let segment_id = segment_id.ok_or_else(|| Problem::no_segment(&name))?;
    let at = as_of.unwrap_or(now);
    not_in_the_future(at, now)?;
    if let Some(Extension(long)) = long {
        long.allow();
    }
    let parameters: [&dyn database::Parameter; 2] = [&segment_id, &at];
    let (kind, body) = match format {
        Format::Csv => ("text/csv; charset=utf-8", reads::stream(&api.database, &STREAM, &parameters, Csv).await?),
        Format::Ndjson => ("application/x-ndjson", reads::stream(&api.database, &STREAM, &parameters, Ndjson).await?),
    };
    Ok(([(CONTENT_TYPE, kind)], body).into_response())
}

struct Csv;

struct Ndjson;

/// The columns of a row.
struct Columns<'a> {
    guid: Uuid,
    user_id: i32,
    source_id: Option<&'a str>,
    since: String,
    until: Option<String>,
}

fn columns(row: &Row) -> std::result::Result<Columns<'_>, Failure> {
    Ok(Columns {
        guid: get(row, 1)?,
        user_id: get(row, 0)?,
        source_id: get(row, 2)?,
        since: instant::text(get(row, 3)?).unwrap_or_default(),
        until: instant::text(get(row, 4)?),
    })
}

impl Render for Csv {
    fn begin(&mut self, out: &mut String) {
        out.push_str("user,user_id,source_id,since,until\n");
    }

    fn row(&mut self, row: &Row, out: &mut String) -> std::result::Result<(), Failure> {
        let Columns { guid, user_id, source_id, since, until } = columns(row)?;
        let source_id = go::csv::field(source_id.unwrap_or_default());
        out.push_str(&format!("{guid},{user_id},{source_id},{since},{}\n", until.unwrap_or_default()));
        Ok(())
    }

    fn end(&mut self, _: &mut String) {}
}

impl Render for Ndjson {
    fn begin(&mut self, _: &mut String) {}

    fn row(&mut self, row: &Row, out: &mut String) -> std::result::Result<(), Failure> {
        let Columns { guid: user, user_id, source_id, since, until } = columns(row)?;
        let line = serde_json::json!({
            "user": user, "user_id": user_id, "source_id": source_id, "since": since, "until": until,
        });
        out.push_str(&line.to_string());
        out.push('\n');
        Ok(())
    }

    fn end(&mut self, _: &mut String) {}
}
