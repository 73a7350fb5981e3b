//! `POST /reports`: a link to a report about a user or a segment. The report is made when the link is opened.

use axum::{Json, extract::State};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get, statement};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Result,
    command::Body,
    instant,
    problem::{Problem, ProblemBody},
    who,
};
use crate::api::{
    Api,
    links::{self, About, Report, Secret},
    reads::Render,
};

const USER: Statement = statement!("segments/reads/select_user");
const SEGMENT: Statement = statement!("segments/reads/select_segment_clock");

/// What a report is about: a user or a segment, in a month or a period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReport {
    /// GUID, number, or `source:` and the id in the source.
    user: Option<String>,
    /// The name of a segment, instead of `user`.
    segment: Option<String>,
    /// A month in `TIME_ZONE`.
    #[schema(example = "2026-11")]
    month: Option<String>,
    /// RFC 3339, inclusive, instead of `month`.
    from: Option<String>,
    /// RFC 3339, exclusive.
    to: Option<String>,
}

/// A link to a report, which needs no key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Link {
    link: String,
    expires_at: String,
}

/// A link to a report about a user or a segment
///
/// The report is CSV without a header: `user;segment;added|removed|expired;time`, by time.
#[utoipa::path(
    post,
    path = "/api/v2/reports",
    tag = "reports",
    request_body = NewReport,
    responses((status = 200, body = Link), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(super) async fn link(State(api): State<Api>, Body(report): Body<NewReport>) -> Result<Json<Link>> {
    let NewReport { user, segment, month, from, to } = report;
    let (from, to) = match (month, from, to) {
        (Some(month), None, None) => months(&api, &month)?,
        (None, Some(from), Some(to)) => (instant::field("from", &from)?, instant::field("to", &to)?),
        _ => return Err(Problem::invalid("invalid_period", "the period is `month`, or `from` and `to`")),
    };
    let about = match (user, segment) {
        (Some(user), None) => about_user(&api, &user).await?,
        (None, Some(segment)) => about_segment(&api, &segment).await?,
        _ => return Err(Problem::invalid("invalid_subject", "a report is about a `user` or about a `segment`")),
    };
    let (expires, expires_at) = links::expiry(runtime::clock::now(), api.report_link_ttl);
    let token = Secret::read(&api.database).await?.sign(&Report { about, from, to }, expires);
    let link = format!("{}/api/v2/reports/{token}", api.public_url.trim_end_matches('/'));
    Ok(Json(Link { link, expires_at }))
}

async fn about_user(api: &Api, user: &str) -> Result<About> {
    let who = who::path(user)?;
    let (id, guid, source_id) = who.ids();
    let rows = api.database.read(&USER, &[&id, &guid, &source_id]).await?;
    Ok(About::User(get(rows.first().ok_or_else(Problem::no_user)?, 0)?))
}

async fn about_segment(api: &Api, name: &str) -> Result<About> {
    let rows = api.database.read(&SEGMENT, &[&name]).await?;
    let id: Option<i32> = rows.first().map_or(Ok(None), |row| get(row, 1))?;
    id.map(About::Segment).ok_or_else(|| Problem::no_segment(name))
}

/// The begin of a month, and of the next one.
fn months(api: &Api, month: &str) -> Result<(PgTimestamp, PgTimestamp)> {
    let first: Option<Date> =
        format!("{month}-01").parse().ok().filter(|date: &Date| (1..=9998).contains(&date.year()));
    let next = first.and_then(|first| first.last_of_month().tomorrow().ok());
    let (Some(first), Some(next), 7) = (first, next, month.len()) else {
        return Err(Problem::invalid("invalid_month", "month has to be a month such as 2026-11"));
    };
    let midnight = |date: Date| api.zone.instant(date.at(0, 0, 0, 0));
    Ok((midnight(first), midnight(next)))
}

/// The lines of a report.
pub(crate) struct Events;

impl Render for Events {
    fn begin(&mut self, _: &mut String) {}

    fn row(&mut self, row: &Row, out: &mut String) -> std::result::Result<(), Failure> {
        let (guid, name, kind): (Uuid, &str, &str) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        let at = instant::text(get(row, 3)?).unwrap_or_default();
        let name = field(name);
        out.push_str(&format!("{guid};{name};{kind};{at}\n"));
        Ok(())
    }

    fn end(&mut self, _: &mut String) {}
}

/// A field of CSV with semicolons.
fn field(text: &str) -> String {
    if text.contains([';', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
