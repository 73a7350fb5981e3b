//! `GET /api/v1/reports`: every stay of every user, as CSV inside JSON.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use consumer::Failure;
use database::{PgTimestamp, Row, Statement, get as column, statement};

use super::{
    error::{Error, Title},
    json,
};
use crate::{
    api::{Api, instant::Zone, reads, reads::Render},
    go,
};

const REPORT: Statement = statement!("segments/history/stream_report");

/// The parameters that limit the report.
const LIMITS: [&str; 4] = ["start_from", "start_to", "end_from", "end_to"];

struct Report {
    zone: Zone,
    /// The date of the report.
    date: String,
}

/// `GET /reports`
pub(super) async fn get(
    State(api): State<Api>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let mut limits = [None; 4];
    for (name, limit) in LIMITS.into_iter().zip(&mut limits) {
        let given = parameters.iter().find(|(key, text)| key == name && !text.is_empty());
        *limit = given.map(|(_, text)| parse(&api.zone, name, text)).transpose()?;
    }
    let [start_from, start_to, end_from, end_to] = &limits;
    let now = PgTimestamp::new(jiff::tz::TimeZone::UTC.to_datetime(now()?));
    let render = Report { date: api.zone.date(now), zone: api.zone };
    let parameters: [&dyn database::Parameter; 4] = [start_from, start_to, end_from, end_to];
    Ok(json(StatusCode::OK, reads::stream(&api.database, &REPORT, &parameters, render).await?))
}

/// The time of the report.
fn now() -> Result<jiff::Timestamp, Error> {
    jiff::Timestamp::try_from(runtime::clock::now())
        .map_err(|error| Error::new(Title::Internal, error.to_string(), "ReportService.MakeReport - time.Now"))
}

fn parse(zone: &Zone, name: &str, text: &str) -> Result<PgTimestamp, Error> {
    go::time::parse(text).map(|date| zone.instant(date)).map_err(|origin| {
        let comment = format!("Invalid \"{name}\" = {text} was provided");
        Error::new(Title::ReportValidation, comment, "ReportRoutes.makeReport - time.Parse").caused_by(origin)
    })
}

impl Render for Report {
    fn begin(&mut self, out: &mut String) {
        let date = &self.date;
        out.push_str(&format!("{{\"report_date\":\"{date}\",\"report\":\""));
        out.push_str("user_id,segment_name,start_date,end_date\\n");
    }

    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure> {
        let (user, name): (i32, &str) = (column(row, 0)?, column(row, 1)?);
        let (start, end) = (self.zone.date(column(row, 2)?), self.zone.date(column(row, 3)?));
        go::json::escape(out, &format!("{user},{},{start},{end}\n", go::csv::field(name)));
        Ok(())
    }

    fn end(&mut self, out: &mut String) {
        out.push_str("\"}\n");
    }
}
