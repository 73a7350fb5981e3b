//! `get-history-report-link`, and the report behind the link.

use std::collections::BTreeMap;

use axum::{
    Extension, Json,
    extract::{Query, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get, statement};
use http::LongResponse;
use jiff::{civil::Date, tz::TimeZone};
use serde::Serialize;
use uuid::Uuid;

use super::{Result, body::guid, error::Error};
use crate::{
    api::{
        Api, PathPart,
        links::{self, About, Invalid, Report, Secret},
        reads::{self, Render},
        v2,
    },
    go,
};

const USER: Statement = statement!("segments/users/select_user_by_guid");
const EVENTS: Statement = statement!("segments/history/stream_user_events");
const USER_EVENTS: Statement = statement!("segments/history/stream_user_id_events");
const SEGMENT_EVENTS: Statement = statement!("segments/history/stream_segment_events");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    report_link: String,
    expiration_time: String,
}

/// `GET /segments/get-history-report-link`
pub(super) async fn link(
    State(api): State<Api>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Result<Json<Link>> {
    let text = |name: &str| parameters.get(name).map_or("", String::as_str);
    let user = guid(text("userID"))?;
    let (month, year): (i8, i16) = (number("month", text("month"))?, number("year", text("year"))?);
    let wrong = || Error::validation("month has to be from 1 to 12, year from 1 to 9998");
    let first = Date::new(year, month, 1).ok().filter(|_| (1..=9998).contains(&year)).ok_or_else(wrong)?;
    let next = first.last_of_month().tomorrow().map_err(|_| wrong())?;
    if api.database.read(&USER, &[&user]).await?.is_empty() {
        return Err(Error::validation("user does not exist"));
    }
    let midnight = |date: Date| api.zone.instant(date.at(0, 0, 0, 0));
    let report = Report { about: About::Guid(user), from: midnight(first), to: midnight(next) };
    let (expires, expiration_time) = links::expiry(runtime::clock::now(), api.report_link_ttl);
    let token = Secret::read(&api.database).await?.sign(&report, expires);
    let report_link = format!("{}/api/v2/reports/{token}", api.public_url.trim_end_matches('/'));
    Ok(Json(Link { report_link, expiration_time }))
}

fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<T> {
    if text.is_empty() {
        return Err(Error::validation(format!("the field {field} is missing")));
    }
    text.parse().map_err(|_| Error::validation(format!("{field} is no such number: {text}")))
}

struct Events;

/// `GET /api/v2/reports/{token}`
pub(super) async fn report(
    State(api): State<Api>,
    PathPart(token): PathPart<3>,
    long: Option<Extension<LongResponse>>,
) -> Result<Response> {
    let now = runtime::clock::now();
    let Report { about, from, to } = match Secret::read(&api.database).await?.verify(&token, links::seconds(now)) {
        Ok(report) => report,
        Err(Invalid::Expired) => {
            let error = Error::validation("the link has expired; request another one");
            return Err(error.with_status(StatusCode::GONE));
        }
        Err(Invalid::Tampered) => {
            let error = Error::validation("there is no such report; request a link");
            return Err(error.with_status(StatusCode::NOT_FOUND));
        }
    };
    let at = jiff::Timestamp::try_from(now).map_err(|error| Error::validation(error.to_string()))?;
    let now = PgTimestamp::new(TimeZone::UTC.to_datetime(at));
    let body = match about {
        About::Guid(user) => reads::stream(&api.database, &EVENTS, &[&user, &from, &to, &now], Events).await?,
        About::User(id) => reads::stream(&api.database, &USER_EVENTS, &[&id, &from, &to, &now], v2::Events).await?,
        About::Segment(id) => {
            reads::stream(&api.database, &SEGMENT_EVENTS, &[&id, &from, &to, &now], v2::Events).await?
        }
    };
    if let Some(Extension(long)) = long {
        long.allow();
    }
    Ok((StatusCode::OK, [(CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response())
}

impl Render for Events {
    fn begin(&mut self, _: &mut String) {}

    fn row(&mut self, row: &Row, out: &mut String) -> std::result::Result<(), Failure> {
        let (guid, name, kind): (Uuid, &str, &str) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
        let at = get::<PgTimestamp>(row, 3)?.civil().map(|at| format!("{at}Z")).unwrap_or_default();
        out.push_str(&format!("{guid},{},{kind},{at}\n", go::csv::field(name)));
        Ok(())
    }

    fn end(&mut self, _: &mut String) {}
}
